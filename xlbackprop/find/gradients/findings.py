"""What was found in a sheet by differentiating its formulas: L, steps, gradients, true values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.plane import Indices


class Reason(IntEnum):
    """Why a cell is taken for a gradient, the strongest reason first."""

    SAID = 0  # a map says so
    UPDATE = 1  # a weight's update uses it
    LABEL = 2  # a text beside it says so
    PLACE = 3  # it stands in a block of gradients of the same formula shape
    VALUE = 4  # it equals the gradient, on the page and on draws
    USE = 5  # what uses it would be right if it were


class Role(StrEnum):
    """What a cell is to hold."""

    GRADIENT = "gradient"  # factor * dL/dx
    UPDATE = "update"  # x - factor * dL/dx


class Family(StrEnum):
    """How the numbers of some draws were drawn."""

    PAGE = "page"  # as the workbook is
    ALL = "all typed numbers"
    SUMS = "numbers that sum to 1 keep doing so"
    ZEROS = "typed zeros stay zero"


@dataclass(frozen=True)
class Claim:
    """A cell that is to hold the gradient of another one, or that one's update."""

    cell: int
    of: int
    role: Role
    reason: Reason
    step: int = 0
    factor: float = 1.0  # the sheet's convention: -1 for deltas, with the rate inside, a mean


@dataclass(frozen=True)
class Doubt:
    """Cells that may be gradients and are not judged for sure, and why."""

    cells: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class Findings:
    """What differentiating a sheet has found; cells are indices of the computation's plane.

    `truth` is what each claim's cell should hold, its convention included, and `own` what its
    formula gives: arrays of shape (claims, draws), NaN where it is not known. `given` are the cells
    that hold drawn numbers on the board, typed or not: a step's weights are given there, so that
    each step is judged by itself.
    """

    contents: Contents
    graph: Graph  # of all formulas
    computation: Computation  # without the formulas of what is given
    board: Board  # draw 0 is the page
    families: Mapping[Family, slice]
    losses: tuple[int, ...]  # one for each step; empty where L is assumed
    steps: int
    given: Indices
    weights: Indices  # the cells whose gradients or updates are claimed
    rate: int | None  # the cell of the learning rate; None where formulas hold the number itself
    claims: tuple[Claim, ...]
    truth: Array
    own: Array
    assumed: str = ""  # the loss that is assumed, in words
    amiss: str = ""  # what the sheet's own L, in `losses`, is not: then one is assumed
    notes: tuple[str, ...] = ()
    left_over: tuple[int, ...] = ()  # cells made of gradients of which nothing is known
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_blank(self) -> Mask:
        """Which claims are of cells in which nothing stands yet: (claims,)."""
        cells = [claim.cell for claim in self.claims]
        return np.asarray(self.board.codes[cells, 0] == Code.BLANK)

    @property
    def is_typed(self) -> Mask:
        """Which claims are of numbers that were typed: (claims,)."""
        cells = np.array([claim.cell for claim in self.claims], dtype=np.int32)
        is_number = self.board.codes[cells, 0] == Code.NUMBER
        return np.asarray(
            is_number & ((self.graph.owner[cells] < 0) | self.graph.is_constant[cells])
        )

    def place(self, cell: int) -> tuple[str, int, int]:
        """Return the sheet, and the row and column from 0, of a cell."""
        sheets, rows, columns = self.computation.plane.places
        return self.contents.sheets[sheets[cell]].name, int(rows[cell]), int(columns[cell])

    def address(self, cell: int) -> str:
        """Return a cell's address on its sheet: `B3`."""
        _, row, column = self.place(cell)
        return address_of(row, column)


@dataclass(frozen=True)
class NothingFound:
    """That a sheet holds no gradients that can be told, and why."""

    reason: str
