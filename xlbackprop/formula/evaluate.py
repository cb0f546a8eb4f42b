"""The values of a formula, for many cells at once.

Arrays have four axes here: the cells that share the formula, the rows and the columns of what a
reference is for each of them, and draws of other numbers. NaN stands for all that is no number,
and for what cannot be told without looking at the cells one by one (see `singly`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Protocol

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.functions import FUNCTIONS, Function
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import (
    Boolean,
    Call,
    Constants,
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    walk,
)

ROWS, COLUMNS = 1, 2


class Sources(Protocol):
    """What a formula's references hold, for all cells that share the formula."""

    def values(self, slot: int) -> Array:
        """Return the numbers of a slot, of shape (cells or 1, rows, columns, draws or 1)."""
        ...

    def is_blank(self, slot: int) -> Mask | None:
        """Return where a slot's cells are blank, of such a shape; None where none is."""
        ...

    def is_passed_over(self, slot: int) -> Mask | None:
        """Return where a slot's cells hold no number, but a text or nothing; None as above."""
        ...

    def place(self, axis: int) -> Array:
        """Return the row (0) or column (1) of each cell, from 1, of shape (cells, 1, 1, 1)."""
        ...


class Numbers:
    """References to cells that all hold numbers."""

    def __init__(self, references: Sequence[Array]) -> None:
        self._references = references

    def values(self, slot: int) -> Array:
        """Return the numbers of a slot."""
        return self._references[slot]

    def is_blank(self, slot: int) -> None:
        """Return that no cell is blank."""

    def is_passed_over(self, slot: int) -> None:
        """Return that every cell holds a number."""

    def place(self, axis: int) -> Array:
        """Raise NotKnown: these cells stand nowhere."""
        raise NotKnown(("ROW", "COLUMN")[axis])


def evaluate(tree: Expression, references: Sequence[Array]) -> Array:
    """Return a formula's values, of shape (cells, rows, columns, draws), each 1 where all agree.

    `references` are the numbers of its slots. Raises NotKnown.
    """
    return evaluate_from(tree, Numbers(references))


def evaluate_from(tree: Expression, sources: Sources) -> Array:
    """Return a formula's values, of shape (cells, rows, columns, draws), each 1 where all agree.

    Raises NotKnown.
    """
    try:
        with np.errstate(all="raise", under="ignore"):
            return _finite(_Evaluation(sources, _unchecked).of(tree))
    except FloatingPointError:  # an error in one of the cells: look after each step
        with np.errstate(all="ignore"):
            return _Evaluation(sources, _finite).of(tree)


def addends(tree: Expression, references: Sequence[Array]) -> list[Array]:
    """Return the terms that a formula adds up, each array with those of one part of it.

    What is no sum is a single term. Raises NotKnown.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(Numbers(references), _finite).addends(tree)


def _finite(values: Array) -> Array:
    """Return the values with NaN for what spreadsheets have no number for."""
    if np.isfinite(values).all():
        return values
    return np.where(np.isfinite(values), values, np.nan)


def _unchecked(values: Array) -> Array:
    return values


class _Evaluation:
    """A formula with what its references hold; `checked` is done to what each step gives."""

    def __init__(self, sources: Sources, checked: Callable[[Array], Array]) -> None:
        self._sources, self._checked = sources, checked

    def of(self, tree: Expression) -> Array:
        match tree:  # the most usual first
            case Reference(slot):
                return self._sources.values(slot)
            case Operation(sign, left, right):
                return self._operation(sign, self.of(left), self.of(right))
            case Number(value, _):
                return self._checked(np.full((1, 1, 1, 1), value))
            case Boolean(is_true):
                return np.full((1, 1, 1, 1), float(is_true))
            case Constants(rows):
                parts = [[self.of(one)[0, 0, 0, 0] for one in row] for row in rows]
                return np.array(parts)[None, ..., None]
            case Negative(operand):
                return -self.of(operand)
            case Percent(operand):
                return self.of(operand) / 100
            case Call(name, arguments):
                return self._call(row_of(name, len(arguments)), arguments)
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
            case Call(name, arguments):
                row = row_of(name, len(arguments))
                return self._terms(row, arguments) if row.term else [self.of(tree)]
        return [self.of(tree)]

    def _operation(self, sign: str, left: Array, right: Array) -> Array:
        operator = OPERATORS.get(sign)
        if operator is None or operator.apply is None:
            raise NotKnown(f"the operator {sign!r}")
        return self._checked(operator.apply(*_fitting(left, right)))

    def _call(self, row: Function, arguments: tuple[Expression, ...]) -> Array:
        if row.needs_place and not arguments:
            return self._sources.place(int(row.name == "COLUMN"))
        is_sum = row.term is not None and row.whole is None
        result = self._sum(row, arguments) if is_sum else self._called(row, arguments)
        if row.counts_blanks:
            return self._checked(result)
        return self._unless_blank(self._checked(result), arguments)

    def _called(self, row: Function, arguments: tuple[Expression, ...]) -> Array:
        values = [self.of(one) for one in arguments]
        if row.whole:
            return row.whole(*values)
        if row.over:
            return _over(row.over, values)
        if row.each is None:
            raise NotKnown(f"the function {row.name}")
        result = row.each(*_fitting(*values))
        return result if arguments else result.reshape(1, 1, 1, 1)

    def _sum(self, row: Function, arguments: tuple[Expression, ...]) -> Array:
        return reduce(np.add, map(_total, self._terms(row, arguments)))

    def _terms(self, row: Function, arguments: tuple[Expression, ...]) -> list[Array]:
        term = row.term
        if term is None:
            raise NotKnown(f"the function {row.name}")
        if row.paired:
            values = self._pair(row, arguments)
            slots = map(Reference, range(len(values)))
            return [_Evaluation(Numbers(values), self._checked).of(term(*slots))]
        parts = (Numbers([self.of(one)]) for one in arguments)
        return [_Evaluation(part, self._checked).of(term(Reference(0))) for part in parts]

    def _pair(self, row: Function, arguments: tuple[Expression, ...]) -> list[Array]:
        values = [self.of(one) for one in arguments]
        if len({value.shape[ROWS : COLUMNS + 1] for value in values}) > 1:
            raise NotKnown(f"{row.name} of rectangles of different sizes")
        return values

    def _unless_blank(self, result: Array, arguments: tuple[Expression, ...]) -> Array:
        """Return a result, NaN where a blank cell takes part that does not count as 0."""
        for part in (part for argument in arguments for part in walk(argument)):
            blank = self._sources.is_blank(part.slot) if isinstance(part, Reference) else None
            if blank is not None:
                is_hit = blank.any(axis=(ROWS, COLUMNS), keepdims=True)
                result = np.where(is_hit, np.nan, result)
        return result


def row_of(name: str, number: int) -> Function:
    """Return the row of a function that takes so many arguments. Raises NotKnown."""
    row = FUNCTIONS.get(name)
    if row is None or not row.takes(number):
        raise NotKnown(f"the function {name}")
    return row


def _fitting(*values: Array) -> tuple[Array, ...]:
    """Return arrays as they are; raise NotKnown where one would have to be stretched.

    A single row or column serves all others, as in spreadsheets.
    """
    if len({value.shape for value in values}) <= 1:
        return values
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
