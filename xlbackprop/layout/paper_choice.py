"""On which paper a layer's page is printed: the one on which it takes the fewest pages."""

from __future__ import annotations

from collections.abc import Sequence

from xlbackprop.layout.paper import (
    A3,
    A4,
    SMALLEST_SCALE,
    Frames,
    Paper,
    Printed,
    column_breaks,
    printed,
)
from xlbackprop.layout.sheet import FIRST_COLUMN, FIRST_ROW
from xlbackprop.layout.shelves import Columns


def best_paper(
    columns: Columns, tiles: Sequence[tuple[int, int]], heights: Sequence[int], reasons: int
) -> Paper:
    """Return the paper on which a sheet takes the fewest pages: A4 where its blocks fit on it.

    `tiles` are the rows and columns that the blocks take, `heights` how many rows the bands do,
    and `reasons` the lines below them.
    """
    highest = max((height for height, _ in tiles), default=1) + 2  # with the title above
    widest = max((width for _, width in tiles), default=1)
    if columns.are_folded:  # no column of the sheet is between the tensors of all shelves
        widest = columns.end - FIRST_COLUMN

    def fits(paper: Paper) -> bool:
        return highest <= rows_on(paper) and widest <= paper.columns(SMALLEST_SCALE)

    def order(paper: Paper) -> tuple[int, int]:
        whole = _printed_roughly(paper, columns.across, heights)
        return whole.pages, -whole.scale

    choice = [one for one in A4 if fits(one)] or [one for one in A3 if fits(one)] or A4[:1]
    # Where all is on one page, the reasons should be so, too.
    whole = [
        one for one in choice if order(one)[0] == 1 and sum(heights) + reasons + 3 <= rows_on(one)
    ]
    return min(whole or choice, key=order)


def rows_on(paper: Paper) -> int:
    """Return how many rows fit on a page below those that each repeats."""
    return paper.rows(SMALLEST_SCALE) - FIRST_ROW


def _printed_roughly(
    paper: Paper, across: Sequence[tuple[int, int, int]], heights: Sequence[int]
) -> Printed:
    """Return how bands of those heights would be printed, before anything is placed."""
    frames, row = Frames(FIRST_ROW, rows_on(paper)), FIRST_ROW
    for height in heights:
        frames.begin_band(row, height)
        row += height + 1
        frames.end_band(row - 1)
    ends = (row - 1, max(end for _, end, _ in across))
    cuts = column_breaks(across, paper.columns(SMALLEST_SCALE))
    return printed(paper, FIRST_ROW, ends, frames.breaks, cuts)
