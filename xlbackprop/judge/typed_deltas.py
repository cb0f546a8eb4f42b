"""Deltas, -dL/dx, typed where gradients belong: the delta rule's convention, and no mistake.

Numbers tell no convention by themselves: all with the sign reversed is what comes of the target
minus the output. But who adds them, times the rate, to the weights has reversed it twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Kind, Role
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.tolerance import allowance, rounding
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State

_GRADIENTS = (Role.PARAMETER_GRADIENT, Role.INPUT_GRADIENT, Role.OUTPUT_GRADIENT)


def accept_deltas(review: Review) -> Review:
    """Return the review in which gradients are right that all are the negatives of the right ones.

    Only where the page's updated weights are there, and all right.
    """
    updates = [one for one in review.judgements.values() if one.tensor.kind is Kind.UPDATE]
    gradients = {
        name: one for name, one in review.judgements.items() if one.tensor.role in _GRADIENTS
    }
    if not updates or not gradients or not _are_right(updates):
        return review
    if any(one.found.has_formula.any() for one in gradients.values()):
        return review  # the sheet's own derivatives tell its convention
    if not all(_is_negative(one) for one in gradients.values()) or _are_off(review, gradients):
        return review
    accepted = {name: _accepted(one) for name, one in gradients.items()}
    return replace(
        review,
        judgements={**review.judgements, **accepted},
        diagnoses={name: one for name, one in review.diagnoses.items() if name not in accepted},
        notes=(*review.notes, Note(NoteKind.DELTAS, names=tuple(accepted))),
    )


def _are_right(judgements: list[Judgement]) -> bool:
    return all((one.statuses == Status.RIGHT).all() for one in judgements)


def _are_off(review: Review, gradients: Mapping[str, Judgement]) -> bool:
    """Return whether anything else is not right: that may be for the sign of the gradients."""
    others = [one for name, one in review.judgements.items() if name not in gradients]
    return not _are_right(others)


def _is_negative(judgement: Judgement) -> bool:
    """Return whether a tensor is there whole, and the right one's negative."""
    found, right = judgement.found, -judgement.expected
    typed = (found.states == State.NUMBER) & ~found.has_formula
    allowed = allowance(right, rounding(found.numbers, typed, right))
    with np.errstate(invalid="ignore"):
        return bool((np.abs(found.numbers - right) <= allowed).all() and right.any())


def _accepted(judgement: Judgement) -> Judgement:
    return replace(
        judgement,
        statuses=np.full(judgement.statuses.shape, Status.RIGHT, dtype=np.int8),
        expected=-judgement.expected,
        from_user=-judgement.from_user,
    )
