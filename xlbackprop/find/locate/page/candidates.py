"""The cells that a tensor's entries may be in, told by the shapes of the blocks alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.equation import Array, Shape
from xlbackprop.find.locate.page.arrangements import Arrangement, arrangements
from xlbackprop.find.locate.page.groups import groups
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.tiles import Tiles

MOST = 600
_MOST_COMPARED = 6_000
_TURNED_IS_ODD = 2.5
_PART_IS_ODD = 2.0


@dataclass(frozen=True)
class Candidates:
    """Readings of the page as a tensor of one shape; the first axis numbers them."""

    keys: Keys  # (readings, *shape)
    numbers: Array  # (readings, entries)
    tolerances: Array
    oddities: Array  # how unusual the arrangement is, 0 for the natural one

    def __len__(self) -> int:
        return len(self.keys)


class Readings:
    """Finds the candidates for each shape, each shape once."""

    def __init__(self, page: Page, tiles: Tiles) -> None:
        self._page, self._tiles = page, tiles
        self._known: dict[tuple[Shape, bool, bool], Candidates] = {}
        self._known_groups: dict[tuple[Shape, Shape, bool], tuple[Keys, Array]] = {}

    def of(self, shape: Shape, *, typed: bool = False, turned: bool = False) -> Candidates:
        """Return the candidates for a shape.

        `typed` leaves out those with formulas, `turned` adds those rotated by 180 degrees.
        """
        if (shape, typed, turned) not in self._known:
            keys, oddities = self._find(shape, typed)
            if turned:
                keys = np.concatenate([keys, keys[..., ::-1, ::-1]])
                oddities = np.concatenate([oddities, oddities + _TURNED_IS_ODD])
            self._known[shape, typed, turned] = self._best(keys, oddities)
        return self._known[shape, typed, turned]

    def read(self, keys: Keys, oddities: Array) -> Candidates:
        """Return given readings, with the numbers that stand there."""
        flat = keys.reshape(len(keys), prod(keys.shape[1:]))
        return Candidates(
            keys, self._page.numbers_at(flat), self._page.tolerances_at(flat), oddities
        )

    def _best(self, keys: Keys, oddities: Array) -> Candidates:
        """Return the least odd readings, each once."""
        order = np.argsort(oddities, kind="stable")[:_MOST_COMPARED]
        flat = np.ascontiguousarray(keys[order].reshape(len(order), prod(keys.shape[1:])))
        rows = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
        _, first = np.unique(rows, return_index=True)
        best = order[np.sort(first)][:MOST]
        return self.read(keys[best], oddities[best])

    def _find(self, shape: Shape, typed: bool) -> tuple[Keys, Array]:
        found = [np.empty((0, *shape), dtype=np.int64)]
        oddities = [np.empty(0)]
        for one in arrangements(shape):
            blocks, odd = self._groups(one, typed)
            keys = one.spread_all(blocks)
            apart = (np.diff(np.sort(keys.reshape(len(keys), one.entries))) > 0).all(axis=1)
            found.append(keys[apart])
            oddities.append(odd[apart] + one.oddity)
        return np.concatenate(found), np.concatenate(oddities)

    def _groups(self, one: Arrangement, typed: bool) -> tuple[Keys, Array]:
        """Return the groups of blocks that an arrangement may have, and how odd each is."""
        lengths = tuple(length for length in one.blocks if length > 1)
        if (one.size, lengths, typed) not in self._known_groups:
            tiles = self._tiles.of_size(*one.size)
            if typed:
                tiles = [tile for tile in tiles if self._tiles.is_typed(tile)]
            firsts = np.array([tile.key for tile in tiles], dtype=np.int64)
            whole = np.array([self._tiles.is_whole(tile) for tile in tiles], dtype=np.bool_)
            blocks, oddities = groups(firsts, whole, lengths)
            parts = ~np.isin(blocks, firsts[whole]).all(axis=1)
            self._known_groups[one.size, lengths, typed] = blocks, oddities + _PART_IS_ODD * parts
        return self._known_groups[one.size, lengths, typed]
