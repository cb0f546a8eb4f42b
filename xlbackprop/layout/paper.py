"""On what paper a sheet is printed, how large, and where its pages begin.

The smallest type on a page is of 8 points, so at three quarters of its size it still has 6. What
is larger than a page is printed on several, which begin between tensors; of a tensor that is
larger than a page, between its blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# All columns have this width, in characters of the standard font; the first one is a margin.
COLUMN_WIDTH = 6.5
MARGIN_WIDTH = 2
GAP_WIDTH = 3

SMALLEST_TYPE = 8  # points, on the screen
SMALLEST_SCALE = 75  # percent

SIDE_MARGIN, TOP_MARGIN, BOTTOM_MARGIN = 0.25, 0.5, 0.6  # inches

# In points at full size, as LibreOffice draws them; Excel's columns are narrower.
_COLUMN, _MARGIN_COLUMN, _ROW = 40.4, 15.0, 15.0
_HIGHER_TITLE = 8.0
_SAFETY = 0.995


@dataclass(frozen=True)
class Paper:
    """A sheet of paper, by its name and which way it lies; sizes in points."""

    name: str
    landscape: bool
    width: float
    height: float

    def columns(self, scale: float) -> int:
        """Return how many columns fit beside the margin."""
        room = (self.width - 144 * SIDE_MARGIN) * _SAFETY * 100 / scale
        return int((room - _MARGIN_COLUMN) / _COLUMN)

    def rows(self, scale: float) -> int:
        """Return how many rows fit, those that every page repeats included."""
        room = (self.height - 72 * (TOP_MARGIN + BOTTOM_MARGIN)) * _SAFETY * 100 / scale
        return int((room - _HIGHER_TITLE) / _ROW)

    def largest_scale(self, columns: int, rows: int, smallest: int) -> int:
        """Return the largest scale at which so many columns and rows fit, 100 at most."""
        scales = range(100, smallest, -1)
        fitting = (s for s in scales if columns <= self.columns(s) and rows <= self.rows(s))
        return next(fitting, smallest)


_SHORT, _MIDDLE, _LONG = 595.3, 841.9, 1190.6
A4 = (Paper("A4", True, _MIDDLE, _SHORT), Paper("A4", False, _SHORT, _MIDDLE))
A3 = (Paper("A3", True, _LONG, _MIDDLE), Paper("A3", False, _MIDDLE, _LONG))


@dataclass(frozen=True)
class Printed:
    """How a sheet is printed: pages begin at these rows and columns, and the first at A1."""

    paper: Paper
    scale: int  # percent
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    end: int = 0  # the row after the last one that is printed

    @property
    def pages(self) -> int:
        """How many pages it takes, where none is empty."""
        return (len(self.rows) + 1) * (len(self.columns) + 1)

    def fit(self, column: int, width: int) -> int:
        """Return the first column from `column` on where so many columns are on one page."""
        inside = (start for start in self.columns if column < start < column + width)
        return next(inside, column)


def printed(
    paper: Paper,
    head: int,
    ends: tuple[int, int],
    rows: Iterable[int],
    columns: Iterable[int],
    smallest: int = SMALLEST_SCALE,
) -> Printed:
    """Return how a sheet is printed whose pages begin there, as large as that allows.

    `head` counts the rows that every page repeats, `ends` are the row and the column after the
    last, `smallest` the least scale that is left readable.
    """
    end_row, end_column = ends
    rows, columns = tuple(rows), tuple(columns)
    highest = max(end - start for start, end in pairwise([head, *rows, end_row]))
    widest = max(end - start for start, end in pairwise([1, *columns, end_column]))
    scale = paper.largest_scale(widest, highest + head, smallest)
    return Printed(paper, scale, rows, columns, end_row)


def column_breaks(places: Sequence[tuple[int, int, int]], most: int) -> list[int]:
    """Return the columns at which a page begins, so that none has more than `most`.

    `places` are the first column of what stands side by side, from left to right, the column after
    it, and how wide the blocks in it are. Only what is wider than a page is cut, between
    blocks where these are not wider themselves.
    """
    breaks: list[int] = []
    begin = 1
    for start, end, block in places:
        if end - begin <= most:
            continue
        if start > begin:
            breaks.append(start)
            begin = start
        step = most // block * block or most
        while end - begin > most:
            begin += step
            breaks.append(begin)
    return breaks


class Frames:
    """The pages of a sheet from top to bottom, while bands of tensors are placed on them."""

    def __init__(self, first: int, rows: int) -> None:
        self._top, self._rows = first, rows
        self.breaks: list[int] = []

    def begin_band(self, row: int, height: int) -> None:
        """Begin a page where the band would not fit on what is left of this one."""
        if row > self._top and row + height > self._top + self._rows:
            self._begin(row)

    @property
    def last_page(self) -> range:
        """The rows of the last page, as many as there may be."""
        return range(self._top, self._top + self._rows)

    def fit(self, row: int, height: int) -> int:
        """Return the first row from `row` on where so many rows are on one page, if any can be."""
        before = (row - self._top) % self._rows
        return row + self._rows - before if before + height > self._rows >= height else row

    def end_band(self, end: int) -> None:
        """Begin the pages of what ends before that row."""
        while end > self._top + self._rows:
            self._begin(self._top + self._rows)

    def _begin(self, row: int) -> None:
        self.breaks.append(row)
        self._top = row
