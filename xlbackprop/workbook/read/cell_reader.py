"""A sheet's XML to its cells.

Reads what is stored, not what is declared: a sheet that claims to have 17 billion cells costs no
more than the cells it has. Formulas and saved values come in the same pass.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS, read_cell
from xlbackprop.workbook.read.cell_store import CellStore, read_boolean, read_number
from xlbackprop.workbook.read.cells import Cells, State
from xlbackprop.workbook.read.strings import plain_text

MAX_CHARACTERS = 80_000_000


def parse_reference(text: str) -> tuple[int, int]:
    """Return the row and column of an address. Raises WorkbookError where it is none."""
    try:
        return read_cell(text)
    except ValueError:
        raise WorkbookError(f"a cell has the address {one_line(text, 20)!r}") from None


def next_place(reference: str | None, row: int, column: int) -> tuple[int, int]:
    """Return where a cell stands; one without an address follows the one before.

    Raises WorkbookError where that is outside of any sheet.
    """
    row, column = (row, column + 1) if reference is None else parse_reference(reference)
    if not (0 <= row < MAX_ROWS and column < MAX_COLUMNS):
        raise WorkbookError("a cell stands outside of its sheet")
    return row, column


class CellReader:
    """Collects the cells of a sheet while its XML goes by; raises WorkbookError beyond a limit.

    `strings` are the texts that cells share, `date_styles` the formats, as cells name them, that
    show a number as a date.
    """

    def __init__(self, strings: Sequence[str], date_styles: Collection[str] = ()) -> None:
        self._date_styles = date_styles
        self._store = CellStore(strings)
        self._characters = 0
        self._row, self._column = -1, -1
        self._collected: list[str] | None = None
        self._value: list[str] | None = None
        self._formula: list[str] | None = None
        self._formula_attributes: dict[str, str] = {}
        self._type = "n"
        self._is_phonetic = self._is_date = False

    def cells(self) -> Cells:
        """Return what was collected, as arrays."""
        return self._store.cells()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where the cell stands, and which of its parts the text belongs to."""
        if name == "c":
            self._store.seen += 1
            self._clear()
            self._type = attributes.get("t", "n")
            self._is_date = attributes.get("s") in self._date_styles
            self._row, self._column = next_place(attributes.get("r"), self._row, self._column)
        elif name in ("v", "t"):
            self._value = self._value or []
            self._collected = self._value
        elif name == "f":
            self._formula = []
            self._collected = self._formula
            self._formula_attributes = attributes
        elif name == "rPh":  # a reading aid, not part of the text
            self._collected, self._is_phonetic = None, True
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1

    def text(self, data: str) -> None:
        """Collect text within a value or a formula."""
        if self._collected is not None and not self._is_phonetic:
            self._collected.append(data)
            self._characters += len(data)
            if self._characters > MAX_CHARACTERS:
                raise WorkbookError(f"a sheet holds more than {MAX_CHARACTERS:,} characters")

    def end(self, name: str) -> None:
        """File the finished cell."""
        if name == "c":
            self._file()
        elif name == "rPh":
            self._is_phonetic = False
        elif name in ("v", "f", "t"):
            self._collected = None

    def _clear(self) -> None:
        self._value = self._formula = None
        self._is_phonetic = False

    def _file(self) -> None:
        formula = self._finished_formula()
        if formula is None and self._value is None:
            return  # nothing but a format
        place = self._row, self._column
        self._store.add(place, self._typed(), formula, is_date=self._is_date)

    def _typed(self) -> tuple[int, float, str | int | None]:
        """Return the state of the cell, its number, and its text or that one's number."""
        value = "".join(self._value or [])
        if not value and (self._value is None or self._type in ("n", "s")):
            return State.BLANK, np.nan, None  # at most a formula that nobody has computed
        match self._type:
            case "n":
                return read_number(value)
            case "s":
                return State.TEXT, np.nan, self._store.shared_string(value)
            case "b":
                return State.BOOLEAN, np.nan, read_boolean(value)
            case "e":
                return State.ERROR, np.nan, value
        return State.TEXT, np.nan, plain_text(value)

    def _finished_formula(self) -> str | None:
        if self._formula is None:
            return None
        text, attributes = "".join(self._formula), self._formula_attributes
        return self._store.formula(text, attributes, self._row, self._column)
