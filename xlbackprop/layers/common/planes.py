"""What layers with windows share: zeros around and between, a half turn, and windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.formula.grid import Addresses

Pair = tuple[int, int]

UNTURNED = "filter not rotated"
VALID = "valid instead of full"


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
    steps: str = "stride",
    unframed: str = "padding forgotten",
) -> Equation:
    """Return the equation of zeros of the given size that hold the source's planes.

    Entry [i, j] stands at [offset + step·i, offset + step·j] (per axis): a frame of zeros with
    an offset, zeros between the entries with a step. `size` must have room for all of them.
    `steps` is what the step comes from, `unframed` the name of the slip that leaves the frame out.
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
        slips=(
            *_slips_of_frame(source, size, offset, step, unframed),
            *_slips_of_spread(source, size, offset, step, steps),
        ),
    )


def placed(x: Array, size: Pair, offset: Pair, step: Pair = (1, 1)) -> Array:
    """Return planes of zeros that hold those of x as `spread_out` does; what overhangs is cut."""
    zeros = np.zeros((*x.shape[:-2], *size))
    from_, to = [], []
    for axis in (0, 1):
        at = offset[axis] + step[axis] * np.arange(x.shape[axis - 2])
        inside = (at >= 0) & (at < size[axis])
        from_.append(np.flatnonzero(inside))
        to.append(at[inside])
    zeros[..., to[0][:, None], to[1]] = x[..., from_[0][:, None], from_[1]]
    return zeros


def _slips_of_frame(
    source: Tensor, size: Pair, offset: Pair, step: Pair, unframed: str
) -> Iterator[Slip]:
    if offset == (0, 0):
        return
    offsets = frames(offset, unframed)
    hint = (
        f"Put {offset[0]} rows of zeros above {source.title} and {offset[1]} columns before it; the"
        f" block has room for as many zeros as there must be."
    )
    for name, wrong in offsets.items():
        yield Slip(name, hint, lambda x, wrong=wrong: placed(x, size, wrong, step))


def _slips_of_spread(
    source: Tensor, size: Pair, offset: Pair, step: Pair, steps: str
) -> Iterator[Slip]:
    if step != (1, 1) and max(source.shape[-2:]) > 1:
        yield Slip(
            f"{steps} forgotten",
            f"Leave zeros between the entries of {source.title}: the next one stands {step[0]} rows"
            f" further down or {step[1]} columns further right, as the {steps} is"
            f" {pair_text(step)}.",
            lambda x: placed(x, size, offset),
        )


def frames(offset: Pair, unframed: str) -> dict[str, Pair]:
    """Return the wrong widths of a frame of zeros, by the names of the slips that choose them."""
    smaller = as_pair(max(n - 1, 0) for n in offset)
    larger = as_pair(n + (n > 0) for n in offset)
    names = {"padding too small": smaller} if any(smaller) else {}
    return {unframed: (0, 0), **names, "padding too large": larger}


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
        compute=turned,
        formula=formula,
        math=Math(f"{target.title}[{plain}] = {source.title}[{index}]", why=why),
        slips=tuple(_slips_of_turn(source)),
    )


def turned(x: Array) -> Array:
    """Return planes turned by 180 degrees: the last row first, and each row backwards."""
    return x[..., ::-1, ::-1]


def _slips_of_turn(source: Tensor) -> Iterator[Slip]:
    rows, columns = source.shape[-2:]
    hint = (
        f"Turn each plane of {source.title} by 180°: its last row comes first, and each row runs"
        " backwards."
    )
    yield Slip(UNTURNED, hint, lambda x: x)
    if rows > 1 and columns > 1:
        yield Slip("filter turned upside down only", hint, lambda x: x[..., ::-1, :])
        yield Slip("filter turned left to right only", hint, lambda x: x[..., ::-1])
    if rows == columns > 1:
        yield Slip("filter transposed instead of rotated", hint, lambda x: x.swapaxes(-1, -2))


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
