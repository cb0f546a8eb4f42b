"""The helper blocks of layers with windows: zeros around and between planes, and a half turn.

Each is left out where it would equal what it is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.text import index_text, pair_text, zeros_text
from xlbackprop.layers.common.windows.geometry import Geometry, Pair, Placement, as_pair
from xlbackprop.layers.common.windows.planes import placed, taken_out, turned

UNTURNED = "filter not rotated"
VALID = "valid instead of full"


@dataclass(frozen=True)
class Helper:
    """What a helper block is called: its tensor's short name, its letter, a few words."""

    short: str
    symbol: str
    about: str


@dataclass(frozen=True)
class Prepared:
    """A tensor made ready for windows, and its equation: none where it is the source itself."""

    tensor: Tensor
    equations: tuple[Equation, ...] = ()


def padded(scope: Scope, helper: Helper, source: Tensor, geometry: Geometry) -> Prepared:
    """Return planes in the frame of zeros that the padding asks for."""
    return _within_zeros(scope, helper, source, geometry.padded)


def spread(scope: Scope, helper: Helper, source: Tensor, geometry: Geometry) -> Prepared:
    """Return an output's planes with the stride between their entries, framed for the way back."""
    return _within_zeros(scope, helper, source, geometry.spread, unframed=VALID)


def dilated(scope: Scope, helper: Helper, source: Tensor, geometry: Geometry) -> Prepared:
    """Return filters with the dilation between their entries."""
    return _within_zeros(
        scope, helper, source, geometry.dilated, place=Place.BELOW, steps="dilation"
    )


def half_turn(scope: Scope, helper: Helper, source: Tensor, why: str) -> Prepared:
    """Return the source's planes turned by 180 degrees."""
    size = as_pair(source.shape[-2:])
    if size == (1, 1):
        return Prepared(source)
    bottom, right = size[0] - 1, size[1] - 1
    target = _target(scope, helper, source, size, Place.BELOW)

    def formula(at: Addresses, *index: int) -> str:
        # From here to the block's end is as far as the wanted entry is from its beginning; so
        # one formula serves every cell and can be dragged, where a plain link could not.
        *lead, i, j = index
        if at.x.is_row:
            return at.x[*lead, bottom - i, right - j]
        here = at.here[*lead, i, j]
        rows = f"ROWS({here}:{at.here[*lead, bottom, j].fixed_row})"
        columns = f"COLUMNS({here}:{at.here[*lead, i, right].fixed_column})"
        return f"INDEX({at.x[*lead].fixed},{rows},{columns})"

    *lead, i, j = source.axes
    index = ",".join([*lead, f"{bottom}-{i}", f"{right}-{j}"])
    math = Math(f"{target.title}[{','.join(source.axes)}] = {source.title}[{index}]", why=why)
    slips = tuple(_slips_of_turn(source))
    return Prepared(target, (Equation(target, {"x": source}, turned, formula, math, slips),))


def frames(offset: Pair, unframed: str) -> dict[str, Pair]:
    """Return the wrong widths of a frame of zeros, by the names of the slips that choose them."""
    smaller = as_pair(max(n - 1, 0) for n in offset)
    larger = as_pair(n + (n > 0) for n in offset)
    names = {"padding too small": smaller} if any(smaller) else {}
    return {unframed: (0, 0), **names, "padding too large": larger}


def _within_zeros(
    scope: Scope,
    helper: Helper,
    source: Tensor,
    placement: Placement,
    *,
    place: Place = Place.BESIDE,
    steps: str = "stride",
    unframed: str = "padding forgotten",
) -> Prepared:
    """Return the source's planes placed in zeros, in which there must be room for them.

    `steps` is what the placement's step comes from, `unframed` the name of the slip that leaves
    its offset out.
    """
    size = as_pair(source.shape[-2:])
    if placement.size == size:
        return Prepared(source)
    target = _target(scope, helper, source, placement.size, place)

    def compute(x: Array) -> Array:
        zeros = np.zeros(target.shape)
        taken_out(zeros, placement, size)[...] = x
        return zeros

    equation = Equation(
        target,
        {"x": source},
        compute,
        _formula_within_zeros(size, placement),
        _math_within_zeros(source, target, placement),
        slips=(
            *_slips_of_frame(source, placement, unframed),
            *_slips_of_step(source, placement, steps),
        ),
    )
    return Prepared(target, (equation,))


def _target(scope: Scope, helper: Helper, source: Tensor, size: Pair, place: Place) -> Tensor:
    return scope.tensor(
        helper.short,
        (*source.shape[:-2], *size),
        "".join(source.axes),
        Kind.HELPER,
        helper.about,
        place=place,
        belongs_to=source,
        symbol=helper.symbol,
    )


def _formula_within_zeros(size: Pair, placement: Placement) -> Callable[..., str | float]:
    (rows, columns), (top, left), (down, right) = size, placement.offset, placement.step

    def formula(at: Addresses, *index: int) -> str | float:
        *lead, i, j = index
        i, between_rows = divmod(i - top, down)
        j, between_columns = divmod(j - left, right)
        on_entry = between_rows == between_columns == 0 and 0 <= i < rows and 0 <= j < columns
        return at.x[*lead, i, j] if on_entry else 0

    return formula


def _math_within_zeros(source: Tensor, target: Tensor, placement: Placement) -> Math:
    (top, left), (down, right) = placement.offset, placement.step
    *lead, i, j = source.axes
    index = ",".join([*lead, index_text(i, down, top), index_text(j, right, left)])
    plain = ",".join(source.axes)
    return Math(f"{target.title}[{index}] = {source.title}[{plain}], zero elsewhere")


def _slips_of_frame(source: Tensor, placement: Placement, unframed: str) -> Iterator[Slip]:
    if placement.offset == (0, 0):
        return
    hint = (
        f"Put {zeros_text(placement.offset)} {source.title}; the block has room for as many zeros"
        " as there must be."
    )
    for name, offset in frames(placement.offset, unframed).items():
        wrong = replace(placement, offset=offset)
        yield Slip(name, hint, lambda x, wrong=wrong: placed(x, wrong))


def _slips_of_step(source: Tensor, placement: Placement, steps: str) -> Iterator[Slip]:
    rows, columns = placement.step
    if rows == columns == 1 or max(source.shape[-2:]) == 1:
        return
    hint = (
        f"Leave zeros between the entries of {source.title}: the next one stands {rows} rows"
        f" further down or {columns} columns further right, as the {steps} is"
        f" {pair_text(placement.step)}."
    )
    wrong = replace(placement, step=(1, 1))
    yield Slip(f"{steps} forgotten", hint, lambda x: placed(x, wrong))


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
