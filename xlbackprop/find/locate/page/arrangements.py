"""The ways in which a tensor's entries may be laid out in blocks of cells.

Some axes run down within a block, some run across, the rest number the blocks: in the natural
arrangement of filters (k, c, a, b), a runs down, b across, and k and c number the blocks. Channels
last, transposed matrices, filters stacked in one tall block, weights in one column are others. A
long last axis may be folded: it is taken for two, rows and what is in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import prod

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.find.locate.page.page import ACROSS, DOWN, Keys

_MOST = 90
_ODDEST = 5.0
# Rows into which a vector is folded, if it is longer than that.
_SHORTEST_ROW, _LONGEST_ROW = 5, 32
_FOLDED_IS_ODD = 0.5


@dataclass(frozen=True)
class Arrangement:
    """Which axes number the blocks, run down in a block, and run across, the slowest first.

    Where it is folded, the last two axes are one of the tensor's.
    """

    shape: Shape
    outer: tuple[int, ...]
    down: tuple[int, ...]
    across: tuple[int, ...]
    is_folded: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The rows and columns of a block."""
        return self._count(self.down), self._count(self.across)

    @property
    def blocks(self) -> Shape:
        """How many blocks there are along each axis that numbers them."""
        return tuple(self.shape[axis] for axis in self.outer)

    @property
    def oddity(self) -> float:
        """How far this is from the arrangement that people expect; 0 for the natural one."""
        swaps = sum(map(_inversions, (self.outer, self.down, self.across)))
        late = max((*self.down, -1)) > max((*self.across, -1)) and bool(self.across)
        inside = min((*self.down, *self.across), default=9)
        leading = sum(axis > inside for axis in self.outer)
        rank = len(self.outer) + len(self.down) + len(self.across)
        usual = abs(len(self.outer) - max(0, rank - 2))
        return swaps + 1.5 * late + 1.2 * leading + 0.4 * usual + _FOLDED_IS_ODD * self.is_folded

    @property
    def tensor_shape(self) -> Shape:
        """The shape of the tensor."""
        return (*self.shape[:-2], prod(self.shape[-2:])) if self.is_folded else self.shape

    def spread(self, blocks: Keys) -> Keys:
        """Return the key of each entry, in the tensor's shape, from those of the blocks' first."""
        rows, columns = np.indices(self.size)
        keys = blocks.reshape(-1, 1, 1) + rows * DOWN + columns * ACROSS
        return self._in_shape(keys)

    def spread_all(self, blocks: Keys) -> Keys:
        """Return the same for many groups of blocks at once, one in each row."""
        numbers, within = self.block_numbers().ravel(), self.within().ravel()
        return (blocks[:, numbers] + within).reshape(len(blocks), *self.tensor_shape)

    @property
    def entries(self) -> int:
        """The number of entries."""
        return prod(self.shape)

    def within(self) -> Keys:
        """Return what is added to its block's key for each entry."""
        return self.spread(np.zeros(prod(self.blocks), dtype=np.int64))

    def block_numbers(self) -> Keys:
        """Return the number of the block in which each entry is."""
        numbers = np.arange(prod(self.blocks)).reshape(-1, 1, 1)
        return self._in_shape(np.broadcast_to(numbers, (len(numbers), *self.size)))

    def _in_shape(self, blocks: Keys) -> Keys:
        axes = (*self.outer, *self.down, *self.across)
        moved = blocks.reshape([self.shape[axis] for axis in axes])
        return np.ascontiguousarray(moved.transpose(np.argsort(axes)) if axes else moved).reshape(
            self.tensor_shape
        )

    def _count(self, axes: tuple[int, ...]) -> int:
        return prod(self.shape[axis] for axis in axes)


def disjoint(keys: Keys) -> bool:
    """Return whether no cell stands for two entries."""
    return len(np.unique(keys)) == keys.size


@lru_cache(maxsize=512)
def arrangements(shape: Shape) -> tuple[Arrangement, ...]:
    """Return the arrangements of a tensor of that shape, the likeliest first."""
    single = tuple(axis for axis, length in enumerate(shape) if length == 1)
    found = {}
    for outer, down, across in _divided(tuple(a for a, length in enumerate(shape) if length > 1)):
        one = Arrangement(shape, (*single, *outer), down, across)
        oddity = Arrangement(shape, outer, down, across).oddity
        if oddity <= _ODDEST:
            found[one] = oddity
    found |= {one: one.oddity for one in _folded(shape)}
    return tuple(sorted(found, key=lambda one: found[one])[:_MOST])


def _folded(shape: Shape) -> Iterator[Arrangement]:
    """Yield the arrangements in which a long last axis stands in rows of equal length."""
    *leading, last = shape or (0,)
    for row in range(_SHORTEST_ROW, min(_LONGEST_ROW, last // 2) + 1):
        if last > _LONGEST_ROW and last % row == 0:
            down, across = len(leading), len(leading) + 1
            outer = tuple(range(down))
            parts = (*leading, last // row, row)
            yield Arrangement(parts, outer, (down,), (across,), is_folded=True)


def _divided(axes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    orders = permutations(axes) if len(axes) < 5 else iter([axes])
    for order in orders:
        for first in range(len(order) + 1):
            for second in range(first, len(order) + 1):
                yield order[:first], order[first:second], order[second:]


def _inversions(axes: tuple[int, ...]) -> int:
    return sum(a > b for number, a in enumerate(axes) for b in axes[number + 1 :])
