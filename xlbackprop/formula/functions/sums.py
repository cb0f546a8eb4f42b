"""Functions that add up: of all their cells, or of what stands at one place of several."""

from __future__ import annotations

from functools import reduce

import numpy as np

from xlbackprop.formula.functions.function import Expansion, Function
from xlbackprop.formula.tree import Expression, Number, Operation, total

_TWO = Number(2.0, "2")


def _square(cell: Expression) -> Expression:
    return Operation("^", cell, _TWO)


def _product(*cells: Expression) -> Expression:
    return reduce(lambda left, right: Operation("*", left, right), cells)


def _mean(expansion: Expansion, arguments: tuple[Expression, ...]) -> Expression:
    cells = expansion.listed(arguments)
    return Operation("/", total(cells), Number(float(len(cells)), str(len(cells))))


SUMS = (
    Function("SUM", term=lambda cell: cell),
    Function("SUMSQ", term=_square),
    Function("SUMPRODUCT", term=_product, paired=True),
    Function("SUMXMY2", term=lambda left, right: _square(Operation("-", left, right)), paired=True),
    Function("AVERAGE", "mean", over=lambda cells, axis: np.mean(cells, axis=axis), spread=_mean),
)
