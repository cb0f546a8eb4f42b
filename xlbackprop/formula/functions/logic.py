"""Choices. What is true is 1 here, and what is false 0."""

from __future__ import annotations

from functools import reduce

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Expansion, Function
from xlbackprop.formula.tree import Call, Expression


def unless_unknown(result: Array, *arguments: Array) -> Array:
    """Return a result, NaN where an argument is NaN: comparisons would take it for a number."""
    unknown = reduce(np.logical_or, map(np.isnan, arguments))
    return np.where(unknown, np.nan, result)


def _choose(condition: Array, where_true: Array, where_false: Array | float = 0.0) -> Array:
    chosen = np.where(np.not_equal(condition, 0), where_true, where_false)
    return unless_unknown(chosen, condition)


def _all(cells: Array, axis: int) -> Array:
    return unless_unknown(np.all(cells != 0, axis=axis), cells.sum(axis=axis))


def _any(cells: Array, axis: int) -> Array:
    return unless_unknown(np.any(cells != 0, axis=axis), cells.sum(axis=axis))


def _not(condition: Array) -> Array:
    return unless_unknown(np.equal(condition, 0), condition)


def _spread(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    return Call("IF", tuple(map(expansion.of, arguments)))


LOGIC = (
    Function("IF", "if", each=_choose, spread=_spread),
    Function("AND", "and", over=_all),
    Function("OR", "or", over=_any),
    Function("NOT", "not", each=_not),
)
