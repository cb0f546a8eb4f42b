"""A workbook's cells as the evaluation takes them, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.formula.sheets.codes import Codes

Ints = NDArray[np.int64]

# Cells that a sheet's array formulas fill, stored or not.
MOST_FILLED = 1_000_000


# What a name means on a sheet: the text of a reference or of a formula, None for no such name.
Meaning = Callable[[str, str], str | None]


def go_on() -> None:
    """Do nothing between two steps of the work; another such function may end it."""


def _no_text(position: int) -> str:  # noqa: ARG001
    return ""


def _no_names(name: str, sheet: str) -> str | None:  # noqa: ARG001
    return None


@dataclass(frozen=True)
class SharedFormula:
    """A formula as it reads in one cell, and the cells that have it moved to where they are."""

    text: str
    row: int
    column: int
    cells: Ints  # positions in the sheet's arrays


@dataclass(frozen=True)
class ArrayFormula:
    """A formula that fills a rectangle: its text, and the first and last row and column, from 0."""

    text: bytes
    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return self.bottom - self.top + 1, self.right - self.left + 1


@dataclass(frozen=True)
class SheetContents:
    """The stored cells of a sheet, each once; those of its columns are of one length.

    What cells with a formula hold does not count. `text` returns the text, by position.
    """

    name: str
    rows: Ints
    columns: Ints
    codes: Codes
    numbers: Array
    text: Callable[[int], str] = _no_text
    formulas: Sequence[bytes] = ()
    with_formula: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    shared: Sequence[SharedFormula] = ()
    unknown: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    arrays: Sequence[ArrayFormula] = ()

    @cached_property
    def arrays_that_fit(self) -> tuple[ArrayFormula, ...]:
        """The array formulas that do not fill more cells than can be looked at, together."""
        kept: list[ArrayFormula] = []
        left = MOST_FILLED
        for one in self.arrays:
            cells = one.size[0] * one.size[1]
            if cells <= left:
                kept.append(one)
                left -= cells
        return tuple(kept)

    def places_without_formula(self) -> tuple[Ints, Ints]:
        """Return the rows and columns of stored cells of which it is not known what they compute.

        Their formula is not there, or fills more cells than can be looked at.
        """
        is_unknown = np.zeros(len(self.rows), dtype=np.bool_)
        is_unknown[self.unknown] = True
        for one in set(self.arrays) - set(self.arrays_that_fit):
            down = (self.rows >= one.top) & (self.rows <= one.bottom)
            is_unknown |= down & (self.columns >= one.left) & (self.columns <= one.right)
        return self.rows[is_unknown], self.columns[is_unknown]


@dataclass(frozen=True)
class Contents:
    """The sheets of a workbook, and its names."""

    sheets: Sequence[SheetContents]
    meaning: Meaning = _no_names
