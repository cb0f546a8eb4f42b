"""Blocks of equal size that may be one tensor's: in a row, in a grid, or on a sheet each."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Shape
from xlbackprop.find.locate.page.page import Keys, split

_MOST_BLOCKS = 160
_MOST_STEPS = 24  # from one block
_MOST_GROUPS = 2_000
_MOST_LINES = 400  # of blocks in one line
_IRREGULAR = 0.3


def groups(firsts: Keys, whole: NDArray[np.bool_], shape: Shape) -> tuple[Keys, Array]:
    """Return blocks that belong together, a row for each group, and how odd it would be.

    `firsts` are the keys of all blocks of a size, `whole` says which are not parts of a larger
    one; a group has as many as `shape` says, in its C order.
    """
    lengths = tuple(length for length in shape if length > 1)
    count = prod(lengths)
    if count == 1:
        return firsts[:, None], np.zeros(len(firsts))
    firsts, whole = firsts[:_MOST_BLOCKS], whole[:_MOST_BLOCKS]
    if len(firsts) < count:
        return np.empty((0, count), dtype=np.int64), np.empty(0)
    regular = np.concatenate(
        [_grids(keys, lengths)[:_MOST_GROUPS] for keys in (firsts[whole], firsts)]
    )
    irregular = _windows(firsts[whole], count)[:_MOST_GROUPS]
    oddities = np.repeat([0.0, _IRREGULAR], [len(regular), len(irregular)])
    return np.concatenate([regular, irregular]), oddities


def _windows(keys: Keys, count: int) -> Keys:
    """Return neighbours in reading order, by rows and by columns, whatever their distances."""
    if len(keys) < count:
        return np.empty((0, count), dtype=np.int64)
    sheets, rows, columns = split(keys)
    orders = (np.lexsort((columns, rows, sheets)), np.lexsort((rows, columns, sheets)))
    return np.concatenate(
        [np.lib.stride_tricks.sliding_window_view(keys[order], count) for order in orders]
    )


def _grids(keys: Keys, lengths: Shape) -> Keys:
    """Return the blocks at equal distances, in one direction, or in two where the shape has two."""
    known = np.unique(keys)
    *leading, inner = lengths
    starts, steps = _steps(known, inner)
    if not leading:
        near = _nearest(steps)
        return np.asarray(starts[near, None] + steps[near, None] * np.arange(inner))
    outer = prod(leading)
    other_starts, other_steps = _steps(known, outer)
    first, second = np.nonzero((starts[:, None] == other_starts) & (steps[:, None] != other_steps))
    down, across = np.indices((outer, inner)).reshape(2, -1)
    grids = (starts[first, None] + other_steps[second, None] * down + steps[first, None] * across)[
        : 20 * _MOST_GROUPS
    ]
    return np.asarray(grids[np.isin(grids, known).all(axis=1)])


def _nearest(steps: Keys) -> Keys:
    """Return which steps to keep where there are many: the shortest, in the order they have."""
    sheets, rows, columns = split(steps)
    return np.sort(np.argsort(sheets + rows + columns, kind="stable")[:_MOST_LINES])


def _steps(known: Keys, length: int) -> tuple[Keys, Keys]:
    """Return blocks and steps from them that lead to others, so many in all.

    They lead along a row or a column of the sheet, or to the same place on other sheets.
    """
    sheets, rows, columns = split(known)
    same_row, same_column, same_sheet = (a[:, None] == a for a in (rows, columns, sheets))
    later = known > known[:, None]
    beside = later & same_sheet & same_row
    below = later & same_sheet & same_column
    behind = later & same_row & same_column
    near = [one & (np.cumsum(one, axis=1) <= _MOST_STEPS) for one in (beside, below, behind)]
    first, second = np.nonzero(near[0] | near[1] | near[2])
    starts, steps = known[first], known[second] - known[first]
    lines = starts[:, None] + steps[:, None] * np.arange(2, length)
    lead = np.isin(lines, known).all(axis=1)
    return starts[lead], steps[lead]
