"""The value of an expression that has been written out, as a spreadsheet has it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.tree import (
    Call,
    Entry,
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    Sum,
)

# Of single numbers, Python's own are faster.
_QUICK: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


def evaluate(expression: Expression, values: Mapping[str, Array]) -> float:
    """Return the value of an expression that has been expanded; NaN stands for an error.

    `values` are the tensors' arrays, by name. A comparison is 1 where it is true, otherwise 0.
    """
    with np.errstate(all="ignore"):
        return _value(expression, values)


def _value(expression: Expression, values: Mapping[str, Array]) -> float:
    match expression:
        case Entry(tensor, index):
            return float(values[tensor].item(index))
        case Operation(sign, left, right):
            return _finite(_operator(sign)(_value(left, values), _value(right, values)))
        case Number(value, _):
            return value
        case Sum(terms):
            return sum(_value(term, values) for term in terms)
        case Negative(operand):
            return -_value(operand, values)
        case Percent(operand):
            return _value(operand, values) / 100
        case Call(function, arguments):
            return _finite(_called(function, [_value(one, values) for one in arguments]))
    raise TypeError(f"{expression} has not been expanded")


def _called(function: str, numbers: list[float]) -> float:
    row = FUNCTIONS[function]
    if row.over:
        return float(row.over(np.array(numbers), 0))
    if row.each:
        return float(row.each(*numbers))
    raise TypeError(f"{function} has not been expanded")


def _operator(sign: str) -> Callable[[Any, Any], Any]:
    apply = _QUICK.get(sign) or OPERATORS[sign].apply
    if apply is None:
        raise TypeError(f"{sign!r} gives no number")
    return apply


def _finite(number: float) -> float:
    return float(number) if math.isfinite(number) else math.nan
