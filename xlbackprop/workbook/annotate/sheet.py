"""Where a sheet's rows and cells are in the bytes of its part, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.workbook.annotate.edits import Edits

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ColumnRun:
    """Columns from `first` to `last` (counted from 0) of one width (characters) and format."""

    first: int
    last: int
    width: float
    style: int


@dataclass
class Sheet:
    """A sheet's part. Rows and columns count from 0, starts and ends are positions in bytes."""

    edits: Edits
    prefix: str
    keys: Ints  # of each stored cell: row * MAX_COLUMNS + column
    styles: Ints
    starts: Ints
    row_numbers: Ints
    row_starts: Ints
    row_ends: Ints  # where the end tag begins
    row_styles: Ints  # -1 where the row has no format of its own
    heights: dict[int, float]  # in points, where a row has its own
    column_runs: list[ColumnRun]
    default_width: float
    default_height: float
    data_start: int
    data_end: int  # where the end tag begins
    children: list[tuple[str, int]]  # the root's, by name: where each starts
    end: int  # where the root's end tag begins
    drawing: str  # the relationship of the drawing that comments are in, or ""

    @property
    def content(self) -> bytes:
        """The part's bytes before any edit."""
        return self.edits.content

    @cached_property
    def column_styles(self) -> Ints:
        """The format of each column's cells that are not stored."""
        styles = np.zeros(MAX_COLUMNS, dtype=np.int64)
        for run in self.column_runs:
            styles[run.first : run.last + 1] = run.style
        return styles

    @property
    def column_widths(self) -> Ints:
        """The width of each column in pixels."""
        widths = np.full(MAX_COLUMNS, _pixels(self.default_width))
        for run in self.column_runs:
            widths[run.first : run.last + 1] = _pixels(run.width)
        return widths

    @property
    def row_heights(self) -> Ints:
        """The height of each row in pixels."""
        heights = np.full(MAX_ROWS, self.default_height)
        heights[list(self.heights)] = list(self.heights.values())
        return np.rint(heights * 4 / 3).astype(np.int64)


def _pixels(characters: float) -> int:
    """Return the pixels of a column so many characters wide, in the usual font."""
    return round(characters * 7 + 5) if characters else 0
