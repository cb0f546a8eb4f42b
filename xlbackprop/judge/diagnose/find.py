"""From wrong cells to slips: the whole tensor first, then its parts, then single cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.judge.diagnose.case import Case, cases
from xlbackprop.judge.diagnose.cells import explain_cells
from xlbackprop.judge.diagnose.constants import explain_constants
from xlbackprop.judge.diagnose.formulas import explain_formulas
from xlbackprop.judge.diagnose.regions import explain_regions
from xlbackprop.judge.diagnose.trial import trials
from xlbackprop.judge.diagnosis import Diagnosis, unknown
from xlbackprop.judge.review import Review
from xlbackprop.progress import each


@np.errstate(all="ignore")  # a stranger's numbers may overflow
def diagnose(review: Review) -> Review:
    """Return the review with what explains the wrong cells of each tensor that has some, by name.

    A slip is named where it explains all wrong cells of the tensor, or of a part of it (one
    filter, channel, row), from the workbook's own earlier cells, and no right cell contradicts
    it. Wrong cells that nothing explains are "unknown". Nothing is computed where nothing is
    wrong.
    """
    diagnoses = {
        case.equation.target.name: tuple(_explanations(case))
        for case in each("looking for the mistake", cases(review))
    }
    return replace(review, diagnoses=diagnoses)


def _explanations(case: Case) -> Iterator[Diagnosis]:
    left: Mask = case.wrong.copy()
    tried = trials(case)
    for explain in (explain_regions, explain_constants, explain_formulas, explain_cells):
        for diagnosis in explain(case, tried, left.copy()):
            left &= ~diagnosis.where
            yield diagnosis
        if not left.any():
            return
    yield unknown(left)
