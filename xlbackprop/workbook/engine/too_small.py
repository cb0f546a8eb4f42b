"""Comparisons of numbers that are so small that the engine takes them for 0, as Excel does not."""

from __future__ import annotations

import re

import numpy as np

from xlbackprop.formula.tokens import split
from xlbackprop.workbook.engine.formula_cells import FormulaCells

# What differs by less is equal to the engine: the last digit of 1 in binary.
_EQUAL = float(np.finfo(np.float64).eps)
_COMPARISON = re.compile("[<>=]")


def compares_too_small(cells: FormulaCells, number: int) -> bool:
    """Return whether a formula compares, and refers to a cell whose number is all but 0."""
    formula = cells.formula(number)
    if not _COMPARISON.search(formula):
        return False
    own, _, _ = cells.place(number)
    stored = {sheet.lower(): one for sheet, one in cells.stored.items()}
    for address in split(formula)[1]:
        sheet = stored.get((address.sheet or own).lower())
        if sheet is None or address.book or not address.is_cell:
            continue
        (at,) = sheet.find(np.array([address.top]), np.array([address.left])).tolist()
        if at >= 0 and 0 < abs(sheet.numbers[at]) < _EQUAL:
            return True
    return False
