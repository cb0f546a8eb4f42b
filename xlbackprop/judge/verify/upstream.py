"""What follows from errors and texts in earlier cells, and what only seems to."""

from __future__ import annotations

import re

import numpy as np

from xlbackprop.equation import Equation, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.formula.tokens import split, tokens
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

# Names and functions that give an error or a truth of their own accord. Others may refer to cells.
_REFER_TO_NOTHING = frozenset(
    ("TRUE", "FALSE", "NA", "SQRT", "LN", "LOG", "LOG10", "EXP", "IF", "NOT", "AND", "OR")
)

_NUMBERS_AND_SIGNS = re.compile(r"=?(?:\d+\.?\d*(?:E[+-]?\d+)?|\.\d+|[-+*/^()%\s])+", re.IGNORECASE)


def follows_from_nothing(found: Found, among: Mask) -> Mask:
    """Return which of some formulas are of numbers and signs only, such as `=0*1`."""
    nothing = np.zeros_like(among)
    for index in indices(among & found.has_formula):
        nothing[index] = _NUMBERS_AND_SIGNS.fullmatch(found.formula(index) or "") is not None
    return nothing


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


def zero_from_elsewhere(equation: Equation, found: Found, among: Mask) -> Mask:
    """Return where a 0 only seems to follow: the formula is the page's own, but of other cells.

    What stands in a blank cell somewhere else is 0 as well, as is an error that counts as nothing.
    """
    elsewhere = np.array(among & found.has_formula & (found.numbers == 0))
    if elsewhere.any():
        at = found.addresses(equation)
        for index in indices(elsewhere):
            formula = (found.formula(index) or "").removeprefix("=")
            expected = str(equation.formula(at, *index)) if at else ""
            elsewhere[index] = _is_broken(formula, expected)
    return elsewhere


def _is_broken(formula: str, expected: str) -> bool:
    """Return whether a formula is wrong in itself, which an error upstream would hide.

    It is where a reference is lost, where it refers to nothing, and where it is the page's own
    but for what it refers to.
    """
    if "#REF!" in formula:
        return True
    try:
        if not _refers(formula):
            return True
        (ours, our_cells), (theirs, their_cells) = split(expected), split(formula)
    except ValueError:
        return False
    if ours != theirs:
        return False  # the user's own way to write it: nothing to be said
    pairs = zip(our_cells, their_cells, strict=True)
    return any(own.unanchored != other.unanchored for own, other in pairs)


def _refers(formula: str) -> bool:
    """Return whether a formula may take an error from a cell: it refers to one.

    So does one that reckons with an error, which may have stood in a cell; an error alone is as
    good as typed. Raises ValueError as `tokens`.
    """
    found = list(tokens(formula))
    for token in found:
        if token.kind in ("reference", "structured") or (token.kind == "error" and found[1:]):
            return True
        if token.kind in ("name", "call") and token.text.upper() not in _REFER_TO_NOTHING:
            return True
    return False
