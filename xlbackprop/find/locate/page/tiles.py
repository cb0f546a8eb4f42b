"""The rectangles of numbers on a page: what a tensor's blocks may be.

A rectangle is a set of neighbouring runs of equal extent, taken row by row and column by column,
so that a row of indices along an edge, or a smaller block next to a larger one, falls away in one
of the two. What may be more than a block (indices or a bias along its edge) is offered with its
edges cut off as well, and so is each range that a formula refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count, product

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.find.locate.page.page import ACROSS, DOWN, NEXT_SHEET, Keys, Page, split

MOST_TILES = 4_000
_MOST_PARTS = 64
_SMALL_PAGE = 64  # of so many cells each may be a number by itself


@dataclass(frozen=True, order=True)
class Tile:
    """A rectangle of cells, by the key of its first one."""

    key: int
    height: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        """The rows and columns."""
        return self.height, self.width

    def keys(self) -> Keys:
        """Return the keys of the cells, in an array of the tile's size."""
        return np.asarray(self.key + _offsets(self.height, self.width))

    def cut(self, top: int, left: int, bottom: int, right: int) -> Tile | None:
        """Return the tile without some of its outer rows and columns, or None if nothing stays."""
        height, width = self.height - top - bottom, self.width - left - right
        if height < 1 or width < 1:
            return None
        return Tile(self.key + top * DOWN + left * ACROSS, height, width)


@lru_cache(maxsize=256)
def _offsets(height: int, width: int) -> Keys:
    offsets = np.arange(height)[:, None] * DOWN + np.arange(width) * ACROSS
    offsets.setflags(write=False)
    return offsets


class Tiles:
    """The rectangles of a page by their size.

    `ranges` are rectangles that formulas refer to. Whole rectangles come first, then the parts.
    """

    def __init__(self, page: Page, ranges: Iterable[Tile]) -> None:
        known = np.isfinite(page.numbers)
        masks = (known & ~page.has_formula, known & page.has_formula, known)
        whole = dict.fromkeys(
            tile for mask in masks for tile in _rectangles(page.keys[mask]) if mask.any()
        )
        whole |= dict.fromkeys(_labelled_lines(page))
        self.whole = tuple(whole)[:MOST_TILES]
        self._ranges = tuple(ranges)
        self._page = page

    @cached_property
    def _by_size(self) -> dict[tuple[int, int], dict[Tile, None]]:
        found: dict[tuple[int, int], dict[Tile, None]] = {}
        trimmed = (part for tile in self.whole for part in _without_edges(tile))
        for tile in (*self.whole, *self._ranges, *trimmed):
            found.setdefault(tile.size, {})[tile] = None
        return found

    def of_size(self, height: int, width: int) -> list[Tile]:
        """Return the rectangles of a size, with those that larger ones have as a part."""
        found = dict(self._by_size.get((height, width), {}))
        if height * width > 1:
            for tile in self.whole:
                if height <= tile.height and width <= tile.width and tile.size != (height, width):
                    found.update(dict.fromkeys(self._parts(tile, height, width)))
        else:
            found.update(dict.fromkeys(self._single_cells))
        return list(found)[:MOST_TILES]

    def is_whole(self, tile: Tile) -> bool:
        """Return whether a tile is a rectangle by itself, not a part of another."""
        return tile in self._set

    def is_typed(self, tile: Tile) -> bool:
        """Return whether neither the first nor the last cell has a formula."""
        last = tile.key + (tile.height - 1) * DOWN + (tile.width - 1) * ACROSS
        return tile.key not in self._page.formulas and last not in self._page.formulas

    @cached_property
    def _set(self) -> frozenset[Tile]:
        return frozenset(self.whole)

    @cached_property
    def _single_cells(self) -> list[Tile]:
        """The single cells with a text to their left or above them; of a small page, all."""
        if len(self._page.keys) <= _SMALL_PAGE:
            return [Tile(key, 1, 1) for key in self._page.keys.tolist()]
        labels = np.array(sorted(self._page.texts), dtype=np.int64)
        beside = np.isin(self._page.keys - ACROSS, labels) | np.isin(self._page.keys - DOWN, labels)
        return [Tile(key, 1, 1) for key in self._page.keys[beside].tolist()]

    def _parts(self, tile: Tile, height: int, width: int) -> Iterator[Tile]:
        """Yield the parts of a tile of that size: all, or those in steps of their own size."""
        down, across = tile.height - height + 1, tile.width - width + 1
        steps = (1, 1) if down * across <= _MOST_PARTS else (height, width)
        places = product(range(0, down, steps[0]), range(0, across, steps[1]))
        for _, (row, column) in zip(range(_MOST_PARTS), places, strict=False):
            yield Tile(tile.key + row * DOWN + column * ACROSS, height, width)


def _labelled_lines(page: Page) -> Iterator[Tile]:
    """Yield the numbers in a row after a label, and in a column below one."""
    filled = frozenset(page.keys.tolist())
    for label in page.texts:
        for step in (ACROSS, DOWN):
            length = next(n for n in count() if label + (n + 1) * step not in filled)
            if length > 1:
                size = (1, length) if step == ACROSS else (length, 1)
                yield Tile(label + step, *size)


def _without_edges(tile: Tile) -> Iterator[Tile]:
    for edges in product((0, 1), repeat=4):
        part = tile.cut(*edges) if any(edges) else None
        if part is not None:
            yield part


def _rectangles(keys: Keys) -> Iterator[Tile]:
    """Yield the rectangles that a set of cells is made of, by its rows and by its columns."""
    sheets, rows, columns = split(keys)
    for across, down, upright in ((columns, rows, False), (rows, columns, True)):
        for sheet, top, left, height, width in _stacked_runs(sheets, down, across):
            place = (left, top) if upright else (top, left)
            size = (width, height) if upright else (height, width)
            yield Tile(sheet * NEXT_SHEET + place[0] * DOWN + place[1], *size)


def _stacked_runs(
    sheets: Keys, down: Keys, across: Keys
) -> Iterator[tuple[int, int, int, int, int]]:
    order = np.lexsort((across, down, sheets))
    sheets, down, across = sheets[order], down[order], across[order]
    first = _breaks((sheets, 0), (down, 0), (across, 1))
    starts = np.flatnonzero(first)
    lengths = np.diff(np.append(starts, len(across)))
    sheets, down, across = sheets[starts], down[starts], across[starts]
    order = np.lexsort((down, lengths, across, sheets))
    sheets, down, across, lengths = (a[order] for a in (sheets, down, across, lengths))
    first = _breaks((sheets, 0), (lengths, 0), (across, 0), (down, 1))
    starts = np.flatnonzero(first)
    heights = np.diff(np.append(starts, len(down)))
    columns = (sheets[starts], down[starts], across[starts], heights, lengths[starts])
    yield from zip(*(column.tolist() for column in columns), strict=True)


def _breaks(*columns: tuple[NDArray[np.int64], int]) -> Mask:
    """Return where a row does not follow from the one before: each column rises by its step."""
    first = np.ones(len(columns[0][0]), dtype=np.bool_)
    if len(first) > 1:
        first[1:] = np.any([np.diff(column) != step for column, step in columns], axis=0)
    return first
