"""How much room a tensor's blocks take, and how many stand side by side."""

from __future__ import annotations

from math import ceil, prod

from xlbackprop.equation import Tensor
from xlbackprop.formula.grid import block_size

# As many columns of folded blocks stand side by side: those of two pages of A4.
_COLUMNS_OF_FOLDED = 52


def rows_of(tensor: Tensor) -> int:
    """Return how many rows a tensor's blocks take."""
    return tiling(tensor)[1] * tile_size(tensor)[0]


def tile_size(tensor: Tensor) -> tuple[int, int]:
    """Return the rows and columns that a block takes, with its label and its edges."""
    height, width = block_size(tensor)
    if not tensor.block_shape:
        return height + bool(tensor.shape), width
    return height + 1 + bool(tensor.leading), width + 1


def tiling(tensor: Tensor) -> tuple[int, int]:
    """Return how many blocks stand across and how many down.

    The last leading index goes down, those before it across; single cells stand in a row. Folded
    blocks stand side by side as far as two pages reach, since many below one another are far apart.
    """
    if not tensor.leading:
        return 1, 1
    if not tensor.block_shape:
        return prod(tensor.leading), 1
    if tensor.row_length:
        blocks = prod(tensor.leading)
        down = ceil(blocks / max(1, _COLUMNS_OF_FOLDED // tile_size(tensor)[1]))
        return ceil(blocks / down), down
    return prod(tensor.leading[:-1]), tensor.leading[-1]
