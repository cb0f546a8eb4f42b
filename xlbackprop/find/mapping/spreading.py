"""The areas of one tensor to the place of each of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Shape, Tensor
from xlbackprop.errors import MapError, shown
from xlbackprop.find.mapping.areas import MappedArea
from xlbackprop.find.mapping.map import Placement
from xlbackprop.formula.addresses import Area, rectangle

# Longer vectors are folded, as people do it and this program.
LONGEST_ROW = 32

Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Spread:
    """The cell of each entry, and the area it belongs to; the arrays have the tensor's shape."""

    area: Numbers
    rows: Numbers
    columns: Numbers


def spread(
    tensor: Tensor,
    placement: Placement,
    areas: Sequence[MappedArea],
    *,
    may_be_one: bool = False,
) -> Spread:
    """Return where the entries stand; `may_be_one` says that all may be a single cell.

    Raises MapError where areas and tensor do not fit.
    """
    if may_be_one and len(areas) == 1 and areas[0].area.height == areas[0].area.width == 1:
        (one,) = areas
        places = (0, one.area.row, one.area.column)
        return Spread(*(np.full(tensor.shape, number, dtype=np.int32) for number in places))
    axes = _axes(tensor, placement)
    shape = tuple(tensor.shape[axis] for axis in axes)
    rest = shape[_split(tensor, shape, len(areas)) :]
    cells = [_cells(rest, one.area, placement) for one in areas]
    area = np.repeat(np.arange(len(areas), dtype=np.int32), prod(rest))
    rows, columns = (np.concatenate([one[n] for one in cells], dtype=np.int32) for n in (0, 1))
    back = np.argsort(axes) if axes else axes

    def in_own_order(numbers: Numbers) -> Numbers:
        return numbers.reshape(shape).transpose(back)

    return Spread(*map(in_own_order, (area, rows, columns)))


def row_lengths(shape: Shape) -> set[int]:
    """Return how wide a range of the shape may be, so that its rows break where the shape's do.

    A shape of 2×3×4 may have rows of 4, of 12 (a plane in each), of 24, or one of 1. A long last
    axis may be folded into rows of equal length.
    """
    lengths = {prod(shape[leading:]) for leading in range(len(shape) + 1)}
    if shape and shape[-1] > LONGEST_ROW:
        lengths.update(one for one in range(2, LONGEST_ROW + 1) if shape[-1] % one == 0)
    return lengths


def _axes(tensor: Tensor, placement: Placement) -> list[int]:
    """Return the tensor's axes in the order in which the cells run through them."""
    axes = list(range(len(tensor.shape)))
    if placement.order:
        if sorted(placement.order) != sorted(tensor.axes):
            raise MapError(
                f"order = {shown(placement.order)}: expected the letters of"
                f" {''.join(tensor.axes) or 'no axes'}, each once, in the order in which the cells"
                " run"
            )
        return [tensor.axes.index(letter) for letter in placement.order]
    if placement.transpose:
        if len(axes) < 2:
            raise MapError(
                "transpose: a vector has no rows and columns to swap: it may lie or stand"
            )
        axes[-2:] = axes[:-3:-1]
    return axes


def _split(tensor: Tensor, shape: Shape, ranges: int) -> int:
    """Return how many of the leading axes number the ranges."""
    counts = [prod(shape[:leading]) for leading in range(len(shape) + 1)]
    if ranges not in counts:
        allowed = ", ".join(map(str, sorted(set(counts[:-1])))) or "1"
        raise MapError(
            f"{ranges} ranges; a tensor of shape {_times(tensor.shape)} stands in {allowed}"
            + (f", or in {tensor.size} single cells" if tensor.size > 1 else "")
        )
    return counts.index(ranges)


def _cells(rest: Shape, area: Area, placement: Placement) -> tuple[Numbers, Numbers]:
    """Return the rows and columns of an area's cells: block by block, and row by row in each."""
    block = _block(rest) if placement.stacked else rest
    count, down = prod(rest) // prod(block), placement.stacked == "rows"
    height, width = _block_size(block, area, placement.stacked)
    step = placement.step or (height if down else width)
    _check_size(block, count, area, (height, width), placement.stacked, step)
    starts = step * np.arange(count, dtype=np.int32)[:, None, None]
    rows, columns = np.indices((height, width), dtype=np.int32)
    rows = area.row + rows + starts * down
    columns = area.column + columns + starts * (not down)
    return rows.ravel(), columns.ravel()


def _block(rest: Shape) -> Shape:
    """Return what is stacked: the planes of a tensor, the rows of a matrix, a vector's cells."""
    return rest[-2:] if len(rest) > 2 else rest[1:]


def _block_size(block: Shape, area: Area, stacked: str) -> tuple[int, int]:
    """Return the height and width of one block, from the side of the area that is not stacked."""
    match stacked:
        case "rows":
            return prod(block) // area.width, area.width
        case "columns":
            return area.height, prod(block) // area.height
    return area.height, area.width


def _check_size(
    block: Shape, count: int, area: Area, size: tuple[int, int], stacked: str, step: int
) -> None:
    height, width = size
    address = rectangle(area.row, area.column, area.height, area.width)
    found = f"{address} has {area.height}×{area.width} cells"
    fits = height * width == prod(block) and width in row_lengths(block)
    if not fits:
        raise MapError(f"{found}, and should have {_expected(block, area, count)}")
    side, along = (height, area.height) if stacked == "rows" else (width, area.width)
    if not stacked:
        return
    if step < side:
        raise MapError(f"step = {step}: the blocks, {height}×{width}, would overlap")
    needed = (count - 1) * step + side
    if along != needed:
        raise MapError(
            f"{found}: {count} blocks of {height}×{width}, {step} {stacked} from one's start to the"
            f" next one's, take {needed} {stacked}"
        )


def _expected(block: Shape, area: Area, count: int) -> str:
    *more, height, width = (1, 1, *block)
    blocks = prod(more) * count
    text = f"{height}×{width}" if len(block) > 1 else f"1×{width} or {width}×1"
    if len(block) < 2 or width == height == 1:
        text = "one cell" if prod(block) == 1 else text
    if blocks > 1:
        text = f"{blocks} blocks of {text} (stacked, or in a list of ranges)"
    swapped = len(block) == 2 and (area.width, area.height) == (height, width)
    return text + (": as it would with transpose = true" if swapped else "")


def _times(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "1"
