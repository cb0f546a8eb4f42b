"""The cells that a tensor's entries may be in, told by the shapes of the blocks alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Shape
from xlbackprop.locate.arrangements import arrangements
from xlbackprop.locate.groups import disjoint, groups
from xlbackprop.locate.page import Keys, Page
from xlbackprop.locate.tiles import Tiles

MOST = 600
_MOST_TRIED = 6_000
_PART_IS_ODD = 0.3


@dataclass(frozen=True)
class Candidates:
    """Readings of the page as a tensor of one shape; the first axis numbers them."""

    keys: Keys  # (readings, *shape)
    numbers: Array  # (readings, entries)
    tolerances: Array
    oddities: NDArray[np.float64]  # how unusual the arrangement is, 0 for the natural one

    def __len__(self) -> int:
        return len(self.keys)


class Readings:
    """Finds the candidates for each shape, each shape once."""

    def __init__(self, page: Page, tiles: Tiles) -> None:
        self._page, self._tiles = page, tiles
        self._known: dict[tuple[Shape, bool], Candidates] = {}

    def of(self, shape: Shape, *, turned: bool = False) -> Candidates:
        """Return the candidates for a shape; `turned` adds those rotated by 180 degrees."""
        if (shape, turned) not in self._known:
            found = list(islice(self._find(shape), _MOST_TRIED))
            if turned:
                found += [(np.ascontiguousarray(k[..., ::-1, ::-1]), odd + 2.5) for k, odd in found]
            self._known[shape, turned] = self._as_arrays(shape, found)
        return self._known[shape, turned]

    def read(self, keys: Keys, oddities: NDArray[np.float64]) -> Candidates:
        """Return given readings, with the numbers that stand there."""
        flat = keys.reshape(len(keys), -1)
        return Candidates(
            keys, self._page.numbers_at(flat), self._page.tolerances_at(flat), oddities
        )

    def _as_arrays(self, shape: Shape, found: list[tuple[Keys, float]]) -> Candidates:
        found.sort(key=lambda one: one[1])
        unique: dict[bytes, tuple[Keys, float]] = {}
        for keys, oddity in found:
            unique.setdefault(keys.tobytes(), (keys, oddity))
        best = list(unique.values())[:MOST]
        keys = np.array([one for one, _ in best], dtype=np.int64).reshape(len(best), *shape)
        return self.read(keys, np.array([oddity for _, oddity in best], dtype=np.float64))

    def _find(self, shape: Shape) -> Iterator[tuple[Keys, float]]:
        for one in arrangements(shape):
            tiles = self._tiles.of_size(*one.size)
            whole = {tile.key for tile in tiles if self._tiles.is_whole(tile)}
            firsts = [tile.key for tile in tiles]
            for chosen in ([key for key in firsts if key in whole], firsts):
                for blocks, oddity in groups(chosen, one.blocks):
                    keys = one.spread(blocks)
                    if disjoint(keys):
                        part = 0.0 if whole.issuperset(blocks.tolist()) else _PART_IS_ODD
                        yield keys, one.oddity + oddity + part
