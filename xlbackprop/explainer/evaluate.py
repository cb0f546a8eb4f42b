"""The value of an expression, as a spreadsheet has it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from xlbackprop.equation import Array
from xlbackprop.formula.tree import Call, Entry, Expression, Negative, Number, Operation, Sum

_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "^": operator.pow, "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt,
    "<=": operator.le, ">=": operator.ge,
}  # fmt: skip

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "EXP": math.exp, "LN": math.log, "SQRT": math.sqrt, "TANH": math.tanh, "PI": lambda: math.pi,
}  # fmt: skip


def evaluate(expression: Expression, values: Mapping[str, Array]) -> float:
    """Return the value of an expression that has been expanded; NaN stands for an error.

    `values` are the tensors' arrays, by name. A comparison is 1 where it is true, otherwise 0.
    """
    try:
        return _value(expression, values)
    except (ArithmeticError, ValueError):  # a division by 0, the logarithm of 0
        return math.nan


def _value(expression: Expression, values: Mapping[str, Array]) -> float:
    match expression:
        case Entry(tensor, index):
            return float(values[tensor].item(index))
        case Operation(sign, left, right):
            result = _OPERATORS[sign](_value(left, values), _value(right, values))
            return float(result) if not isinstance(result, complex) else math.nan
        case Number(value, _):
            return value
        case Sum(terms):
            return sum(_value(term, values) for term in terms)
        case Negative(operand):
            return -_value(operand, values)
        case Call("IF", (condition, where_true, where_false)):
            return _value(where_true if _value(condition, values) else where_false, values)
        case Call("MAX", arguments):
            return _largest([_value(one, values) for one in arguments])
        case Call(function, arguments):
            return _FUNCTIONS[function](*(_value(one, values) for one in arguments))
    raise TypeError(f"{expression} has not been expanded")


def _largest(numbers: list[float]) -> float:
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)
