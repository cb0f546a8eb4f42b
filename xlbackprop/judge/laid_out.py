"""Gradients of weights that a stranger's page has input by output: a layout, and no mistake.

One gradient that is transposed is a slip. Where all of them are, other than their weights, the
page has an order of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xlbackprop.equation import Role
from xlbackprop.judge.diagnose import TRANSPOSED
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.found import Found

_FEWEST = 2


def accept_transposed_gradients(review: Review) -> Review:
    """Return the review in which gradients are right that all stand with rows and columns swapped.

    There are several, none of them stands as its weights do, and nothing on the page follows from
    what would be a slip.
    """
    swapped = [name for name in review.diagnoses if _is_swapped(review, name)]
    if not swapped or any((o.statuses == Status.CARRIED).any() for o in review.judgements.values()):
        return review
    gradients = [name for name in review.judgements if _is_matrix_gradient(review, name)]
    others = [name for name in gradients if name not in swapped]
    if len(gradients) < _FEWEST or not all(_stands_swapped(review, name) for name in others):
        return review
    accepted = {name: _accepted(review.judgements[name]) for name in swapped}
    return replace(
        review,
        found={**review.found, **{name: one.found for name, one in accepted.items()}},
        judgements={**review.judgements, **accepted},
        diagnoses={name: one for name, one in review.diagnoses.items() if name not in swapped},
        notes=(*review.notes, Note(NoteKind.LAID_OUT, names=tuple(swapped))),
    )


def _is_swapped(review: Review, name: str) -> bool:
    """Return whether all that is wrong with a gradient is that it stands transposed."""
    wrong = review.judgements[name].statuses == Status.WRONG
    diagnoses = review.diagnoses[name]
    if not _is_matrix_gradient(review, name) or [one.slip for one in diagnoses] != [TRANSPOSED]:
        return False
    return bool((diagnoses[0].where == wrong).all())


def _is_matrix_gradient(review: Review, name: str) -> bool:
    tensor = review.judgements[name].tensor
    is_gradient = tensor.role is Role.PARAMETER_GRADIENT
    return is_gradient and len(tensor.shape) == 2 and min(tensor.shape) > 1


def _stands_swapped(review: Review, name: str) -> bool:
    """Return whether a gradient's rows run where its weights' columns do."""
    weights = review.found.get(name.replace(".dL_d", "."))
    own = review.judgements[name].found
    return weights is not None and _runs_down(own) != _runs_down(weights)


def _runs_down(found: Found) -> bool:
    """Return whether the first axis runs down the page."""
    return bool(found.places.rows[1, 0] != found.places.rows[0, 0])


def _accepted(judgement: Judgement) -> Judgement:
    return replace(
        judgement,
        found=judgement.found.transposed,
        statuses=np.full(judgement.statuses.shape, Status.RIGHT, dtype=np.int8),
        uncredited=judgement.uncredited.T,
        rounded=judgement.rounded.T,
    )
