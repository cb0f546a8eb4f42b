"""Choices and conditions. In arrays, what is true is 1, and what is false 0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.elementwise import flat
from xlbackprop.formula.functions.function import Expansion, Function, Gives, Singly
from xlbackprop.formula.functions.unknown import unless_unknown
from xlbackprop.formula.functions.values import (
    NA,
    VALUE,
    Error,
    Failed,
    NotKnown,
    Operand,
    Rectangle,
    Value,
    each,
    number,
    single,
    truth,
)
from xlbackprop.formula.tree import Call, Expression

_MANY = (1, 255)


def _choose(condition: Array, where_true: Array, where_false: Array | float = 0.0) -> Array:
    chosen = np.where(np.not_equal(condition, 0), where_true, where_false)
    return unless_unknown(chosen, condition)


def _choose_slopes(condition: Array, *branches: Array) -> tuple[Array, ...]:
    is_true = unless_unknown(np.where(np.not_equal(condition, 0), 1.0, 0.0), condition)
    return (np.zeros_like(condition), is_true, 1 - is_true)[: 1 + len(branches)]


def _spread_if(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    return Call("IF", tuple(map(expansion.of, arguments)))


def _if(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    condition, *branches = arguments
    decides = singly.operand(condition)
    if isinstance(decides, Rectangle) and decides.size != (1, 1):
        return each(_one_of, decides, *(_caught(singly, one) for one in branches))
    if truth(single(decides)):
        return _chosen(singly, branches[0])
    return _chosen(singly, branches[1]) if len(branches) > 1 else False


def _one_of(condition: Value, where_true: Value, where_false: Value = False) -> Value:
    return where_true if truth(condition) else where_false


def _caught(singly: Singly, argument: Expression) -> Operand:
    """Return an operand, an error as a value: it may be that nothing depends on it."""
    try:
        return singly.operand(argument)
    except Failed as failed:
        return failed.error


def _chosen(singly: Singly, branch: Expression) -> Operand:
    """Return what a branch gives: a cell as such, and 0 where it is left out."""
    operand = singly.operand(branch)
    single(operand)
    return 0.0 if operand is None else operand


def _if_error(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    operand = _caught(singly, arguments[0])
    if isinstance(operand, Rectangle) and operand.size != (1, 1):
        other = _caught(singly, arguments[1])
        return each(lambda one, two: two if isinstance(one, Error) else one, operand, other)
    value = single(operand)
    return singly.value(arguments[1]) if isinstance(value, Error) else value


def _nth(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    place = int(number(singly.value(arguments[0])))
    if not 1 <= place < len(arguments):
        raise Failed(VALUE)
    return _chosen(singly, arguments[place])


def _nth_of(place: Array, *choices: Array) -> Array:
    chosen = np.array(np.nan)
    for number_, choice in enumerate(choices, 1):
        chosen = np.where(np.trunc(place) == number_, choice, chosen)
    return chosen


def _nth_slopes(place: Array, *choices: Array) -> tuple[Array, ...]:
    own = (np.where(np.trunc(place) == at, 1.0, 0.0) for at in range(1, len(choices) + 1))
    return (np.zeros_like(place), *own)


def _all(cells: Array, axis: int) -> Array:
    return unless_unknown(np.all(cells != 0, axis=axis), cells.sum(axis=axis))


def _any(cells: Array, axis: int) -> Array:
    return unless_unknown(np.any(cells != 0, axis=axis), cells.sum(axis=axis))


def _not(condition: Array) -> Array:
    return unless_unknown(np.equal(condition, 0), condition)


def _conditions(singly: Singly, arguments: tuple[Expression, ...]) -> Iterator[bool]:
    """Yield the conditions among some arguments; texts and blanks among cells are none."""
    for argument in arguments:
        operand = singly.operand(argument)
        if not isinstance(operand, Rectangle):
            if isinstance(operand, str):
                raise NotKnown("a text as a condition among several")
            yield truth(operand)
            continue
        for value in operand:
            if isinstance(value, float | bool | Error):
                yield truth(value)


def _and(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    return all(_at_least_one(singly, arguments))


def _or(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    return any(_at_least_one(singly, arguments))


def _at_least_one(singly: Singly, arguments: tuple[Expression, ...]) -> list[bool]:
    conditions = list(_conditions(singly, arguments))
    if not conditions:
        raise Failed(VALUE)
    return conditions


def _as_number(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    match single(singly.operand(arguments[0])):
        case Error(text):
            raise Failed(text)
        case float() | bool() as value:
            return float(value)
    return 0.0


def _flat_over(cells: Array, axis: int) -> Array:  # noqa: ARG001
    return np.zeros_like(cells)


LOGIC = (
    Function(
        "IF",
        arguments=(2, 3),
        each=_choose,
        slopes=_choose_slopes,
        branches=slice(1, None),
        singly=_if,
        spread=_spread_if,
    ),
    Function(
        "IFERROR",
        arguments=(2, 2),
        each=lambda value, _: value,  # an error is NaN, and that is looked at singly
        slopes=lambda value, other: (np.where(np.isnan(value), np.nan, 1.0), np.zeros_like(other)),
        branches=slice(None),
        singly=_if_error,
    ),
    Function(
        "CHOOSE",
        arguments=(2, 255),
        each=_nth_of,
        slopes=_nth_slopes,
        branches=slice(1, None),
        error=VALUE,
        singly=_nth,
    ),
    Function(
        "AND",
        arguments=_MANY,
        over=_all,
        slope_over=_flat_over,
        gives=Gives.BOOLEAN,
        counts_blanks=False,
        singly=_and,
    ),
    Function(
        "OR",
        arguments=_MANY,
        over=_any,
        slope_over=_flat_over,
        gives=Gives.BOOLEAN,
        counts_blanks=False,
        singly=_or,
    ),
    Function(
        "NOT",
        each=_not,
        slopes=flat,
        gives=Gives.BOOLEAN,
        singly=lambda singly, arguments: not truth(singly.value(arguments[0])),
    ),
    Function("NA", arguments=(0, 0), each=lambda: np.array(np.nan), error=NA),
    Function("N", each=lambda value: value, slopes=lambda x: (np.ones_like(x),), singly=_as_number),
    Function(
        "TRUE",
        arguments=(0, 0),
        each=lambda: np.array(1.0),
        gives=Gives.BOOLEAN,
        singly=lambda singly, arguments: True,  # noqa: ARG005
    ),
    Function(
        "FALSE",
        arguments=(0, 0),
        each=lambda: np.array(0.0),
        gives=Gives.BOOLEAN,
        singly=lambda singly, arguments: False,  # noqa: ARG005
    ),
)
