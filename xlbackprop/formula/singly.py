"""A formula evaluated for one cell, by all the rules for texts, TRUE, errors and blanks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from xlbackprop.formula.evaluate import evaluate
from xlbackprop.formula.functions import FUNCTIONS, Function
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.functions.values import (
    Error,
    Failed,
    NotKnown,
    Operand,
    Rectangle,
    Value,
    each,
    finite,
    number,
    numbers_among,
    single,
)
from xlbackprop.formula.tree import (
    Boolean,
    Call,
    Constants,
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

Cells = Callable[[int], Rectangle]


def evaluate_singly(tree: Expression, cells: Cells, place: tuple[int, int] = (0, 0)) -> Operand:
    """Return what a formula comes to: a value, or a rectangle of values.

    `cells` returns what a slot's cells hold; `place` is the formula's own row and column, from 0.
    A blank cell gives 0. Raises NotKnown.
    """
    try:
        operand = _Evaluation(cells, place).operand(tree)
    except Failed as failed:
        return failed.error
    if isinstance(operand, Rectangle) and operand.size == (1, 1):
        operand = single(operand)
    return 0.0 if operand is None else operand


class _Evaluation:
    """A formula with what its references hold."""

    def __init__(self, cells: Cells, place: tuple[int, int]) -> None:
        self._cells, self._place = cells, place

    def value(self, tree: Expression) -> Value:
        return single(self.operand(tree))

    def operand(self, tree: Expression) -> Operand:
        match tree:
            case Reference(slot):
                return self._cells(slot)
            case Operation(sign, left, right) if sign in OPERATORS:
                return each(OPERATORS[sign].singly, self._caught(left), self._caught(right))
            case Negative(operand):
                return each(lambda value: finite(-number(value)), self.operand(operand))
            case Percent(operand):
                return each(lambda value: number(value) / 100, self.operand(operand))
            case Call(name, arguments):
                return self._call(name, arguments)
            case Constants(rows):
                constants = tuple(tuple(map(self.value, row)) for row in rows)
                return Rectangle(constants, is_reference=True)
        return _constant(tree)

    def _call(self, name: str, arguments: tuple[Expression, ...]) -> Operand:
        row = FUNCTIONS.get(name)
        if row is None or not row.takes(len(arguments)):
            raise NotKnown(f"the function {name}")
        if row.singly:
            return row.singly(self, arguments)
        if row.needs_place:
            return self._where(name, arguments)
        if row.each:
            return each(partial(_called, row), *map(self._caught, arguments))
        numbers = [value for one in arguments for value in numbers_among(self.operand(one))]
        return _of_numbers(row, numbers)

    def _caught(self, tree: Expression) -> Operand:
        """Return an operand, an error as a value: of two, the left one is what comes out."""
        try:
            return self.operand(tree)
        except Failed as failed:
            return failed.error

    def _where(self, name: str, arguments: tuple[Expression, ...]) -> Operand:
        if arguments:
            raise NotKnown(f"{name} of another cell")
        return float(self._place[name == "COLUMN"] + 1)


def _constant(tree: Expression) -> Value:
    match tree:
        case Number(value, _):
            return finite(value)
        case Text(text):
            return text
        case Boolean(is_true):
            return is_true
        case ErrorValue(error):
            return Error(error)
        case Missing():
            return None
    raise NotKnown(f"{type(tree).__name__.lower()} in a formula")


def _called(row: Function, *values: Value) -> Value:
    numbers = [number(value) for value in values]
    with np.errstate(all="ignore"):
        return finite(float(row.each(*numbers)), row.error) if row.each else None


def _of_numbers(row: Function, numbers: list[float]) -> Value:
    """Return what a function makes of all numbers among its cells."""
    if len(numbers) < row.fewest:
        if row.otherwise is None:
            raise Failed(row.error)
        return row.otherwise
    cells = np.array(numbers)
    with np.errstate(all="ignore"):
        if row.over:
            return finite(float(row.over(cells, 0)))
        if row.term:
            terms = evaluate(row.term(Reference(0)), [cells[None, :, None, None]])
            return finite(float(terms.sum()))
    raise NotKnown(f"the function {row.name}")
