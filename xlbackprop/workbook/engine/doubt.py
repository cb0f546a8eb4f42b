"""For which formulas the engine's word stands against what another program has saved.

The engine is not Excel: it lacks functions, and gets others wrong over ranges. Where it differs
from a saved number it is believed only for formulas of operators on single cells and of functions
that it is known to compute as every spreadsheet does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xlbackprop.formula.addresses import Address
from xlbackprop.formula.parser import read_formula
from xlbackprop.formula.tree import (
    PRECEDENCE,
    Boolean,
    Call,
    ErrorValue,
    Expression,
    Missing,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    Text,
)

# Functions of single numbers.
_OF_NUMBERS = {
    "ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "COS", "COSH", "DEGREES", "EXP", "FALSE", "IF",
    "IFERROR", "INT", "LN", "LOG", "LOG10", "MOD", "NA", "NOT", "PI", "POWER", "RADIANS", "ROUND",
    "SIGN", "SIN", "SINH", "SQRT", "TAN", "TANH", "TRUE", "TRUNC",
}  # fmt: skip
# Functions of ranges as they stand, without any arithmetic over them.
_OF_RANGES = {
    "AND", "AVERAGE", "COLUMNS", "COUNT", "MAX", "MIN", "OR", "PRODUCT", "ROWS", "SUM",
    "SUMPRODUCT", "SUMSQ",
}  # fmt: skip


def is_beyond_doubt(formula: str, sheets: Collection[str]) -> bool:
    """Return whether the engine's word stands for a formula on a workbook of these sheets."""
    try:
        read = read_formula(formula)
    except ValueError:
        return False
    known = all(not one.book and one.sheet in ("", *sheets) for one in read.references)
    return known and _is_plain(read.tree, read.references)


def _is_plain(expression: Expression, references: Sequence[Address]) -> bool:
    match expression:
        case Number() | Text() | Boolean() | ErrorValue() | Missing():
            return True
        case Reference(slot):
            return references[slot].is_cell
        case Negative(operand) | Percent(operand):
            return _is_plain(operand, references)
        case Operation(operator, left, right):
            parts = _is_plain(left, references) and _is_plain(right, references)
            return operator in PRECEDENCE and parts
        case Call(function, arguments):
            return _is_plain_call(function, arguments, references)
    return False


def _is_plain_call(
    function: str, arguments: Sequence[Expression], references: Sequence[Address]
) -> bool:
    if function == "INDEX":  # of a single cell the engine makes an error
        first = arguments[0] if arguments else None
        is_range = isinstance(first, Reference) and not references[first.slot].is_cell
        return is_range and all(_is_plain(place, references) for place in arguments[1:])
    if function in _OF_RANGES:
        return all(isinstance(one, Reference) or _is_plain(one, references) for one in arguments)
    return function in _OF_NUMBERS and all(_is_plain(one, references) for one in arguments)
