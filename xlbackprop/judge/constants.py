"""Cells that hold a number and no formula on the page itself, such as the zeros of a padding."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Equation, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.formula.cell_formula import EquationFormulas


def constants(equation: Equation, among: Mask) -> Mask:
    """Return which of some cells are constant whatever the equation's sources."""
    formulas = EquationFormulas(equation)
    constant = np.zeros_like(among)
    for index in indices(among):
        constant[index] = formulas.is_constant(index)
    return constant
