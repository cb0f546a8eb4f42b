"""Which cells of a tensor are drawn, and in which small tables.

A tensor is a row of blocks, each of which becomes a table. Where a page would hold too many
cells, large tensors are cut down to the same size: what is not right comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask, Tensor

Entries = NDArray[np.int64]

# A wider table fits no sheet of paper: it is continued in another one. A vector's lines, which
# nobody reads downwards, are kept short enough for a screen.
MOST_COLUMNS = 32
_COLUMNS_OF_A_LINE = 16
# Of a block that is cut down, columns get this many and rows what remains.
_COLUMNS_OF_A_CUT_BLOCK = 64


@dataclass(frozen=True)
class Piece:
    """Entries of a tensor that stand together as one table.

    `entries` are their numbers in C order, one row for each row of the table. `rows` and
    `columns` are the indices along its edges, or None where there is but one and it has none. Those
    of a folded block add up to the entry's.
    """

    label: str
    corner: str
    rows: tuple[int, ...] | None
    columns: tuple[int, ...] | None
    entries: Entries


def common_limit(sizes: Sequence[int], budget: int) -> int:
    """Return the largest size to which all are cut so that together they keep to the budget."""
    left = budget
    for position, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - position)
        if size > share:
            return max(1, share)
        left -= size
    return max(sizes, default=0)


def select(tensor: Tensor, is_trouble: Mask, limit: int) -> list[Piece]:
    """Return the tables of a tensor, with at most about `limit` cells.

    `is_trouble` has the tensor's shape; blocks, rows and columns in which it is true somewhere
    are drawn before others.
    """
    axes = _Axes.of(tensor)
    entries = np.arange(tensor.size).reshape(-1, axes.height, axes.width)
    trouble = is_trouble.reshape(entries.shape)
    of_a_block = axes.height * axes.width
    blocks = first_wanted(np.asarray(trouble.any(axis=(1, 2))), max(1, limit // of_a_block))
    width = axes.width if of_a_block <= limit else min(axes.width, _COLUMNS_OF_A_CUT_BLOCK)
    return [
        piece
        for block in blocks
        for piece in _pieces(axes, block, entries, trouble, max(1, limit // width), width)
    ]


@dataclass(frozen=True)
class _Axes:
    """How a tensor's dimensions lie: some number the blocks, one goes down, one across."""

    tensor: Tensor
    leading: int
    down: int | None
    across: int | None

    @classmethod
    def of(cls, tensor: Tensor) -> _Axes:
        last = len(tensor.shape) - 1
        if tensor.row_length:
            return cls(tensor, last, last, last)
        match len(tensor.block_shape):
            case 2:
                return cls(tensor, last - 1, last - 1, last)
            case 1 if tensor.vertical:
                return cls(tensor, last, last, None)
            case 0 if not tensor.shape:
                return cls(tensor, 0, None, None)
        return cls(tensor, last, None, last)  # single cells, too, stand in a row

    @property
    def height(self) -> int:
        if self.tensor.row_length:
            return self.tensor.shape[-1] // self.tensor.row_length
        return 1 if self.down is None else self.tensor.shape[self.down]

    @property
    def width(self) -> int:
        if self.tensor.row_length:
            return self.tensor.row_length
        return 1 if self.across is None else self.tensor.shape[self.across]

    @property
    def corner(self) -> str:
        axes = dict.fromkeys((self.down, self.across))
        return "\\".join(self.tensor.axes[axis] for axis in axes if axis is not None)

    @property
    def step(self) -> int:
        """By how much the index goes on from row to row: in a folded block, by a row's length."""
        return self.tensor.row_length or 1

    def label(self, block: int) -> str:
        if not self.leading:
            return ""
        index = np.unravel_index(block, self.tensor.shape[: self.leading])
        letters = self.tensor.axes[: self.leading]
        return ", ".join(f"{letter} = {i}" for letter, i in zip(letters, index, strict=True))


def _pieces(
    axes: _Axes, block: int, entries: Entries, trouble: Mask, height: int, width: int
) -> Iterator[Piece]:
    rows = first_wanted(trouble[block].any(axis=1), height)
    columns = first_wanted(trouble[block].any(axis=0), width)
    most = _COLUMNS_OF_A_LINE if axes.down is None else MOST_COLUMNS
    for start in range(0, len(columns), most):
        together = columns[start : start + most]
        yield Piece(
            axes.label(block),
            axes.corner,
            None if axes.down is None else tuple(row * axes.step for row in rows),
            None if axes.across is None else tuple(together),
            entries[block][np.ix_(rows, together)],
        )


def first_wanted(is_wanted: Mask, most: int) -> list[int]:
    """Return up to `most` positions in order: the wanted ones, then the first of the others."""
    by_urgency = np.argsort(~is_wanted, kind="stable")[:most]
    return sorted(by_urgency.tolist())
