"""All that stands on a workbook's sheets, as arrays: what a reader of the page would see.

A cell is known by its key, a whole number made of its sheet, row and column, so that a whole
block of cells is moved by one addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.places import Places
from xlbackprop.tolerance import half_units
from xlbackprop.workbook.read.cells import Cells, State
from xlbackprop.workbook.read.numerals import read_numeral

Keys = NDArray[np.int64]

DOWN, ACROSS = MAX_COLUMNS, 1  # what is added to a key for the next row, and the next column
NEXT_SHEET = MAX_ROWS * MAX_COLUMNS
MAX_CELLS = 60_000
MAX_SHEETS = 60
_LONGEST_LABEL = 120
_LONGEST_FORMULA = 2_000


@dataclass(frozen=True)
class Page:
    """The cells of all sheets that hold a number or a formula, in the order of their keys."""

    sheets: tuple[str, ...]
    keys: Keys
    numbers: Array  # NaN where there is none
    tolerances: Array  # half a unit of the last decimal typed
    has_formula: Mask
    texts: Mapping[int, str]  # what may be labels, by key
    formulas: Mapping[int, str]  # without "=", by key
    names: Mapping[str, str]  # the workbook's names and what they stand for
    numerals: Mapping[int, str]  # the texts that read as numbers, by key

    def find(self, keys: NDArray[Any]) -> NDArray[np.int64]:
        """Return the cells' positions in the arrays, -1 where nothing is."""
        if not self.keys.size:
            return np.full(keys.shape, -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def numbers_at(self, keys: Keys) -> Array:
        """Return the numbers in cells, NaN where there is none."""
        at = self.find(keys)
        return np.where(at >= 0, self.numbers[at], np.nan)

    def tolerances_at(self, keys: Keys) -> Array:
        """Return how far off the numbers in cells may be, for they were typed."""
        at = self.find(keys)
        return np.where(at >= 0, self.tolerances[at], 0.0)

    def formulas_at(self, keys: Keys) -> Mask:
        """Return which cells hold a formula."""
        at = self.find(keys)
        return np.asarray((at >= 0) & self.has_formula[at])

    @cached_property
    def by_number(self) -> tuple[Array, Keys]:
        """All numbers in ascending order, and the keys of their cells."""
        known = np.isfinite(self.numbers)
        order = np.argsort(self.numbers[known], kind="stable")
        return self.numbers[known][order], self.keys[known][order]

    def extent(self, key: int) -> tuple[int, int]:
        """Return how many numbers follow each other below a cell, and to its right, with it."""
        below, right = (
            next(n for n in count(1) if self.find(np.array(key + n * step)) < 0)
            for step in (DOWN, ACROSS)
        )
        return below, right

    def on(self, sheet: str) -> Page:
        """Return what stands on one sheet."""
        number = self.sheets.index(sheet)
        texts = {key: text for key, text in self.texts.items() if key // NEXT_SHEET == number}
        return replace(self.only(self.keys // NEXT_SHEET == number), texts=texts)

    def only(self, stays: Mask) -> Page:
        """Return the page with some of its numbers and formulas, and all of its texts."""
        gone = frozenset(self.keys[~stays].tolist())
        return replace(
            self,
            keys=self.keys[stays],
            numbers=self.numbers[stays],
            tolerances=self.tolerances[stays],
            has_formula=self.has_formula[stays],
            formulas={key: text for key, text in self.formulas.items() if key not in gone},
        )

    def keys_of(self, places: Places) -> Keys:
        """Return the keys of places on this page."""
        sheets = np.array([self.sheets.index(sheet) for sheet in places.sheets], dtype=np.int64)
        return sheets[places.sheet] * NEXT_SHEET + places.rows * DOWN + places.columns

    def places(self, keys: Keys) -> Places:
        """Return the places that keys stand for."""
        sheet, rows, columns = split(keys)
        used = np.unique(sheet)
        return Places(
            tuple(self.sheets[number] for number in used),
            np.searchsorted(used, sheet).astype(np.int32),
            rows.astype(np.int32),
            columns.astype(np.int32),
        )


def key_of(sheet: int, row: int, column: int) -> int:
    """Return the key of a cell; rows and columns count from 0."""
    return sheet * NEXT_SHEET + row * DOWN + column


def split(keys: Keys) -> tuple[Keys, Keys, Keys]:
    """Return the sheets, rows and columns that keys stand for."""
    return keys // NEXT_SHEET, keys % NEXT_SHEET // DOWN, keys % DOWN


def is_compact(keys: Keys) -> bool:
    """Return whether cells are all of a rectangle: nothing stands between them."""
    sheets, rows, columns = split(keys)
    return bool((np.ptp(rows) + 1) * (np.ptp(columns) + 1) == keys.size and not np.ptp(sheets))


def read_page(sheets: Mapping[str, Cells], names: Mapping[str, str]) -> Page:
    """Return the page that sheets' cells make up.

    Numbers typed as text count as numbers. Raises WorkbookError where there are so many cells
    or sheets that a search among them would take long.
    """
    if len(sheets) > MAX_SHEETS or sum(map(_filled, sheets.values())) > MAX_CELLS:
        raise WorkbookError(
            f"it has more than {MAX_SHEETS} sheets or {MAX_CELLS:,} filled cells, too many to"
            " find a network's tensors among them: write a map of where they stand"
        )
    columns = _Columns()
    for number, cells in enumerate(sheets.values()):
        columns.add(cells, number * NEXT_SHEET)
    return columns.page(tuple(sheets), names)


def _filled(cells: Cells) -> int:
    return len(cells.rows)


class _Columns:
    """The page's cells while they are collected, sheet by sheet."""

    def __init__(self) -> None:
        self._cells: dict[int, tuple[float, bool]] = {}  # of a cell stored twice the last counts
        self._texts: dict[int, str] = {}
        self._numerals: dict[int, str] = {}
        self._formulas: dict[int, str] = {}

    def add(self, cells: Cells, first: int) -> None:
        keys = (first + cells.rows * DOWN + cells.columns).tolist()
        numbers, is_text = cells.numbers.tolist(), (cells.states == State.TEXT).tolist()
        columns = zip(keys, numbers, is_text, cells.has_formula.tolist(), strict=True)
        for position, (key, stored, holds_text, has_formula) in enumerate(columns):
            number, text = stored, cells.texts.get(position) if holds_text else None
            if text is not None:
                meant = read_numeral(text)
                if meant is None and not has_formula:
                    self._texts[key] = text[:_LONGEST_LABEL]
                    continue
                number = np.nan if meant is None else meant
                if not has_formula:
                    self._numerals[key] = text
            if has_formula:
                formula = cells.formula(position) or ""
                self._formulas[key] = formula if len(formula) <= _LONGEST_FORMULA else ""
            if has_formula or isfinite(number):
                self._cells[key] = (number, has_formula)

    def page(self, sheets: tuple[str, ...], names: Mapping[str, str]) -> Page:
        keys = np.array(sorted(self._cells), dtype=np.int64)
        numbers = np.array([self._cells[key][0] for key in keys.tolist()], dtype=np.float64)
        has_formula = np.array([self._cells[key][1] for key in keys.tolist()], dtype=np.bool_)
        typed = ~has_formula & np.isfinite(numbers)
        tolerances = np.where(typed, half_units(numbers), 0.0)
        texts = (self._texts, self._formulas, names, self._numerals)
        return Page(sheets, keys, numbers, tolerances, has_formula, *texts)
