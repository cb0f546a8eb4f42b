"""Where the engine and the program that saved a workbook disagree: who is believed.

What the program's own evaluator knows is beyond doubt. A formula that the engine may well get wrong
(see `doubt`) is worth what was saved, or what LibreOffice makes of it. That number takes the
formula's place, so that what rests on it is recalculated from it; the formula itself is not, and
cannot be tried on other numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.tolerance import allowance, matches
from xlbackprop.workbook.engine.calculation import Calculation
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values
from xlbackprop.workbook.engine.formula_cells import FormulaCells
from xlbackprop.workbook.read.cells import State

# Each round settles the first formulas of chains of such formulas; after these all at once.
_ROUNDS_OF_FIRST, _MOST_ROUNDS = 6, 12

_CIRCLE = "#CIRC!"
_REASONS = {
    _CIRCLE: "a circular reference",
    "#NAME?": "an unknown function or name",
    "#N/IMPL!": "a function that the engine does not have",
    "#ERROR!": "a formula that the engine cannot read",
}


@dataclass
class Settled:
    """What the cells hold once all is settled.

    `unable` are those that the engine cannot compute, with the reason; of these `elsewhere` are
    those whose number is not the saved one but LibreOffice's.
    """

    values: Values
    unable: dict[int, str] = field(default_factory=dict)
    elsewhere: frozenset[int] = frozenset()


def reason_for(text: str) -> str:
    """Return why a cell is not recalculated in which the engine has this text."""
    return _REASONS.get(text, f"a formula that gives {text or 'nothing'} there")


class Disputes:
    """Settles what an engine and a file disagree on, cell by cell."""

    def __init__(
        self,
        calculation: Calculation,
        cells: FormulaCells,
        expected: Callable[[Values], Array],
        second_opinion: Callable[[CellList], Values | None],
    ) -> None:
        self._calculation, self._cells, self._expected = calculation, cells, expected
        self._ask = second_opinion
        self._unable = cells.hopeless()
        self._elsewhere: set[int] = set()
        self._believed: set[int] = set()  # where it is the engine, after all

    def settle(self) -> Settled:
        """Return what the cells hold. Raises EngineStopped."""
        self._pin(self._saved(self._unable))
        for number in range(_MOST_ROUNDS):
            values = self._calculation.values(self._cells.cells)
            disputed = self._disputed(values)
            doubtful = [at for at in disputed if self._is_doubtful(at, values)]
            if not doubtful:
                break
            if number < _ROUNDS_OF_FIRST:
                from xlbackprop.workbook.engine.chains import first_of  # noqa: PLC0415

                doubtful = first_of(self._cells, doubtful, disputed) or doubtful
            self._pin(self._decided(doubtful, values))
        return Settled(values, self._unable, frozenset(self._elsewhere))

    def _pin(self, numbers: dict[int, float]) -> None:
        if numbers:
            from xlbackprop.workbook.engine.pins import with_arrays  # noqa: PLC0415  (rarely)

            whole = with_arrays(self._cells, numbers)
            self._calculation.pin(self._cells, whole)
            for at in whole:
                self._unable.setdefault(at, "an array formula that the engine cannot compute")

    def _saved(self, numbers: dict[int, str]) -> dict[int, float]:
        return {
            at: float(self._cells.numbers[at])
            for at in numbers
            if self._cells.states[at] == State.NUMBER
        }

    def _disputed(self, values: Values) -> list[int]:
        """Return where a number was saved and is not what the engine gives, or none was."""
        cells = self._cells
        with np.errstate(invalid="ignore"):
            allowed = allowance(values.numbers, largest=1.0)
            differs = ~(np.abs(values.numbers - cells.numbers) <= allowed)
        nothing = (cells.states == State.BLANK) & np.isin(values.kinds, (UNABLE, State.ERROR))
        mask = (differs & (cells.states == State.NUMBER)) | nothing
        mask &= ~self._calculation.is_own
        settled = self._unable.keys() | self._believed
        return [at for at in np.flatnonzero(mask).tolist() if at not in settled]

    def _is_doubtful(self, at: int, values: Values) -> bool:
        if values.kinds[at] == UNABLE:
            return True
        from xlbackprop.workbook.engine.doubt import is_beyond_doubt  # noqa: PLC0415  (rarely)
        from xlbackprop.workbook.engine.too_small import compares_too_small  # noqa: PLC0415

        if not is_beyond_doubt(self._cells.formula(at), self._cells.stored):
            return True
        return compares_too_small(self._cells, at)

    def _decided(self, doubtful: list[int], values: Values) -> dict[int, float]:
        """Return the numbers that take the place of formulas; the engine is believed of others."""
        numbers = {}
        for at in doubtful:
            number = self._decide(at, values)
            if number is None:
                self._believed.add(at)
            else:
                numbers[at] = number
                self._unable[at] = reason_for(_shown(at, values))
        return numbers

    def _decide(self, at: int, values: Values) -> float | None:
        """Return the number that takes a formula's place, None where the engine is believed."""
        kind, saved = values.kinds[at], self._cells.states[at]
        if kind == State.ERROR and saved != State.NUMBER and self._takes_an_error(at, values):
            return None  # the other program may have taken a number there, from a text
        if values.texts.get(at) != _CIRCLE and self._opinion is not None:
            theirs = self._opinion.kinds[at]
            if theirs == State.NUMBER and _agree(self._opinion, values, at):
                return None
            if theirs == State.NUMBER:
                self._elsewhere.add(at)
                return float(self._opinion.numbers[at])
            if kind not in (UNABLE, State.NUMBER) and theirs not in (UNABLE, State.BLANK):
                return None  # both find that it is no number
        if saved != State.NUMBER or self._is_expected(at, values):
            return None
        return float(self._cells.numbers[at])

    def _takes_an_error(self, at: int, values: Values) -> bool:
        """Return whether a formula refers to a cell that is an error, which it passes on."""
        from xlbackprop.workbook.engine.chains import first_of  # noqa: PLC0415

        return not first_of(self._cells, [at], np.flatnonzero(values.kinds == State.ERROR).tolist())

    def _is_expected(self, at: int, values: Values) -> bool:
        """Return whether a judged cell holds what it should, if the engine is right."""
        if values.kinds[at] != State.NUMBER or at >= self._cells.judged:
            return False
        expected = self._expected(values)[at : at + 1]
        return bool(matches(values.numbers[at : at + 1], expected, largest=1.0)[0])

    @cached_property
    def _opinion(self) -> Values | None:
        return self._ask(self._cells.cells)


def _agree(opinion: Values, values: Values, at: int) -> bool:
    numbers = values.numbers[at : at + 1]
    return bool(matches(opinion.numbers[at : at + 1], numbers, largest=1.0)[0])


def _shown(at: int, values: Values) -> str:
    if values.kinds[at] == State.NUMBER:
        return f"{values.numbers[at]:.6g}"
    return values.texts.get(at, "")
