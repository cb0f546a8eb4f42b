"""Slips in single cells, read from the formula that a person wrote.

A formula that is the page's own but for the cells it refers to, or for one term, says by itself
what went wrong. One that is written in another way says nothing: there are many right ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.equation import Index, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.formula.grid import Addresses, corners
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.cells import MOST_CELLS
from xlbackprop.judge.diagnose.general import SHIFTED, SIGN
from xlbackprop.judge.diagnose.trial import Trial
from xlbackprop.judge.diagnosis import Diagnosis, in_cells

_REFERENCE = re.compile(
    r"((?:'[^'!]{1,80}'|[^\W\d][\w.]{0,80})!)?([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?)"
)
_LONGEST = 2_000


def explain_formulas(
    case: Case,
    tried: Sequence[Trial],  # noqa: ARG001
    left: Mask,
) -> Iterator[Diagnosis]:
    """Yield a diagnosis of the cells whose formulas are nearly right, the same slips together."""
    candidates = indices(left & case.found.has_formula)
    if not 0 < len(candidates) <= MOST_CELLS:
        return
    at = case.found.addresses(case.equation)
    if at is None:  # a page of somebody else's, where there is no formula to compare with
        return
    by_name: dict[str, tuple[str, Mask]] = {}
    for index in candidates:
        if (slip := _slip(case, at, index)) is not None:
            name, hint = slip
            by_name.setdefault(name, (hint, np.zeros_like(left)))[1][index] = True
    for name, (hint, where) in by_name.items():
        yield Diagnosis(name, f"{name}{in_cells(where)}: {hint}", where)


def _slip(case: Case, at: Addresses, index: Index) -> tuple[str, str] | None:
    """Return the name of a formula's slip and what to do, or None."""
    found = case.found.formula(index) or ""
    if len(found) > _LONGEST:
        return None
    theirs = _plain(found.removeprefix("=").removeprefix("+"))
    ours = _plain(str(case.equation.formula(at, *index)))
    return _shift(ours, theirs) or _missing_term(ours, theirs) or _sign(ours, theirs)


def _plain(formula: str) -> str:
    return formula.replace("$", "").replace(" ", "").upper()


def _shift(ours: str, theirs: str) -> tuple[str, str] | None:
    """Return the slip of a formula that is right but for where its windows stand."""
    if _REFERENCE.sub("#", ours) != _REFERENCE.sub("#", theirs):
        return None
    pairs = zip(_REFERENCE.findall(ours), _REFERENCE.findall(theirs), strict=True)
    moved = [(right, wrong) for right, wrong in pairs if right != wrong]
    moves = {_move(right, wrong) for right, wrong in moved}
    if len(moves) != 1 or None in moves:
        return None
    (_, right), (_, wrong) = moved[0]
    return SHIFTED, f"Let the formula refer to {right} instead of {wrong}."


def _move(right: tuple[str, str], wrong: tuple[str, str]) -> tuple[int, int] | None:
    """Return by how many rows and columns a reference is off; None where it differs otherwise."""
    if right[0] != wrong[0]:
        return None
    (top, left), (bottom, end) = corners(right[1])
    (other_top, other_left), (other_bottom, other_end) = corners(wrong[1])
    down, along = other_top - top, other_left - left
    return (down, along) if (other_bottom - bottom, other_end - end) == (down, along) else None


def _missing_term(ours: str, theirs: str) -> tuple[str, str] | None:
    parts = _summands(ours)
    for number, part in enumerate(parts):
        rest = parts[:number] + parts[number + 1 :]
        if rest and "+".join(rest) == theirs:
            return "one term missing", f"Add {part}: without it the sum is not complete."
    return None


def _sign(ours: str, theirs: str) -> tuple[str, str] | None:
    single = len(_summands(ours)) == 1
    if theirs == f"-({ours})" or (single and theirs == f"-{ours}"):
        return SIGN, "Leave out the minus sign before the formula."
    return None


def _summands(formula: str) -> list[str]:
    """Return what a formula adds up, split at each plus sign outside of parentheses."""
    parts, depth = [""], 0
    for character in formula:
        depth += (character == "(") - (character == ")")
        if character == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
