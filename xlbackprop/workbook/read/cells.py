"""The stored cells of one sheet, as arrays."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.addresses import cell as cell_address

# Marks a formula that is stored with another cell.
SHARED = "\0"
# A longer formula is shown as it is stored, rather than moved to each cell that shares it.
_LONGEST_MOVED = 1_000


class State(IntEnum):
    """What a cell holds."""

    BLANK = 0
    NUMBER = 1
    TEXT = 2
    ERROR = 3
    BOOLEAN = 4


@dataclass
class Cells:
    """The cells of one sheet, in the order of the file; the arrays are of equal length."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    states: NDArray[np.int8]
    numbers: Array  # NaN where the cell holds no number
    texts: TextColumn  # texts and error values
    formulas: TextColumn  # without "="
    shared: Mapping[str, tuple[str, str]]  # formulas that cells share, and where they are stored
    seen: int  # how many cells the sheet stores, those with nothing but a format included
    arrays: tuple[tuple[int, int, int, int, str], ...] = ()  # first row, column; last; formula

    def formula(self, position: int) -> str | None:
        """Return a cell's formula, one that it shares moved to where it stands."""
        text = self.formulas.get(position)
        if text is None or not text.startswith(SHARED):
            return text
        first, origin = self.shared.get(text.removeprefix(SHARED), ("", "A1"))
        here = cell_address(int(self.rows[position]), int(self.columns[position]))
        return _moved(first, origin, here)

    def in_arrays(self, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where cells belong to an array formula, be they stored or not."""
        inside = np.zeros(rows.shape, dtype=np.bool_)
        for top, left, bottom, right, _ in self.arrays:
            inside |= (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        return inside

    def array_formula(self, row: int, column: int) -> str | None:
        """Return the array formula that a cell belongs to."""
        for top, left, bottom, right, text in self.arrays:
            if top <= row <= bottom and left <= column <= right:
                return text
        return None

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        keys = self.rows * MAX_COLUMNS + self.columns
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    @cached_property
    def has_formula(self) -> NDArray[np.bool_]:
        """Whether each cell has a formula."""
        return self.formulas.present

    def find(self, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.int64]:
        """Return the positions of cells, in arrays of any shape; -1 where nothing is stored."""
        wanted = rows.astype(np.int64) * MAX_COLUMNS + columns
        keys, order = self._keys
        if not keys.size:
            return np.full(wanted.shape, -1)
        # From the right, so that of a cell stored twice the last one counts.
        at = np.searchsorted(keys, wanted, side="right") - 1
        found = (at >= 0) & (keys[at] == wanted)
        return np.where(found, order[at], -1)

    def _value(self, position: int) -> str | float:
        text = self.texts.get(position)
        return float(self.numbers[position]) if text is None else text

    def by_place(self) -> dict[tuple[int, int], str | float]:
        """Return the values by row and column: for a small sheet."""
        return {
            (int(row), int(column)): self._value(position)
            for position, (row, column) in enumerate(zip(self.rows, self.columns, strict=True))
            if self.states[position] != State.BLANK
        }


class TextColumn:
    """A text, or none, for each cell: their bytes one after the other, to take little memory."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q")
        self._present = bytearray()

    def append(self, text: str | None) -> None:
        """Add the next cell's text."""
        if text is not None:
            self._bytes += text.encode("utf-8", "surrogatepass")
        self._present.append(text is not None)
        self._ends.append(len(self._bytes))

    def get(self, position: int) -> str | None:
        """Return a cell's text."""
        if not self._present[position]:
            return None
        start = self._ends[position - 1] if position else 0
        return self._bytes[start : self._ends[position]].decode("utf-8", "surrogatepass")

    def put_where_missing(self, mask: NDArray[np.bool_], text: str) -> TextColumn:
        """Return a column that has the text, too, in the cells of a mask that have none."""
        filled = TextColumn()
        for position, is_in in enumerate(mask.tolist()):
            own = self.get(position)
            filled.append(text if own is None and is_in else own)
        return filled

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether each cell has a text."""
        return np.frombuffer(self._present, dtype=np.bool_)


def _moved(formula: str, origin: str, here: str) -> str:
    """Return a shared formula as it reads in another cell, where it can be read at all."""
    if len(formula) > _LONGEST_MOVED:
        return formula
    # As long as all that a check imports besides, and few workbooks share formulas.
    from openpyxl.formula.tokenizer import TokenizerError  # noqa: PLC0415
    from openpyxl.formula.translate import Translator, TranslatorError  # noqa: PLC0415

    try:
        return str(Translator(f"={formula}", origin=origin).translate_formula(here))[1:]
    except (TokenizerError, TranslatorError, ValueError, IndexError, RecursionError):
        return formula
