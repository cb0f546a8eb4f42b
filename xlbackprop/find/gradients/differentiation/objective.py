"""What is differentiated: the sheet's own L, that of each step, or one that is assumed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.plane import Indices

HALF_SQUARE = "half the squared error"
CROSS_ENTROPY = "cross-entropy after softmax or sigmoid"


@dataclass(frozen=True)
class Objective:
    """Where differentiating begins: cells, of one length with the steps that they belong to.

    They are L itself; or, where L is assumed, cells by which dL is the difference of the cell
    beside them in `outputs` and that in `targets`.
    """

    cells: Indices
    steps: NDArray[np.int32]
    label: str = ""
    assumed: str = ""
    outputs: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    targets: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int32))

    @property
    def rests_on(self) -> tuple[Indices, ...]:
        """The cells on which it rests, each array by step: L itself, or what it is assumed of."""
        return (self.cells, self.targets) if self.assumed else (self.cells,)

    @property
    def roots(self) -> Indices:
        """The cells by step: of shape (steps, cells of one step)."""
        order = np.argsort(self.steps, kind="stable")
        return self.cells[order].reshape(self.count, -1)

    @property
    def count(self) -> int:
        """The number of steps."""
        return int(self.steps.max(initial=0)) + 1

    def seeds(self, board: Board) -> tuple[Indices, NDArray[np.int32], Array]:
        """Return the cells, their steps, and dL/d(cell) in each draw."""
        if not self.assumed:
            return self.cells, self.steps, np.ones((len(self.cells), board.draws))
        values = board.numbers[self.outputs] - board.numbers[self.targets]
        return self.cells, self.steps, values
