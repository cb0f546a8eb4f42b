"""Blocks of equal size that may be one tensor's: in a row, in a grid, or on a sheet each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.locate.page import Keys, split

_MOST_TILES = 160
_MOST_STEPS = 24


def groups(firsts: Sequence[int], shape: Shape) -> Iterator[tuple[Keys, float]]:
    """Yield the keys of blocks that belong together, and how odd it would be if they did.

    `firsts` are the keys of all blocks of a size; a group has as many as `shape` says, in its C
    order.
    """
    lengths = tuple(length for length in shape if length > 1)
    count = prod(lengths)
    keys = np.array(list(dict.fromkeys(firsts[:_MOST_TILES])), dtype=np.int64)
    if count == 1:
        yield from ((np.array([key]), 0.0) for key in keys.tolist())
        return
    if len(keys) < count:
        return
    yield from _windows(keys, count)
    yield from _grids(keys, lengths)


def _windows(keys: Keys, count: int) -> Iterator[tuple[Keys, float]]:
    """Yield neighbours in reading order, by rows and by columns, whatever their distances."""
    sheets, rows, columns = split(keys)
    for order in (np.lexsort((columns, rows, sheets)), np.lexsort((rows, columns, sheets))):
        ordered = keys[order]
        for start in range(len(keys) - count + 1):
            yield ordered[start : start + count], 0.3


def _grids(keys: Keys, lengths: Shape) -> Iterator[tuple[Keys, float]]:
    """Yield the blocks at equal distances, in as many directions as there are axes."""
    known = set(keys.tolist())
    inner = lengths[-1]
    for first in sorted(known):
        steps = list(_steps(first, known, inner))
        if len(lengths) == 1:
            for step in steps:
                yield first + step * np.arange(inner), 0.0
            continue
        for outer_length in {prod(lengths[:-1])}:
            for step, outer in product(steps, _steps(first, known, outer_length)):
                grid = first + outer * np.arange(outer_length)[:, None] + step * np.arange(inner)
                if step != outer and known.issuperset(grid.ravel().tolist()):
                    yield grid.ravel(), 0.0


def _steps(first: int, known: set[int], length: int) -> Iterator[int]:
    """Yield the steps from a block, along its row or column or to other sheets, of a length."""
    sheet, row, column = (int(part) for part in split(np.int64(first)))
    found = 0
    for other in sorted(known):
        on, down, across = (int(part) for part in split(np.int64(other)))
        aligned = (on == sheet and (down == row) != (across == column)) or (
            on != sheet and (down, across) == (row, column)
        )
        step = other - first
        if step > 0 and aligned and all(first + step * n in known for n in range(1, length)):
            yield step
            found += 1
            if found == _MOST_STEPS:
                return


def disjoint(keys: Keys) -> bool:
    """Return whether no cell stands for two entries."""
    return len(np.unique(keys)) == keys.size
