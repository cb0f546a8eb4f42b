"""Products of matrices, plane by plane: rows times rows, and columns times columns.

SUMPRODUCT wants its ranges to lie alike, so a row times a column needs one of the two turned, as a
block of its own (`transposed`). All axes before the last two number the planes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct


@dataclass(frozen=True)
class Factor:
    """What a product is multiplied with: its text in a formula and in the line, and the number."""

    value: float = 1.0
    text: str = ""
    line: str = ""

    def times(self, product: str) -> str:
        """Return the formula of the factor times a product."""
        return f"{self.text}*{product}" if self.text else product

    @property
    def head(self) -> str:
        """What stands before a sum in the line: `0.5 · `."""
        return f"{self.line} · " if self.line else ""


ONE = Factor()


def rows_times_rows(
    target: Tensor,
    a: Tensor,
    b: Tensor,
    math: Math,
    factor: Factor = ONE,
    slips: tuple[Slip, ...] = (),
) -> Equation:
    """Return target[…,i,k] = factor · Σ(j) a[…,i,j] · b[…,k,j]."""

    def formula(at: Addresses, *index: int) -> str:
        *lead, i, k = index
        return factor.times(sumproduct(at.a[*lead, i, :], at.b[*lead, k, :].fixed))

    return Equation(target, {"a": a, "b": b}, by_rows(factor), formula, math, slips)


def columns_times_columns(
    target: Tensor,
    a: Tensor,
    b: Tensor,
    math: Math,
    factor: Factor = ONE,
    slips: tuple[Slip, ...] = (),
) -> Equation:
    """Return target[…,j,k] = factor · Σ(i) a[…,i,j] · b[…,i,k]."""

    def formula(at: Addresses, *index: int) -> str:
        *lead, j, k = index
        return factor.times(sumproduct(at.a[*lead, :, j].fixed, at.b[*lead, :, k]))

    return Equation(target, {"a": a, "b": b}, by_columns(factor), formula, math, slips)


def by_rows(factor: Factor = ONE) -> Callable[..., Array]:
    """Return what computes `rows_times_rows` from a and b."""
    return lambda a, b: np.asarray(factor.value * (a @ b.swapaxes(-1, -2)))


def by_columns(factor: Factor = ONE) -> Callable[..., Array]:
    """Return what computes `columns_times_columns` from a and b."""
    return lambda a, b: np.asarray(factor.value * (a.swapaxes(-1, -2) @ b))
