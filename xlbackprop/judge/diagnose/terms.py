"""The terms that a cell's formula adds up, as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Array, Index
from xlbackprop.formula.cell_formula import EquationFormulas
from xlbackprop.formula.evaluate import addends
from xlbackprop.formula.functions.values import NotKnown


def terms(formulas: EquationFormulas, index: Index, values: Mapping[str, Array]) -> Array | None:
    """Return the terms of one cell's sum, or None where there is no telling."""
    formula = formulas.of(index)
    try:
        found = addends(formula.tree, formulas.numbers(formula, values))
    except NotKnown:
        return None
    return np.concatenate([term.ravel() for term in found])
