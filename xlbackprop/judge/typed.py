"""Numbers that were typed where a formula was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.judge.constants import constants
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.retyped import retyped
from xlbackprop.judge.review import Review
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State


def ask_for_formulas(review: Review, *, is_tried: bool = False) -> Review:
    """Return the review with cells `typed` that hold a number the page has a formula for.

    Only cells that are right or carried: a wrong number stays wrong. Cells that are constant on
    the page as well, such as the zeros of a padding, are left alone, and so are givens that were
    typed again. Formulas that could not be recalculated are no answer either; with `is_tried` a
    proof is going to say so.
    """
    results, again = dict(review.judgements), retyped(review.judged_network, review.found)
    unevaluated = 0
    for name, equation in review.judged_network.equation_of.items():
        judgement = results.get(name)
        if judgement is None:
            continue
        unevaluated += int(_unevaluated(judgement).sum())
        typed = _typed(judgement)
        if name in again:
            typed &= ~again[name]
        if typed.any():
            typed &= ~constants(equation, typed)
            statuses = np.where(typed, Status.TYPED, judgement.statuses).astype(np.int8)
            results[name] = replace(judgement, statuses=statuses)
    review = replace(review, judgements=results)
    if is_tried or not unevaluated:
        return review
    note = Note(NoteKind.UNEVALUATED, unevaluated)
    return replace(review, notes=(*review.notes, note))


def _typed(judgement: Judgement) -> Mask:
    found = judgement.found
    is_number = (found.states == State.NUMBER) & ~found.has_formula
    return np.asarray(is_number & _is_credited(judgement))


def _unevaluated(judgement: Judgement) -> Mask:
    """Return which formulas have a saved number, and nobody knows what they give."""
    found = judgement.found
    untried = found.has_formula
    if found.recalculated is not None:
        untried = untried & found.recalculated.untried
    return np.asarray(untried & _is_credited(judgement))


def _is_credited(judgement: Judgement) -> Mask:
    statuses = judgement.statuses
    return np.asarray((statuses == Status.RIGHT) | (statuses == Status.CARRIED))
