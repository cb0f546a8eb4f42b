"""Functions that add up: all their cells, or what stands at one place of several rectangles."""

from __future__ import annotations

from functools import reduce
from math import prod

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Function, Singly
from xlbackprop.formula.functions.values import (
    NA,
    VALUE,
    Error,
    Failed,
    NotKnown,
    Operand,
    Rectangle,
    Value,
    finite,
)
from xlbackprop.formula.tree import Expression, Number, Operation

_MANY = (1, 255)
_TWO = Number(2.0, "2")


def _square(cell: Expression) -> Expression:
    return Operation("^", cell, _TWO)


def _product(*cells: Expression) -> Expression:
    return reduce(lambda left, right: Operation("*", left, right), cells)


def _square_of_difference(left: Expression, right: Expression) -> Expression:
    return _square(Operation("-", left, right))


def _product_sums(*values: Array) -> Array:
    """Return the sums of products over rows and columns, without all products at once."""
    if len({value.shape[1:3] for value in values}) > 1:
        raise NotKnown("SUMPRODUCT of rectangles of different sizes")
    cells, draws = (max(value.shape[axis] for value in values) for axis in (0, 3))
    letters = ["n" * (v.shape[0] > 1) + "rc" + "d" * (v.shape[3] > 1) for v in values]
    squeezed = [
        value.reshape([size for axis, size in enumerate(value.shape) if axis in (1, 2) or size > 1])
        for value in values
    ]
    result = "n" * (cells > 1) + "d" * (draws > 1)
    sums = np.einsum(f"{','.join(letters)}->{result}", *squeezed)
    return np.asarray(sums).reshape(cells, 1, 1, draws)


def _rectangles(singly: Singly, arguments: tuple[Expression, ...], error: str) -> list[Rectangle]:
    """Return arguments as rectangles of one size. Raises Failed with the error for others."""
    operands = [singly.operand(one) for one in arguments]
    grids = [one if isinstance(one, Rectangle) else Rectangle(((one,),)) for one in operands]
    if len({grid.size for grid in grids}) > 1:
        raise Failed(error)
    return grids


def _entry(value: Value) -> float:
    """Return the number that a product takes an entry for: 0 for all that is none."""
    if isinstance(value, Error):
        raise Failed(value.text)
    return value if isinstance(value, float) else 0.0


def _sum_of_products(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    grids = [[_entry(value) for value in grid] for grid in _rectangles(singly, arguments, VALUE)]
    return finite(sum(prod(cells) for cells in zip(*grids, strict=True)))


def _sum_of_squared_differences(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    """Pass over places at which one of the two holds no number."""
    result = 0.0
    for pair in zip(*_rectangles(singly, arguments, NA), strict=True):
        left, right = pair
        for value in pair:
            if isinstance(value, Error):
                raise Failed(value.text)
        if isinstance(left, float) and isinstance(right, float):
            result += (left - right) ** 2
    return finite(result)


SUMS = (
    Function("SUM", arguments=_MANY, term=lambda cell: cell),
    Function("SUMSQ", arguments=_MANY, term=_square),
    Function(
        "SUMPRODUCT",
        arguments=_MANY,
        term=_product,
        paired=True,
        is_array=True,
        whole=_product_sums,
        singly=_sum_of_products,
    ),
    Function(
        "SUMXMY2",
        arguments=(2, 2),
        term=_square_of_difference,
        paired=True,
        is_array=True,
        counts_blanks=False,
        singly=_sum_of_squared_differences,
    ),
)
