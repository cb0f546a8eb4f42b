"""The cells of a sheet while they are collected, one by one or many at a time."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import read_address
from xlbackprop.workbook.read.arrays import ArrayFormula, ArrayFormulas, Ints
from xlbackprop.workbook.read.cells import SHARED, Cells, SharedFormulas, State
from xlbackprop.workbook.read.columns import NumberedTexts, TextColumn, append

# As many as a network may have, and room for what stands around its blocks.
MAX_STORED_CELLS = 1_250_000
TOO_MANY_CELLS = f"a sheet holds more than {MAX_STORED_CELLS:,} cells"

_TRUE = ("1", "true", "TRUE")


@dataclass(frozen=True)
class Part:
    """Some cells, one after the other; the arrays are of equal length, but for `dates`."""

    rows: Ints
    columns: Ints
    states: NDArray[np.int8]
    numbers: Array
    texts: NDArray[np.int32]  # their numbers
    formulas: bytes  # all of them, one after the other
    lengths: Ints  # of the formulas
    has_formula: NDArray[np.bool_]
    dates: Ints  # positions among these cells


class CellStore:
    """Collects the cells of a sheet; `strings` are the texts that cells share.

    Raises WorkbookError where there are more than it takes.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        self._rows, self._columns = array("q"), array("q")
        self._states, self._numbers = array("b"), array("d")
        self._formulas = TextColumn()
        self._shared, self._arrays = SharedFormulas(), ArrayFormulas()
        self._dates = array("q")
        self._strings = strings
        self.texts = NumberedTexts(strings)
        self.seen = 0  # cells, those with nothing but a format included

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def add(
        self,
        place: tuple[int, int],
        held: tuple[int, float, str | int | None],
        formula: str | None,
        *,
        is_date: bool = False,
    ) -> None:
        """Add a cell: its row and column, its state, its number, and its text or that's number."""
        if len(self) >= MAX_STORED_CELLS:
            raise WorkbookError(TOO_MANY_CELLS)
        state, number, text = held
        if is_date and state == State.NUMBER:
            self._dates.append(len(self))
        self.texts.append(text if isinstance(text, int) else self.texts.number(text))
        self._formulas.append(formula)
        self._rows.append(place[0])
        self._columns.append(place[1])
        self._states.append(state)
        self._numbers.append(number)

    def extend(self, part: Part) -> None:
        """Add cells."""
        if len(self) + len(part.rows) > MAX_STORED_CELLS:
            raise WorkbookError(TOO_MANY_CELLS)
        append(self._dates, part.dates + len(self))
        self.texts.extend(part.texts)
        self._formulas.extend(part.formulas, part.lengths, part.has_formula)
        append(self._rows, part.rows)
        append(self._columns, part.columns)
        append(self._states, part.states)
        append(self._numbers, part.numbers)

    def cells(self) -> Cells:
        """Return what was collected, as arrays."""
        return Cells(
            np.frombuffer(self._rows, dtype=np.int64),
            np.frombuffer(self._columns, dtype=np.int64),
            np.frombuffer(self._states, dtype=np.int8),
            np.frombuffer(self._numbers, dtype=np.float64),
            self.texts,
            self._formulas,
            self._shared,
            self.seen,
            self._arrays,
            np.array(self._dates, dtype=np.int64),
        )

    def formula(self, text: str, attributes: Mapping[str, str], row: int, column: int) -> str:
        """Return a cell's formula; for one that it shares, a mark and the formula's number."""
        text = text.removeprefix("=")
        if attributes.get("t") == "array":
            self._note_array(text, attributes.get("ref", ""))
        key = attributes.get("si")
        if attributes.get("t") != "shared" or key is None:
            return text
        if text:
            self._shared.add(key, text, row, column)
            return text
        return SHARED + key

    def shared_string(self, value: str) -> int:
        """Return the number of a text that cells share. Raises WorkbookError where it is none."""
        if not (value.isascii() and value.isdecimal() and int(value) < len(self._strings)):
            raise WorkbookError("the file is damaged: a cell's text is missing")
        return int(value)

    def _note_array(self, text: str, reference: str) -> None:
        area = read_address(reference)
        if area is not None and not (area.is_whole or area.is_reversed):
            self._arrays.add(ArrayFormula(*area[1:5], text))


def read_number(value: str) -> tuple[int, float, str | None]:
    """Return the state, the number and the text of a cell that is said to hold a number."""
    try:
        number = float(value)
    except ValueError:
        return State.TEXT, np.nan, value
    # Python also reads 1_000, digits of other scripts, and what is beyond any number.
    if not (math.isfinite(number) and value.isascii()) or "_" in value:
        return State.TEXT, np.nan, value
    return State.NUMBER, number, None


def read_boolean(value: str) -> str:
    """Return the text of a cell that is said to hold TRUE or FALSE."""
    return "TRUE" if value.strip() in _TRUE else "FALSE"
