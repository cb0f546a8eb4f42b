"""The ways in which people write one tensor on a sheet, and how a map says so.

Each way gives the cell of every entry from sums of strides, and the map's entry from ranges: the
two share nothing but the size of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from openpyxl.utils import get_column_letter


@dataclass(frozen=True)
class Written:
    """Rows and columns (from 0, at the tensor's own corner) of all entries, and the map's entry."""

    rows: np.ndarray
    columns: np.ndarray
    entry: Callable[[int, int, str], str]  # the corner's row and column, a sheet's prefix

    @property
    def size(self):
        return int(self.rows.max()) + 1, int(self.columns.max()) + 1


def _axis_offsets(sizes, gap):
    """Return the stride of each nested axis: the last is dense, blocks of it have gaps."""
    strides, stride = [], 1
    for position, size in enumerate(reversed(sizes)):
        strides.append(stride)
        stride = stride * size + (gap if position == 0 else 0)
    return strides[::-1]


def _cells(shape, down, across, gap=0):
    index = np.indices(shape) if shape else np.zeros((0,))

    def offsets(axes):
        strides = _axis_offsets([shape[axis] for axis in axes], gap)
        steps = (index[axis] * stride for axis, stride in zip(axes, strides, strict=True))
        return sum(steps, np.zeros(shape, int))

    return offsets(down), offsets(across)


def address(row, column, height=1, width=1):
    first = f"{get_column_letter(column + 1)}{row + 1}"
    last = f"{get_column_letter(column + width)}{row + height}"
    return first if first == last else f"{first}:{last}"


def _one_range(rows, columns, option=""):
    size = int(rows.max()) + 1, int(columns.max()) + 1

    def entry(row, column, sheet):
        text = f'"{sheet}{address(row, column, *size)}"'
        return f"{{ range = {text}, {option} }}" if option else text

    return Written(rows, columns, entry)


def _vector(shape, *, upright=False):
    axes = tuple(range(len(shape)))
    down, across = (axes, ()) if upright else ((), axes)
    return _one_range(*_cells(shape, down, across))


def blocks(shape, _axes, *, transposed=False, gap=2):
    """One block below the other, each named in a list."""
    if len(shape) < 2:
        return _vector(shape, upright=transposed)
    n = len(shape)
    row, column = (n - 1, n - 2) if transposed else (n - 2, n - 1)
    rows, columns = _cells(shape, (*range(n - 2), row), (column,), gap)
    height, width = shape[row], shape[column]

    def entry(top, left, sheet):
        count = prod(shape[:-2])
        ranges = [
            f'"{sheet}{address(top + at * (height + gap), left, height, width)}"'
            for at in range(count)
        ]
        where = ranges[0] if count == 1 else f"[{', '.join(ranges)}]"
        return f"{{ range = {where}, transpose = true }}" if transposed else where

    return Written(rows, columns, entry)


def transposed(shape, axes):
    return blocks(shape, axes, transposed=True)


def stacked(shape, axes, *, gap=2):
    """One block below the other, in one range."""
    if len(shape) < 3:
        return blocks(shape, axes)
    n = len(shape)
    cells = _cells(shape, (*range(n - 1),), (n - 1,), gap)
    return _one_range(*cells, f'stacked = "rows", step = {shape[-2] + gap}')


def beside(shape, axes, *, gap=1):
    """One block beside the other, in one range."""
    if len(shape) < 3:
        return blocks(shape, axes)
    n = len(shape)
    cells = _cells(shape, (n - 2,), (*range(n - 2), n - 1), gap)
    return _one_range(*cells, f'stacked = "columns", step = {shape[-1] + gap}')


def column(shape, _axes):
    """All entries in one column."""
    return _vector(shape, upright=True)


def flat_rows(shape, _axes):
    """A row for each filter or unit, all its weights in it; a vector stands upright."""
    return _one_range(*_cells(shape, tuple(range(len(shape)))[:1], tuple(range(len(shape)))[1:]))


def channels_last(shape, axes):
    """A row for each pixel, a column for each channel; a matrix has a column for each unit."""
    if len(shape) < 3:
        return transposed(shape, axes)
    n = len(shape)
    channel = n - 3
    down = (*range(n - 3), n - 2, n - 1)
    order = "".join(axes[axis] for axis in (*down, channel))
    return _one_range(*_cells(shape, down, (channel,)), f'order = "{order}"')


def single_cells(shape, _axes):
    """Every entry in a place of its own, two rows and a column apart, each named."""
    count = prod(shape)
    numbers = np.arange(count).reshape(shape)
    rows, columns = 2 * (numbers % 5), 2 * (numbers // 5)

    def entry(top, left, sheet):
        places = zip(rows.ravel().tolist(), columns.ravel().tolist(), strict=True)
        return "[" + ", ".join(f'"{sheet}{address(top + r, left + c)}"' for r, c in places) + "]"

    return Written(rows, columns, entry)
