"""The stored cells of one sheet, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.moving import MovableFormula
from xlbackprop.workbook.read.arrays import ArrayFormulas, Ints
from xlbackprop.workbook.read.columns import NumberedTexts, TextColumn

# Marks a formula that is stored with another cell.
SHARED = "\0"


class State(IntEnum):
    """What a cell holds.

    Arrays are compared with `int(State.TEXT)`, which NumPy takes in a fifth of the time.
    """

    BLANK = 0
    NUMBER = 1
    TEXT = 2
    ERROR = 3
    BOOLEAN = 4


@dataclass
class Cells:
    """The cells of one sheet, in the order of the file; the arrays are of equal length."""

    rows: Ints
    columns: Ints
    states: NDArray[np.int8]
    numbers: Array  # NaN where the cell holds no number
    texts: NumberedTexts  # texts and error values
    formulas: TextColumn  # without "=", as the file has them
    shared: SharedFormulas
    seen: int  # how many cells the sheet stores, those with nothing but a format included
    arrays: ArrayFormulas
    dates: Ints  # the positions of the numbers that are shown as dates

    @property
    def batch(self) -> Batch:
        """All of them."""
        columns = self.rows, self.columns, self.states, self.numbers
        texts = 0, self.texts, self.formulas, self.shared
        return Batch(*columns, *texts, self.arrays.places)

    def formula(self, position: int) -> str | None:
        """Return a cell's formula, one that it shares moved to where it stands."""
        text = self.formulas.get(position)
        if text is None:
            owner = int(self.array_of[position])
            return self.arrays.formulas[owner].text if owner >= 0 else None
        if not text.startswith(SHARED):
            return text
        key = text.removeprefix(SHARED)
        return self.shared.formula(key, int(self.rows[position]), int(self.columns[position]))

    def array_formula(self, row: int, column: int) -> str | None:
        """Return the array formula that a cell belongs to, be it stored or not."""
        owner = int(self.arrays.of(np.array([row]), np.array([column]))[0])
        return self.arrays.formulas[owner].text if owner >= 0 else None

    def formula_texts(self) -> Iterator[bytes]:
        """Yield all formulas, some at a time, in small letters."""
        yield self.formulas.content.lower()
        yield from (one.text.lower().encode("utf-8", "replace") for one in self.arrays.formulas)

    @cached_property
    def array_of(self) -> Ints:
        """The array formula that each cell belongs to, -1 for none."""
        return self.arrays.of(self.rows, self.columns)

    @cached_property
    def has_formula(self) -> NDArray[np.bool_]:
        """Whether each cell has a formula, or is one of several that an array formula fills."""
        return np.asarray(self.formulas.present | (self.array_of >= 0))

    @cached_property
    def in_order(self) -> tuple[Ints, Ints]:
        """The places, as row * MAX_COLUMNS + column, in ascending order, and whose they are."""
        keys = self.rows * MAX_COLUMNS + self.columns
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def find(self, rows: NDArray[Any], columns: NDArray[Any]) -> Ints:
        """Return the positions of cells, in arrays of any shape; -1 where nothing is stored."""
        wanted = rows.astype(np.int64) * MAX_COLUMNS + columns
        keys, order = self.in_order
        if not keys.size:
            return np.full(wanted.shape, -1)
        # From the right, so that of a cell stored twice the last one counts.
        at = np.searchsorted(keys, wanted, side="right") - 1
        found = (at >= 0) & (keys[at] == wanted)
        return np.where(found, order[at], -1)

    def value(self, position: int) -> str | float:
        """Return a cell's text or number."""
        text = self.texts.get(position)
        return float(self.numbers[position]) if text is None else text

    @cached_property
    def by_place(self) -> Mapping[tuple[int, int], str | float]:
        """The values by row and column: for a small sheet."""
        filled = np.flatnonzero(self.states != State.BLANK)
        places = zip(self.rows[filled].tolist(), self.columns[filled].tolist(), strict=True)
        return MappingProxyType(dict(zip(places, map(self.value, filled.tolist()), strict=True)))


@dataclass(frozen=True)
class Batch:
    """Some cells; the arrays are of equal length.

    Their texts and formulas stand in the sheet's columns, from the position `first` on.
    """

    rows: Ints
    columns: Ints
    states: NDArray[np.int8]
    numbers: Array
    first: int
    texts: NumberedTexts
    formulas: TextColumn
    shared: SharedFormulas
    array_formulas: Set[int]  # where array formulas stand, as row * MAX_COLUMNS + column


class SharedFormulas:
    """Formulas that several cells share, by their number in the file."""

    def __init__(self) -> None:
        self._stored: dict[str, tuple[str, int, int]] = {}
        self._movable: dict[str, MovableFormula] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._stored

    def add(self, key: str, text: str, row: int, column: int) -> None:
        """Add a formula as it reads in a cell."""
        self._stored[key] = text, row, column
        self._movable.pop(key, None)

    def texts(self) -> Iterator[str]:
        """Yield each formula as it is stored."""
        yield from (text for text, _, _ in self._stored.values())

    def stored(self, key: str) -> tuple[str, int, int]:
        """Return a formula's text, empty where there is none, and the cell in which it reads so."""
        return self._stored.get(key, ("", 0, 0))

    def formula(self, key: str, row: int, column: int) -> str:
        """Return how a formula reads in a cell, or an empty text where there is none."""
        if key not in self._stored:
            return ""
        text, own_row, own_column = self._stored[key]
        if key not in self._movable:
            self._movable[key] = MovableFormula(text)
        return self._movable[key].moved(row - own_row, column - own_column)
