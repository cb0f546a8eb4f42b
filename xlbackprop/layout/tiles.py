"""How much room a tensor's blocks take, and how many stand side by side."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, prod

from xlbackprop.equation import Tensor
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.grid import block_size

# As many columns of folded blocks stand side by side: those of two pages of A4.
_COLUMNS_OF_FOLDED = 52


def rows_of(tensor: Tensor, most: int = MAX_COLUMNS) -> int:
    """Return how many rows a tensor's blocks take, where there are at most so many columns."""
    return tiling(tensor, most)[1] * tile_size(tensor)[0]


def tile_size(tensor: Tensor) -> tuple[int, int]:
    """Return the rows and columns that a block takes, with its label and its edges."""
    height, width = block_size(tensor)
    if not tensor.block_shape:
        return height + bool(tensor.shape), width
    return height + 1 + bool(tensor.leading), width + 1


def tiling(tensor: Tensor, most: int = MAX_COLUMNS) -> tuple[int, int]:
    """Return how many blocks stand across and how many down, in at most so many columns.

    The last leading index goes down, those before it across; single cells stand in a row. Folded
    blocks stand side by side as far as two pages reach, since many below one another are far apart.
    """
    if tensor.row_length:
        blocks = prod(tensor.leading)
        down = ceil(blocks / _fitting(tensor, min(most, _COLUMNS_OF_FOLDED)))
        return ceil(blocks / down), down
    across, down = _unlimited(tensor)
    lines = ceil(across / _fitting(tensor, most))
    return ceil(across / lines), down * lines


def places_of(tensor: Tensor, most: int = MAX_COLUMNS) -> Iterator[tuple[int, int]]:
    """Yield where each block stands, in their order: which one it is from the top, and across."""
    across, _ = tiling(tensor, most)
    if tensor.row_length:  # in the order in which one reads
        yield from (divmod(at, across) for at in range(prod(tensor.leading)))
        return
    _, down = _unlimited(tensor)
    for at in range(prod(tensor.leading)):
        along, below = divmod(at, down)
        line, along = divmod(along, across)
        yield line * down + below, along


def _unlimited(tensor: Tensor) -> tuple[int, int]:
    if not tensor.leading or not tensor.block_shape:
        return prod(tensor.leading), 1
    return prod(tensor.leading[:-1]), tensor.leading[-1]


def _fitting(tensor: Tensor, most: int) -> int:
    """Return how many blocks fit side by side; one stands there if it fits or not."""
    return max(1, most // tile_size(tensor)[1])
