"""In which order a tensor's entries stand: whether one would read them so, and which axes changed.

Numbers fit somewhere in some order even where a slip has changed it: planes transposed, filters
exchanged. So an order is only believed where the page's other tensors have it as well.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.find.locate.page.page import Keys, split

Exchanged = frozenset[tuple[int, int]]

_SHEET, _DOWN, _ACROSS = range(3)


def is_in_order(keys: Keys) -> bool:
    """Return whether entries follow each other along each axis, by rows or by columns."""
    sheets, rows, columns = split(keys)
    span = 1 + max(int(rows.max(initial=0)), int(columns.max(initial=0)))
    by_rows = (sheets * span + rows) * span + columns
    by_columns = (sheets * span + columns) * span + rows
    return any(
        all((np.diff(one, axis=axis) > 0).all() for axis in range(keys.ndim))
        for one in (by_rows, by_columns)
    )


def exchanged_axes(keys: Keys) -> Exchanged:
    """Return the pairs of axes whose natural order is changed where the shape does not show it.

    Natural is that the last axis runs across, the one before it down, and that earlier axes run
    more slowly. A matrix of other than equal sides shows by its shape that it is transposed.
    """
    axes = [axis for axis, length in enumerate(keys.shape) if length > 1]
    steps = {axis: _step(keys, axis) for axis in axes}
    return frozenset(
        (first, second)
        for first in axes
        for second in axes
        if first < second and _is_exchanged(keys, first, second, steps)
    )


def _step(keys: Keys, axis: int) -> tuple[int | None, int]:
    """Return the direction in which an axis runs, None where it has none, and how far."""
    zeros = [0] * keys.ndim
    one = zeros.copy()
    one[axis] = 1
    parts = split(np.array([keys[tuple(zeros)], keys[tuple(one)]]))
    moves = [int(part[1] - part[0]) for part in parts]
    if moves[_SHEET]:
        return _SHEET, abs(moves[_SHEET])
    directions = [n for n in (_DOWN, _ACROSS) if moves[n]]
    return (directions[0], abs(moves[directions[0]])) if len(directions) == 1 else (None, 0)


def _is_exchanged(
    keys: Keys, first: int, second: int, steps: dict[int, tuple[int | None, int]]
) -> bool:
    (way, step), (other_way, other_step) = steps[first], steps[second]
    if way is None or other_way is None:
        return False
    if way == other_way:
        return other_step > step
    if (way, other_way) != (_ACROSS, _DOWN):
        return other_way == _SHEET
    numbers_blocks = any(
        axis > first and steps[axis][0] == _ACROSS and steps[axis][1] < step for axis in steps
    )
    return not numbers_blocks and keys.shape[first] == keys.shape[second]
