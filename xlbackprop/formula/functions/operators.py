"""What stands between two operands, entry by entry. In arrays, what is true is 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.elementwise import flat, power, power_slopes, powered
from xlbackprop.formula.functions.function import Gives
from xlbackprop.formula.functions.unknown import unless_unknown
from xlbackprop.formula.functions.values import (
    DIV,
    VALUE,
    Failed,
    Value,
    compared,
    digits15,
    finite,
    number,
    text,
)

# Numbers that differ by so little, as a share of them, may have the same 15 digits.
_NEAR = 2e-14
# What a cell can hold.
MOST_CHARACTERS = 32_767


@dataclass(frozen=True)
class Operator:
    """An operator: what it makes of arrays or numbers, and of single values of any kind."""

    apply: Callable[[Any, Any], Any] | None
    singly: Callable[[Value, Value], Value]
    gives: Gives = Gives.NUMBER
    slopes: Callable[[Array, Array], tuple[Array, ...]] | None = None  # derivatives by both


def _of_numbers(
    apply: Callable[[Any, Any], Any], slopes: Callable[[Array, Array], tuple[Array, ...]]
) -> Operator:
    def singly(left: Value, right: Value) -> Value:
        return finite(float(apply(number(left), number(right))))

    return Operator(apply, singly, slopes=slopes)


def _divided(left: Value, right: Value) -> Value:
    dividend, divisor = number(left), number(right)
    if divisor == 0:
        raise Failed(DIV)
    return finite(dividend / divisor)


def _comparison(compare: Callable[[Any, Any], Any]) -> Operator:
    is_order = compare not in (np.equal, np.not_equal)

    def apply(left: Array, right: Array) -> Array:
        return unless_unknown(compare(*_of_15_digits(left, right)), left, right)

    def singly(left: Value, right: Value) -> Value:
        return bool(compare(compared(left, right, in_order=is_order), 0))

    return Operator(apply, singly, Gives.BOOLEAN, flat)


def _of_15_digits(left: Array, right: Array) -> tuple[Array, Array]:
    """Return numbers that compare as their 15 digits do."""
    left, right = np.broadcast_arrays(left, right)
    near = (left != right) & (np.abs(left - right) <= _NEAR * np.abs(left))
    if near.any():
        left, right = left.copy(), right.copy()
        for numbers in (left, right):
            numbers[near] = [digits15(one) for one in numbers[near].tolist()]
    return left, right


def _joined(left: Value, right: Value) -> Value:
    joined = text(left) + text(right)
    if len(joined) > MOST_CHARACTERS:
        raise Failed(VALUE)
    return joined


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "+": _of_numbers(np.add, lambda x, y: (np.ones_like(x), np.ones_like(y))),
        "-": _of_numbers(np.subtract, lambda x, y: (np.ones_like(x), -np.ones_like(y))),
        "*": _of_numbers(np.multiply, lambda x, y: (y, x)),
        "/": Operator(np.divide, _divided, slopes=lambda x, y: (1 / y, -x / y**2)),
        "^": Operator(power, powered, slopes=power_slopes),
        "=": _comparison(np.equal),
        "<>": _comparison(np.not_equal),
        "<": _comparison(np.less),
        ">": _comparison(np.greater),
        "<=": _comparison(np.less_equal),
        ">=": _comparison(np.greater_equal),
        "&": Operator(None, _joined, Gives.ANYTHING),
    }
)
