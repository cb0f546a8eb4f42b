"""What the cells of a workbook come to: by the program's own evaluator, and else by the engine.

The evaluator knows most formulas, and is at work at once, in this process. Where a cell is asked
for that it does not know, or that rests on such a cell, the engine's process is started and given
the workbook; of what the evaluator knows the engine is not asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values
from xlbackprop.workbook.engine.evaluator import Evaluator
from xlbackprop.workbook.engine.formula_cells import FormulaCells
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.engine.transfer import Transfer

if TYPE_CHECKING:
    from xlbackprop.workbook.engine.engine import Engine

# The evaluator may take so much of the time that is left: the rest is for the engine.
_SHARE = 0.5


class Calculation:
    """A workbook's cells, once it has taken them. Only `values` and `draws` wait for them.

    Both raise EngineStopped where an engine that is needed comes to nothing.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.seconds
        self._engine: Engine | None = None
        self._evaluator: Evaluator | None = None
        self._transfer: Transfer | None = None
        self._pins: list[tuple[FormulaCells, Mapping[int, float]]] = []
        self._share = 1.0
        self._is_alone = False  # no process can be started
        self._failure = ""
        self.is_own: Mask = np.empty(0, dtype=np.bool_)  # which values were the evaluator's

    @property
    def seconds_left(self) -> float:
        """How much of its time is left."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def failure(self) -> str:
        """The name of what went wrong in the evaluator that should not, or an empty text."""
        return self._failure or (self._evaluator.failure if self._evaluator else "")

    def take(self, transfer: Transfer, share: float = 1.0) -> None:
        """Take a workbook in place of any other, for a share of the time that is left."""
        self.stop()
        self._failure = self.failure
        self._transfer, self._share, self._pins = transfer, share, []
        self._evaluator = Evaluator(transfer.contents, self._limits.megabytes)

    def stop(self) -> None:
        """End the engine, if there is one."""
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    def pin(self, cells: FormulaCells, numbers: Mapping[int, float]) -> None:
        """Put numbers in the place of formulas, of whole arrays where it is one."""
        from xlbackprop.workbook.engine.pins import pin, pinned  # noqa: PLC0415  (rarely)

        self._pins.append((cells, numbers))
        if self._evaluator is not None:
            self._evaluator.pin(*pinned(cells, numbers))
        if self._engine is not None:
            pin(self._engine, cells, numbers)

    def values(self, cells: CellList) -> Values:
        """Return what the cells hold after all formulas have been evaluated anew."""
        nothing = CellList(cells.sheets, cells.cells[:0])
        (own,) = self._own(nothing, np.empty((1, 0)), cells)
        self.is_own = own.kinds != UNABLE
        if self.is_own.all():
            return own
        engine = self._started()
        return own if engine is None else _together(own, engine.values(cells))

    def draws(self, inputs: CellList, numbers: Array, cells: CellList) -> Iterator[Values]:
        """Yield what cells hold after the inputs were given a row of numbers, for each row.

        All must be taken.
        """
        theirs: Iterator[Values] | None = None
        for number, own in enumerate(self._own(inputs, numbers, cells)):
            if theirs is None and (own.kinds == UNABLE).any():
                engine = self._started()
                theirs = engine.draws(inputs, numbers[number:], cells) if engine else None
            yield own if theirs is None else _together(own, next(theirs))

    def _own(self, inputs: CellList, numbers: Array, cells: CellList) -> Iterator[Values]:
        """Yield what the evaluator knows."""
        if self._evaluator is None:
            raise EngineStopped("there is nothing to be evaluated")
        ends = time.monotonic() + _SHARE * self._share * self.seconds_left
        return self._evaluator.draws(inputs, numbers, cells, ends)

    def _started(self) -> Engine | None:
        """Return an engine that has the workbook; None where no process can be started."""
        if self._engine is not None or self._transfer is None or self._is_alone:
            return self._engine
        from xlbackprop.workbook.engine.engine import Engine  # noqa: PLC0415  (rarely)
        from xlbackprop.workbook.engine.giving import give  # noqa: PLC0415
        from xlbackprop.workbook.engine.pins import pin  # noqa: PLC0415

        try:
            self._engine = Engine(self._limits, self._share * self.seconds_left)
        except (OSError, RuntimeError):
            self._is_alone = True
            return None
        give(self._engine, self._transfer)
        for cells, numbers in self._pins:
            pin(self._engine, cells, numbers)
        return self._engine


def _together(own: Values, theirs: Values) -> Values:
    """Return the evaluator's values, and the engine's where it has none."""
    lacks = own.kinds == UNABLE
    texts = {at: text for at, text in theirs.texts.items() if lacks[at]}
    texts |= {at: text for at, text in own.texts.items() if not lacks[at]}
    return replace(
        own,
        kinds=np.where(lacks, theirs.kinds, own.kinds),
        numbers=np.where(lacks, theirs.numbers, own.numbers),
        texts=texts,
    )
