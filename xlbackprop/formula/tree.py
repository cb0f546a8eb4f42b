"""Formulas as trees: numbers, texts, references, names, operators, and calls of functions.

A reference is known by its number within the formula, its slot: so all formulas that differ in
nothing but where they refer to are one tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xlbackprop.equation import Index

# How tightly an operator binds; a spreadsheet's minus sign binds more tightly than its power.
PRECEDENCE = {
    "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4,
    "^": 5,
}  # fmt: skip
SIGN_PRECEDENCE = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and how it is written."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text between quotation marks."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An error that stands in the formula itself: `#REF!`."""

    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An argument that was left out between two commas."""


@dataclass(frozen=True, slots=True)
class Name:
    """A defined name, or a column of a table; `sheet` where the name is that sheet's own."""

    name: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell or a rectangle: the `slot`th reference of the formula, from 0."""

    slot: int


@dataclass(frozen=True, slots=True)
class Negative:
    """An expression with a minus sign before it."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Percent:
    """An expression with a percent sign behind it."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions with an operator between them.

    Besides those of PRECEDENCE there are the operators of references: `:` from one cell to
    another, a space for what two rectangles have in common, a comma for both.
    """

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call; its name is in capitals, without `_xlfn.`."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Constants:
    """A rectangle of numbers, texts, booleans and errors in braces, by rows."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tensor, where a reference has been followed."""

    tensor: str
    index: Index


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms that are added, where a function or signs of addition have been written out."""

    terms: tuple[Expression, ...]


Leaf = Number | Text | Boolean | ErrorValue | Missing | Name | Reference | Entry
Expression = Leaf | Negative | Percent | Operation | Call | Constants | Sum


def total(terms: Sequence[Expression]) -> Expression:
    """Return the sum of terms; one alone is its own."""
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions that an expression is made of."""
    match expression:
        case Negative(operand) | Percent(operand):
            return (operand,)
        case Operation(_, left, right):
            return left, right
        case Call(_, parts) | Sum(parts):
            return parts
        case Constants(rows):
            return tuple(constant for row in rows for constant in row)
    return ()


def walk(
    expression: Expression, beneath: Callable[[Expression], bool] = lambda _: True
) -> Iterator[Expression]:
    """Yield an expression and all that it is made of, from left to right.

    What an expression is made of is left out where `beneath` says no.
    """
    left = [expression]
    while left:
        here = left.pop()
        yield here
        if beneath(here):
            left.extend(reversed(children(here)))


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return an expression in which each leaf is what `change` makes of it."""
    match expression:
        case Negative(operand):
            return Negative(rebuilt(operand, change))
        case Percent(operand):
            return Percent(rebuilt(operand, change))
        case Operation(operator, left, right):
            return Operation(operator, rebuilt(left, change), rebuilt(right, change))
        case Call(function, arguments):
            return Call(function, tuple(rebuilt(one, change) for one in arguments))
    return change(expression)


def exchanged(expression: Expression, old: Expression, new: Expression) -> Expression:
    """Return an expression in which one part, that very one and none that is equal, is another."""
    if expression is old:
        return new
    match expression:
        case Negative(operand):
            return Negative(exchanged(operand, old, new))
        case Percent(operand):
            return Percent(exchanged(operand, old, new))
        case Operation(operator, left, right):
            return Operation(operator, exchanged(left, old, new), exchanged(right, old, new))
        case Call(function, arguments):
            return Call(function, tuple(exchanged(one, old, new) for one in arguments))
    return expression


def functions_in(expression: Expression) -> tuple[str, ...]:
    """Return the names of the functions that an expression calls, each once."""
    return tuple(dict.fromkeys(one.function for one in walk(expression) if isinstance(one, Call)))


def depth(expression: Expression) -> int:
    """Return how many expressions stand within one another, at most."""
    level, number = [expression], 0
    while level:
        level = [child for one in level for child in children(one)]
        number += 1
    return number
