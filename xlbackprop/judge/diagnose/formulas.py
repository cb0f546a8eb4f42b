"""Slips in single cells, read from the formula that a person wrote.

A formula that is the page's own but for the cells it refers to, or for one term, says by itself
what went wrong. One that is written in another way says nothing: there are many right ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.equation import Index, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.formula.addresses import Address, rectangle
from xlbackprop.formula.grid import Addresses
from xlbackprop.formula.tokens import split
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.cells import MOST_CELLS
from xlbackprop.judge.diagnose.general import SHIFTED, SIGN
from xlbackprop.judge.diagnose.trial import Trial
from xlbackprop.judge.diagnosis import Diagnosis, in_cells

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
    try:
        (our_skeleton, rights), (their_skeleton, wrongs) = split(ours), split(theirs)
    except ValueError:
        return None
    if our_skeleton != their_skeleton:
        return None
    pairs = zip(rights, wrongs, strict=True)
    moved = [(right, wrong) for right, wrong in pairs if right.unanchored != wrong.unanchored]
    moves = {_move(right, wrong) for right, wrong in moved}
    if len(moves) != 1 or None in moves:
        return None
    right, wrong = (rectangle(one.top, one.left, *one.size) for one in moved[0])
    return SHIFTED, f"Let the formula refer to {right} instead of {wrong}."


def _move(right: Address, wrong: Address) -> tuple[int, int] | None:
    """Return by how many rows and columns a reference is off; None where it differs otherwise."""
    if (right.sheet, right.size) != (wrong.sheet, wrong.size):
        return None
    return wrong.top - right.top, wrong.left - right.left


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
