"""Numbers that were typed where a formula was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.judge.constants import constants
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Judgement, Status
from xlbackprop.workbook.read.cells import State


def ask_for_formulas(review: Review) -> Review:
    """Return the review with cells `typed` that hold a number the page has a formula for.

    Only cells that are right or carried: a wrong number stays wrong. Cells that are constant on
    the page as well, such as the zeros of a padding, are left alone.
    """
    results = dict(review.judgements)
    for name, equation in review.network.equation_of.items():
        judgement = results.get(name)
        if judgement is None:
            continue
        typed = _typed(judgement)
        if typed.any():
            typed &= ~constants(equation, typed)
            statuses = np.where(typed, Status.TYPED, judgement.statuses).astype(np.int8)
            results[name] = replace(judgement, statuses=statuses)
    return replace(review, judgements=results)


def _typed(judgement: Judgement) -> Mask:
    found = judgement.found
    is_credited = np.isin(judgement.statuses, (Status.RIGHT, Status.CARRIED))
    return np.asarray((found.states == State.NUMBER) & ~found.has_formula & is_credited)
