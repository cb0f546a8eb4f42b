"""Array formulas of a sheet: one formula for a rectangle of cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import MAX_COLUMNS

# Of rows and of cells that array formulas cover, each counted as often as it is covered.
MAX_COVERED = 5_000_000
MAX_FORMULAS = 200_000

Ints = NDArray[np.int64]


class ArrayFormula(NamedTuple):
    """An array formula, without its equals sign, and its rectangle, the last cell included."""

    top: int
    left: int
    bottom: int
    right: int
    text: str

    @property
    def is_cell(self) -> bool:
        """Whether it has a single cell."""
        return self.top == self.bottom and self.left == self.right


class ArrayFormulas:
    """The array formulas of a sheet."""

    def __init__(self) -> None:
        self.formulas: list[ArrayFormula] = []  # those of more than one cell, in order
        self.places: set[int] = set()  # where each begins: row * MAX_COLUMNS + column

    def add(self, formula: ArrayFormula) -> None:
        """Add the next one. Raises WorkbookError where they are too many."""
        self.places.add(formula.top * MAX_COLUMNS + formula.left)
        if len(self.places) > MAX_FORMULAS:
            raise WorkbookError(f"a sheet holds more than {MAX_FORMULAS:,} array formulas")
        if not formula.is_cell:
            self.formulas.append(formula)

    def of(self, rows: NDArray[Any], columns: NDArray[Any]) -> Ints:
        """Return which array formula each of some cells belongs to, -1 for none.

        Where rectangles overlap, it is the first one. Raises WorkbookError where they cover more
        than any sheet would have.
        """
        owner = np.full(rows.size, -1, dtype=np.int64)
        if not self.formulas or not rows.size:
            return owner
        keys = rows.astype(np.int64).ravel() * MAX_COLUMNS + columns.ravel()
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        stored = np.unique(keys // MAX_COLUMNS)
        top, left, bottom, right = np.array([one[:4] for one in self.formulas], np.int64).T
        first, last = np.searchsorted(stored, [top, bottom + 1])
        number, at = ranges(first, last)
        row = stored[at] * MAX_COLUMNS
        start, end = np.searchsorted(keys, [row + left[number], row + right[number] + 1])
        which, cell = ranges(start, end)
        # Backwards, so that of several the first one is what stays.
        owner[order[cell[::-1]]] = number[which[::-1]]
        return owner


def ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return the numbers from each first one up to the last, and to which pair each belongs.

    Raises WorkbookError for more than MAX_COVERED.
    """
    lengths = np.maximum(last - first, 0).astype(np.intp)  # which repeat takes on any machine
    if lengths.sum() > MAX_COVERED:
        raise WorkbookError(
            f"the array formulas of a sheet cover more than {MAX_COVERED:,} rows or cells"
        )
    pair = np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return pair, first[pair] + within
