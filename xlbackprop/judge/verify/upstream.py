"""Errors and texts that follow from errors and texts in earlier cells."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Equation, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.formula.tokens import split
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


def follows_from_invalid(equation: Equation, found: Found, expects_none: Mask) -> Mask:
    """Return where no number is what no number upstream leads to: an error, a text, a truth."""
    is_invalid = np.isin(found.states, (State.ERROR, State.TEXT, State.BOOLEAN))
    candidates = np.array(found.has_formula & expects_none & is_invalid)
    if candidates.any():
        at = found.addresses(equation)
        for index in indices(candidates):
            formula = (found.formula(index) or "").removeprefix("=")
            expected = str(equation.formula(at, *index)) if at else ""
            candidates[index] = not _is_broken(formula, expected)
    return candidates


def _is_broken(formula: str, expected: str) -> bool:
    """Return whether a formula is wrong in itself, which an error upstream would hide.

    It is where a reference is lost, and where it is the page's own but for what it refers to.
    """
    if "#REF!" in formula:
        return True
    try:
        (ours, our_cells), (theirs, their_cells) = split(expected), split(formula)
    except ValueError:
        return False
    if ours != theirs:
        return False  # the user's own way to write it: nothing to be said
    pairs = zip(our_cells, their_cells, strict=True)
    return any(own.unanchored != other.unanchored for own, other in pairs)
