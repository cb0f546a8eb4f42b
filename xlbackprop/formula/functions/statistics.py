"""Functions of all numbers among their cells; what holds none is passed over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

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


def _first(of: Callable[..., NDArray[np.intp]]) -> Callable[[Array, int], Array]:
    """Return the slope of an extreme: 1 at the first cell that is it."""

    def slope(cells: Array, axis: int) -> Array:
        at = np.expand_dims(of(cells, axis=axis), axis)
        result = np.zeros_like(cells)
        np.put_along_axis(result, at, 1.0, axis)
        return result

    return slope


def _variance_slope(fewest: int) -> Callable[[Array, int], Array]:
    def slope(cells: Array, axis: int) -> Array:
        differences = cells - cells.mean(axis=axis, keepdims=True)
        return np.asarray(2 * differences / (cells.shape[axis] + 1 - fewest))

    return slope


def _deviation_slope(fewest: int) -> Callable[[Array, int], Array]:
    def slope(cells: Array, axis: int) -> Array:
        deviation = cells.std(axis=axis, keepdims=True, ddof=fewest - 1)
        return np.asarray(_variance_slope(fewest)(cells, axis) / (2 * deviation))

    return slope


def _statistic(name: str, over: Callable[[Array, int], Array], fewest: int) -> Function:
    slope = (_deviation_slope if name.startswith("STDEV") else _variance_slope)(fewest)
    return Function(
        name,
        arguments=_MANY,
        over=over,
        slope_over=slope,
        fewest=fewest,
        error=DIV,
        counts_blanks=False,
    )


STATISTICS = (
    Function(
        "MAX",
        latex=r"\max",
        arguments=_MANY,
        over=lambda cells, axis: np.max(cells, axis=axis),
        slope_over=_first(np.argmax),
        fewest=1,
        otherwise=0.0,
        counts_blanks=False,
    ),
    Function(
        "MIN",
        latex=r"\min",
        arguments=_MANY,
        over=lambda cells, axis: np.min(cells, axis=axis),
        slope_over=_first(np.argmin),
        fewest=1,
        otherwise=0.0,
        counts_blanks=False,
    ),
    Function(
        "AVERAGE",
        "mean",
        arguments=_MANY,
        over=lambda cells, axis: np.mean(cells, axis=axis),
        slope_over=lambda cells, axis: np.full_like(cells, 1 / cells.shape[axis]),
        fewest=1,
        error=DIV,
        counts_blanks=False,
        spread=_mean,
    ),
    Function(
        "COUNT",
        arguments=_MANY,
        over=lambda cells, axis: np.sum(cells * 0 + 1, axis=axis),
        slope_over=lambda cells, axis: np.zeros_like(cells),  # noqa: ARG005
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
