"""Which of a sheet's cells and array formulas stand in some rectangles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.workbook.read.arrays import Ints, ranges
from xlbackprop.workbook.read.cells import Cells

Corners = tuple[int, int, int, int]  # first row and column, and the last ones

# Of rows in rectangles, each counted as often as it is referred to; beyond that, all is covered.
_MOST_ROWS = 20_000_000
_TOGETHER = 1_000_000
_MOST_PAIRS = 20_000_000


def covered(cells: Cells, corners: Sequence[Corners]) -> Mask:
    """Return which stored cells stand in a rectangle; all where that would take long to say."""
    keys, order = cells.in_order
    stored = np.unique(cells.rows)
    top, left, bottom, right = np.array(corners, dtype=np.int64).T
    first, last = np.searchsorted(stored, top), np.searchsorted(stored, bottom, side="right")
    if (last - first).sum() > _MOST_ROWS:
        return np.ones(keys.shape, dtype=np.bool_)
    change = np.zeros(keys.size + 1, dtype=np.int64)
    for part in _portions(last - first):
        pair, at = ranges(first[part], last[part])
        row = stored[at] * MAX_COLUMNS
        start = np.searchsorted(keys, row + left[part][pair])
        end = np.searchsorted(keys, row + right[part][pair], side="right")
        change += np.bincount(start, minlength=change.size)
        change -= np.bincount(end, minlength=change.size)
    mask = np.zeros(keys.shape, dtype=np.bool_)
    mask[order] = np.cumsum(change)[:-1] > 0
    return mask


def overlapping(cells: Cells, corners: Sequence[Corners]) -> set[int]:
    """Return which array formulas have cells in common with a rectangle, stored or not."""
    formulas = cells.arrays.formulas
    if len(formulas) * len(corners) > _MOST_PAIRS:
        return set(range(len(formulas)))
    rectangles = np.array(corners, dtype=np.int64).T
    return {
        number
        for number, one in enumerate(formulas)
        if _meet(np.array(one[:4], dtype=np.int64), rectangles).any()
    }


def _meet(one: Ints, others: NDArray[np.int64]) -> Mask:
    top, left, bottom, right = others
    rows = (one[0] <= bottom) & (top <= one[2])
    return np.asarray(rows & (one[1] <= right) & (left <= one[3]))


def _portions(lengths: Ints) -> Iterator[slice]:
    """Yield slices of so many ranges as are dealt with together."""
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + _TOGETHER, side="right")))
        yield slice(start, end)
        start = end
