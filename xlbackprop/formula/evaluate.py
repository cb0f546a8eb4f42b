"""The values of a formula, for many cells at once.

Arrays have four axes here: the cells that share the formula, the rows and the columns of what a
reference is for each of them, and draws of other numbers. NaN stands for all that is no number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions import FUNCTIONS, Function
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.tree import (
    Call,
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
)

ROWS, COLUMNS = 1, 2


class NotKnown(Exception):  # noqa: N818  (no mistake: another engine may know)
    """Something in a formula has no values here; the message says what."""


def evaluate(tree: Expression, references: Sequence[Array]) -> Array:
    """Return a formula's values, of shape (cells, rows, columns, draws), each 1 where all agree.

    `references` are the values of its slots. Raises NotKnown.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(references).of(tree)


def addends(tree: Expression, references: Sequence[Array]) -> list[Array]:
    """Return the terms that a formula adds up, each array with those of one part of it.

    What is no sum is a single term. Raises NotKnown.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(references).addends(tree)


class _Evaluation:
    """A formula with the values of its references."""

    def __init__(self, references: Sequence[Array]) -> None:
        self._references = references

    def of(self, tree: Expression) -> Array:
        match tree:
            case Number(value, _):
                return np.full((1, 1, 1, 1), value)
            case Reference(slot):
                return self._references[slot]
            case Negative(operand):
                return -self.of(operand)
            case Percent(operand):
                return self.of(operand) / 100
            case Operation(sign, left, right) if sign in OPERATORS:
                return _finite(OPERATORS[sign](*_fitting(self.of(left), self.of(right))))
            case Call(name, arguments):
                return self._call(_row(name), arguments)
        raise NotKnown(f"{type(tree).__name__.lower()} in a formula")

    def addends(self, tree: Expression) -> list[Array]:
        match tree:
            case Negative(operand):
                return [-part for part in self.addends(operand)]
            case Operation("+", left, right):
                return self.addends(left) + self.addends(right)
            case Operation("-", left, right):
                return self.addends(left) + [-part for part in self.addends(right)]
            case Operation("/", dividend, Number(divisor, _)):
                return [part / divisor for part in self.addends(dividend)]
            case Call(name, arguments) if _row(name).term:
                return self._terms(_row(name), arguments)
        return [self.of(tree)]

    def _call(self, row: Function, arguments: tuple[Expression, ...]) -> Array:
        if row.term:
            totals = [_total(part) for part in self._terms(row, arguments)]
            return _finite(reduce(np.add, totals))
        values = [self.of(one) for one in arguments]
        if row.whole:
            return row.whole(*values)
        if row.over:
            return _finite(_over(row.over, values))
        if row.each:
            result = _finite(row.each(*_fitting(*values)))
            return result if arguments else result.reshape(1, 1, 1, 1)
        raise NotKnown(f"the function {row.name}")

    def _terms(self, row: Function, arguments: tuple[Expression, ...]) -> list[Array]:
        term = row.term
        if term is None:
            raise NotKnown(f"the function {row.name}")
        values = [self.of(one) for one in arguments]
        if not row.paired:
            return [evaluate(term(Reference(0)), [value]) for value in values]
        if len({value.shape[ROWS : COLUMNS + 1] for value in values}) > 1:
            raise NotKnown(f"{row.name} of rectangles of different sizes")
        slots = map(Reference, range(len(values)))
        return [evaluate(term(*slots), values)]


def _row(name: str) -> Function:
    row = FUNCTIONS.get(name)
    if row is None:
        raise NotKnown(f"the function {name}")
    return row


def _fitting(*values: Array) -> tuple[Array, ...]:
    """Return arrays as they are; raise NotKnown where one would have to be stretched.

    A single row or column serves all others, as in spreadsheets.
    """
    for axis in (ROWS, COLUMNS):
        sizes = {value.shape[axis] for value in values} - {1}
        if len(sizes) > 1:
            raise NotKnown("rectangles of different sizes")
    return values


def _total(values: Array) -> Array:
    return np.asarray(values.sum(axis=(ROWS, COLUMNS), keepdims=True))


def _over(function: Callable[[Array, int], Array], values: Sequence[Array]) -> Array:
    cells, draws = (max(value.shape[axis] for value in values) for axis in (0, 3))
    lists = [
        np.broadcast_to(value, (cells, *value.shape[1:3], draws)).reshape(cells, -1, draws)
        for value in values
    ]
    return function(np.concatenate(lists, axis=1), 1).reshape(cells, 1, 1, draws)


def _finite(values: Array) -> Array:
    """Return the values with NaN for what spreadsheets have no number for."""
    return np.where(np.isfinite(values), values, np.nan)
