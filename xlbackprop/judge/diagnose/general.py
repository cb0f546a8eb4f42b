"""Slips that fit any equation: written once here, and listed by no layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from math import prod

import numpy as np

from xlbackprop.contract.slips import altered, scaled
from xlbackprop.equation import Array, Equation, Kind, Slip, Tensor

SIGN = "sign reversed"
ROUNDED = "rounding too early"
SHIFTED = "one window shifted"
TRANSPOSED = "rows and columns transposed"
OTHER_UPDATE = "update with another weight's gradient"

# Up to this many blocks in a row, each two of them may have been swapped; beyond, only all.
_MOST_SWAPPED = 4

_WORDS = {
    "k": "filters",
    "c": "channels",
    "n": "samples",
    "t": "places",
    "v": "rows of w",
}


def general_slips(equation: Equation) -> tuple[Slip, ...]:
    """Return the slips that any equation of this shape invites; several may share a name."""
    return (
        *_factors(equation),
        *_orders(equation),
        *_roundings(equation),
        *_shifts(equation),
    )


def _factors(equation: Equation) -> Iterator[Slip]:
    compute = equation.compute
    yield scaled(SIGN, "Check the sign: each of these numbers should be its negative.", compute, -1)
    twice = "Check for a factor of 2: these numbers are"
    yield scaled("factor 2 extra", f"{twice} twice what they should be.", compute, 2)
    yield scaled("factor 1/2 extra", f"{twice} half of what they should be.", compute, 0.5)
    for number in sorted(_counts(equation)):
        yield scaled(
            "mean for sum",
            f"Do not divide by {number}: here a sum is wanted, or the division is already done.",
            compute,
            1 / number,
        )
        yield scaled(
            "sum for mean",
            f"Divide by {number}, and only once: yours is {number} times what it should be.",
            compute,
            number,
        )


def _counts(equation: Equation) -> set[int]:
    """Return the numbers of entries that a sum may have been divided by."""
    target, counts = equation.target, set()
    for source in equation.sources.values():
        if set(target.axes) <= set(source.axes):
            sizes = zip(source.shape, source.axes, strict=True)
            counts.add(prod(size for size, axis in sizes if axis not in target.axes))
        if source.axes[:1] == ("n",):
            counts.add(source.shape[0])
    return counts - {0, 1}


def _orders(equation: Equation) -> Iterator[Slip]:
    shape, lead = equation.target.shape, len(equation.target.leading)
    if len(shape) - lead == 2 and min(shape[-2:]) > 1:
        yield _reordered(
            equation,
            TRANSPOSED,
            "Swap rows and columns: each number stands where its row and column are exchanged.",
            lambda x: x.swapaxes(-1, -2),
        )
    if lead > 1 and min(shape[:2]) > 1:
        yield _reordered(
            equation,
            "blocks transposed",
            "Look at each block's label: you filled the blocks in the order of the other index.",
            lambda x: x.swapaxes(0, 1),
        )
    for axis in range(lead):
        word = _WORDS.get(equation.target.axes[axis], "blocks")
        for order in _swaps(shape[axis]):
            yield _reordered(
                equation,
                f"{word} swapped",
                f"Look at each block's label: the {word} are not in the order of their indices.",
                partial(np.take, indices=order, axis=axis),
            )


def _swaps(size: int) -> Iterator[list[int]]:
    every = list(range(size))
    if size > _MOST_SWAPPED:
        yield every[::-1]
        return
    for one, other in combinations(every, 2):
        order = every.copy()
        order[one], order[other] = other, one
        yield order


def _reordered(equation: Equation, name: str, hint: str, change: Callable[[Array], Array]) -> Slip:
    shape = equation.target.shape

    def compute(**arrays: Array) -> Array:
        return change(np.asarray(equation.compute(**arrays)).reshape(shape))

    return Slip(name, hint, compute)


def _roundings(equation: Equation) -> Iterator[Slip]:
    for decimals in (0, 1):
        yield _reordered(
            equation,
            ROUNDED,
            f"Type at least two decimals: these numbers are rounded to {decimals}.",
            partial(_rounded, decimals=decimals),
        )
    computed = [letter for letter, one in equation.sources.items() if one.kind.is_computed]
    for decimals in (0, 1, 2, 3) if computed else ():
        yield altered(
            ROUNDED,
            f"Round at the end only: the numbers that these are made from were rounded to"
            f" {decimals} decimals first.",
            equation.compute,
            **dict.fromkeys(computed, partial(_rounded, decimals=decimals)),
        )


def _rounded(x: Array, decimals: int) -> Array:
    """Return numbers rounded as a spreadsheet does it: halves away from 0."""
    scale = 10.0**decimals
    return np.asarray(np.sign(x) * np.floor(np.abs(x) * scale + 0.5) / scale)


def _shifts(equation: Equation) -> Iterator[Slip]:
    for letter, source in equation.sources.items():
        name, hint = _name_of_shift(equation, source)
        for axis in _axes_of_block(source):
            for by in (-1, 1):
                changed = {letter: partial(_shifted, by=by, axis=axis)}
                yield altered(name, hint, equation.compute, **changed)


def _name_of_shift(equation: Equation, source: Tensor) -> tuple[str, str]:
    """Return what it is called to take a source's cell beside the right one, and what to do."""
    if equation.target.kind is Kind.UPDATE and source.kind is Kind.BACKWARD:
        return (
            OTHER_UPDATE,
            f"Update each parameter with its own gradient: the one of {source.title} that the"
            " formula refers to stands beside it.",
        )
    return (
        SHIFTED,
        f"Move the cells of {source.title} that the formula refers to by one: they"
        " begin beside the right ones.",
    )


def _axes_of_block(source: Tensor) -> list[int]:
    first = len(source.leading)
    return [axis for axis in range(first, len(source.shape)) if source.shape[axis] > 1]


def _shifted(x: Array, by: int, axis: int) -> Array:
    """Return what stands one cell further on; beyond the block there is nothing, which is 0."""
    moved = np.roll(x, -by, axis)
    edge: list[slice | int] = [slice(None)] * x.ndim
    edge[axis] = -1 if by > 0 else 0
    moved[tuple(edge)] = 0
    return moved
