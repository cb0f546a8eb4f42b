"""What layers with windows share: zeros around and between, a half turn, and windows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlbackprop.equation import Array, Equation, Kind, Math, Place, Tensor
from xlbackprop.grid import Addresses
from xlbackprop.layers.contract import Scope

Pair = tuple[int, int]


def spread_out(
    scope: Scope,
    short: str,
    symbol: str,
    source: Tensor,
    about: str,
    *,
    size: Pair,
    offset: Pair = (0, 0),
    step: Pair = (1, 1),
    place: Place = Place.BESIDE,
) -> Equation:
    """Return the equation of zeros of the given size that hold the source's planes.

    Entry [i, j] stands at [offset + step·i, offset + step·j] (per axis): a frame of zeros with
    an offset, zeros between the entries with a step. `size` must have room for all of them.
    """
    (rows, columns), (top, left), (down, right) = source.shape[-2:], offset, step
    target = scope.tensor(
        short,
        (*source.shape[:-2], *size),
        "".join(source.axes),
        Kind.HELPER,
        about,
        place=place,
        belongs_to=source,
        symbol=symbol,
    )
    vertical = slice(top, top + down * (rows - 1) + 1, down)
    horizontal = slice(left, left + right * (columns - 1) + 1, right)

    def compute(x: Array) -> Array:
        zeros = np.zeros(target.shape)
        zeros[..., vertical, horizontal] = x
        return zeros

    def formula(at: Addresses, *index: int) -> str | float:
        *lead, i, j = index
        i, between_rows = divmod(i - top, down)
        j, between_columns = divmod(j - left, right)
        on_entry = between_rows == between_columns == 0 and 0 <= i < rows and 0 <= j < columns
        return at.x[*lead, i, j] if on_entry else 0

    *lead, i, j = source.axes
    index = ",".join([*lead, scaled(down, i, top), scaled(right, j, left)])
    plain = ",".join(source.axes)
    return Equation(
        target,
        {"x": source},
        compute,
        formula,
        Math(f"{target.title}[{index}] = {source.title}[{plain}], zero elsewhere"),
    )


def half_turn(
    scope: Scope, short: str, symbol: str, source: Tensor, about: str, why: str
) -> Equation:
    """Return the equation of the source's planes turned by 180 degrees."""
    bottom, right = source.shape[-2] - 1, source.shape[-1] - 1
    target = scope.tensor(
        short,
        source.shape,
        "".join(source.axes),
        Kind.HELPER,
        about,
        place=Place.BELOW,
        belongs_to=source,
        symbol=symbol,
    )

    def formula(at: Addresses, *index: int) -> str:
        # From here to the block's end is as far as the wanted entry is from its beginning; so
        # one formula serves every cell and can be dragged, where a plain link could not.
        *lead, i, j = index
        here = at.here[*lead, i, j]
        rows = f"ROWS({here}:{at.here[*lead, bottom, j].fixed_row})"
        columns = f"COLUMNS({here}:{at.here[*lead, i, right].fixed_column})"
        return f"INDEX({at.x[*lead].fixed},{rows},{columns})"

    *lead, i, j = source.axes
    index = ",".join([*lead, f"{bottom}-{i}", f"{right}-{j}"])
    plain = ",".join(source.axes)
    return Equation(
        target,
        {"x": source},
        compute=lambda x: x[..., ::-1, ::-1],
        formula=formula,
        math=Math(f"{target.title}[{plain}] = {source.title}[{index}]", why=why),
    )


def windows(x: Array, size: Pair, step: Pair = (1, 1)) -> Array:
    """Return the windows of the two last axes: (…, rows, columns, height, width), a view."""
    every: Array = sliding_window_view(x, size, axis=(-2, -1))
    return every[..., :: step[0], :: step[1], :, :]


def as_pair(numbers: Iterable[int]) -> Pair:
    """Return two numbers as a pair: rows, then columns."""
    first, second = numbers
    return first, second


def scaled(factor: int, letter: str, plus: int = 0) -> str:
    """Return an index as people write it: `i`, `2i`, `2i+1`."""
    return (letter if factor == 1 else f"{factor}{letter}") + (f"{plus:+d}" if plus else "")


def size_text(size: Pair) -> str:
    """Return a size as people write it: `3×2`."""
    return f"{size[0]}×{size[1]}"


def pair_text(both: Pair) -> str:
    """Return what holds of both axes as people write it: `2` where it is the same, else `2, 1`."""
    return str(both[0]) if both[0] == both[1] else f"{both[0]}, {both[1]}"
