"""From wrong cells to slips: the whole tensor first, then its parts, then single cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.judge.diagnose.case import Case, cases
from xlbackprop.judge.diagnose.cells import explain_cells
from xlbackprop.judge.diagnose.constants import explain_constants
from xlbackprop.judge.diagnose.copies import explain_copies
from xlbackprop.judge.diagnose.earlier import earlier_trials
from xlbackprop.judge.diagnose.formulas import explain_formulas
from xlbackprop.judge.diagnose.references import explain_references
from xlbackprop.judge.diagnose.regions import explain_regions
from xlbackprop.judge.diagnose.trial import Trial, trials
from xlbackprop.judge.diagnosis import Diagnosis, unknown
from xlbackprop.judge.review import Review
from xlbackprop.progress import each

_STAGES = (
    explain_regions,
    explain_constants,
    explain_formulas,
    explain_copies,
    explain_references,
    explain_cells,
)


@np.errstate(all="ignore")  # a stranger's numbers may overflow
def diagnose(review: Review) -> Review:
    """Return the review with what explains the wrong cells of each tensor that has some, by name.

    A slip is named where it explains all wrong cells of the tensor, or of a part of it (one
    filter, channel, row), from the workbook's own earlier cells, and no right cell contradicts
    it. Wrong cells that nothing explains are "unknown". Nothing is computed where nothing is
    wrong.
    """
    found = cases(review)
    tried = [trials(case) for case in found]
    unexplained = [case for case, own in zip(found, tried, strict=True) if not _is_own(case, own)]
    earlier = earlier_trials(review, unexplained) if unexplained else {}
    diagnoses = {}
    for case, own in each("looking for the mistake", list(zip(found, tried, strict=True))):
        name = case.equation.target.name
        diagnoses[name] = tuple(_explanations(case, [*own, *earlier.get(name, ())]))
    return replace(review, diagnoses=diagnoses)


def _is_own(case: Case, tried: Sequence[Trial]) -> bool:
    """Return whether a slip of the tensor's own explains all of its wrong cells."""
    return any(
        one.is_own and one.consistent.all() and (one.explained == case.wrong).all() for one in tried
    )


def _explanations(case: Case, tried: Sequence[Trial]) -> Iterator[Diagnosis]:
    left: Mask = case.wrong.copy()
    for explain in _STAGES:
        for diagnosis in explain(case, tried, left.copy()):
            left &= ~diagnosis.where
            yield diagnosis
        if not left.any():
            return
    yield unknown(left)
