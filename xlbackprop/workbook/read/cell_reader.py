"""A sheet's XML to its cells.

Reads what is stored, not what is declared: a sheet that claims to have 17 billion cells costs no
more than the cells it has. Formulas and saved values come in the same pass.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection

import numpy as np

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS, read_address, read_cell
from xlbackprop.workbook.read.arrays import ArrayFormula, ArrayFormulas
from xlbackprop.workbook.read.cells import (
    SHARED,
    Batch,
    Cells,
    SharedFormulas,
    State,
    TextColumn,
)
from xlbackprop.workbook.read.strings import plain_text

MAX_STORED_CELLS = 1_000_000
MAX_CHARACTERS = 80_000_000
BATCH = 16_384  # cells

_TRUE = ("1", "true", "TRUE")


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
    """Collects the cells of a sheet while its XML goes by.

    `date_styles` are the formats, as cells name them, that show a number as a date. `watch` is
    shown the cells, batch by batch.
    """

    def __init__(
        self,
        strings: list[str],
        date_styles: Collection[str] = (),
        watch: Callable[[Batch], None] | None = None,
    ) -> None:
        self._strings, self._date_styles, self._watch = strings, date_styles, watch
        self._rows, self._columns = array("q"), array("q")
        self._states, self._numbers = array("b"), array("d")
        self._texts, self._formulas = TextColumn(), TextColumn()
        self._shared = SharedFormulas()
        self._arrays = ArrayFormulas()
        self._seen = self._characters = self._shown = 0
        self._row, self._column = -1, -1
        self._collected: list[str] | None = None
        self._value: list[str] | None = None
        self._formula: list[str] | None = None
        self._formula_attributes: dict[str, str] = {}
        self._type = "n"
        self._is_phonetic = self._is_date = False
        self._dates = array("q")

    def cells(self) -> Cells:
        """Return what was collected, as arrays."""
        self._show()
        return Cells(
            np.frombuffer(self._rows, dtype=np.int64),
            np.frombuffer(self._columns, dtype=np.int64),
            np.frombuffer(self._states, dtype=np.int8),
            np.frombuffer(self._numbers, dtype=np.float64),
            self._texts,
            self._formulas,
            self._shared,
            self._seen,
            self._arrays,
            np.array(self._dates, dtype=np.int64),
        )

    def _show(self) -> None:
        first, self._shown = self._shown, len(self._rows)
        if self._watch is None:
            return
        self._watch(
            Batch(
                np.array(self._rows[first:]),
                np.array(self._columns[first:]),
                np.array(self._states[first:]),
                np.array(self._numbers[first:]),
                first,
                self._texts,
                self._formulas,
                self._shared,
                self._arrays.places,
            )
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where the cell stands, and which of its parts the text belongs to."""
        if name == "c":
            self._seen += 1
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
        if len(self._rows) >= MAX_STORED_CELLS:
            raise WorkbookError(f"a sheet holds more than {MAX_STORED_CELLS:,} cells")
        state, number, text = self._typed()
        if self._is_date and state == State.NUMBER:
            self._dates.append(len(self._rows))
        self._texts.append(text)
        self._formulas.append(formula)
        self._rows.append(self._row)
        self._columns.append(self._column)
        self._states.append(state)
        self._numbers.append(number)
        if len(self._rows) - self._shown >= BATCH:
            self._show()

    def _typed(self) -> tuple[int, float, str | None]:
        """Return the state of the cell, its number, and its text where it holds one."""
        value = "".join(self._value or [])
        if not value and (self._value is None or self._type in ("n", "s")):
            return State.BLANK, np.nan, None  # at most a formula that nobody has computed
        match self._type:
            case "n":
                return _number(value)
            case "s":
                return State.TEXT, np.nan, self._shared_string(value)
            case "b":
                return State.BOOLEAN, np.nan, "TRUE" if value.strip() in _TRUE else "FALSE"
            case "e":
                return State.ERROR, np.nan, value
        return State.TEXT, np.nan, plain_text(value)

    def _shared_string(self, value: str) -> str:
        if not (value.isascii() and value.isdecimal() and int(value) < len(self._strings)):
            raise WorkbookError("the file is damaged: a cell's text is missing")
        return self._strings[int(value)]

    def _finished_formula(self) -> str | None:
        """Return the cell's formula; for one that it shares, a mark and the formula's number."""
        if self._formula is None:
            return None
        text, attributes = "".join(self._formula).removeprefix("="), self._formula_attributes
        if not attributes:
            return text
        if attributes.get("t") == "array":
            self._note_array(text, attributes.get("ref", ""))
        key = attributes.get("si")
        if attributes.get("t") != "shared" or key is None:
            return text
        if text:
            self._shared.add(key, text, self._row, self._column)
            return text
        return SHARED + key

    def _note_array(self, text: str, reference: str) -> None:
        area = read_address(reference)
        if area is not None and not (area.is_whole or area.is_reversed):
            self._arrays.add(ArrayFormula(*area[1:5], text))


def _number(value: str) -> tuple[int, float, str | None]:
    try:
        number = float(value)
    except ValueError:
        return State.TEXT, np.nan, value
    # Python also reads 1_000, digits of other scripts, and what is beyond any number.
    if not (math.isfinite(number) and value.isascii()) or "_" in value:
        return State.TEXT, np.nan, value
    return State.NUMBER, number, None
