"""Functions of all numbers among their cells; what holds none is passed over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Expansion, Function, Singly
from xlbackprop.formula.functions.values import DIV, Failed, Operand, Rectangle, number
from xlbackprop.formula.tree import Expression, Number, Operation, total

_MANY = (1, 255)


def _mean(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    cells = expansion.listed(arguments)
    return Operation("/", total(cells), Number(float(len(cells)), str(len(cells))))


def _count(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    """Return how many numbers there are; an error, or a text that is none, is just no number."""
    count = 0
    for argument in arguments:
        try:
            operand = singly.operand(argument)
            if isinstance(operand, Rectangle):
                count += sum(isinstance(value, float) for value in operand)
            else:
                number(operand)
                count += 1
        except Failed:
            continue
    return float(count)


def _deviation(variance: Callable[[Array, int], Array]) -> Callable[[Array, int], Array]:
    return lambda cells, axis: np.sqrt(variance(cells, axis))


def _of_all(cells: Array, axis: int) -> Array:
    return np.asarray(np.var(cells, axis=axis))


def _of_a_sample(cells: Array, axis: int) -> Array:
    if cells.shape[axis] < 2:
        return np.asarray(np.mean(cells, axis=axis) * np.nan)
    return np.asarray(np.var(cells, axis=axis, ddof=1))


def _statistic(name: str, over: Callable[[Array, int], Array], fewest: int) -> Function:
    return Function(name, arguments=_MANY, over=over, fewest=fewest, error=DIV, counts_blanks=False)


STATISTICS = (
    Function(
        "MAX",
        latex=r"\max",
        arguments=_MANY,
        over=lambda cells, axis: np.max(cells, axis=axis),
        fewest=1,
        otherwise=0.0,
        counts_blanks=False,
    ),
    Function(
        "MIN",
        latex=r"\min",
        arguments=_MANY,
        over=lambda cells, axis: np.min(cells, axis=axis),
        fewest=1,
        otherwise=0.0,
        counts_blanks=False,
    ),
    Function(
        "AVERAGE",
        "mean",
        arguments=_MANY,
        over=lambda cells, axis: np.mean(cells, axis=axis),
        fewest=1,
        error=DIV,
        counts_blanks=False,
        spread=_mean,
    ),
    Function(
        "COUNT",
        arguments=_MANY,
        over=lambda cells, axis: np.sum(cells * 0 + 1, axis=axis),
        counts_blanks=False,
        singly=_count,
    ),
    _statistic("VAR.P", _of_all, 1),
    _statistic("VARP", _of_all, 1),
    _statistic("VAR.S", _of_a_sample, 2),
    _statistic("VAR", _of_a_sample, 2),
    _statistic("STDEV.P", _deviation(_of_all), 1),
    _statistic("STDEVP", _deviation(_of_all), 1),
    _statistic("STDEV.S", _deviation(_of_a_sample), 2),
    _statistic("STDEV", _deviation(_of_a_sample), 2),
)
