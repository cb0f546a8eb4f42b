"""One number in many cells, where different ones belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.diagnose.case import Case
from xlbackprop.diagnose.diagnosis import Diagnosis, in_cells, named
from xlbackprop.diagnose.trial import LIKELY, Trial, chances
from xlbackprop.equation import Mask, Slip

PASTED = Slip(
    "a constant pasted",
    "Work out each cell by itself: the same number stands in all of these, and different ones"
    " belong there.",
    compute=lambda **arrays: next(iter(arrays.values())),
)

_LEAST_CELLS = 3


def explain_constants(
    case: Case,
    tried: Sequence[Trial],  # noqa: ARG001
    left: Mask,
) -> Iterator[Diagnosis]:
    """Yield the diagnosis of wrong cells that all hold one number."""
    numbers, counts = np.unique(case.numbers[left], return_counts=True)
    number, count = numbers[counts.argmax()], int(counts.max())
    where = left & (case.numbers == number)
    if count < _LEAST_CELLS or count < 0.5 * left.sum():
        return
    value = np.full(case.right.shape, number)
    _, first = np.unique(np.round(case.right[where], 9), return_index=True)
    # The number itself could be any; that the others are the same is what must not be chance.
    by_chance = np.sort(chances(case, value, where)[first])[:-1]
    if first.size >= _LEAST_CELLS and by_chance.sum() <= np.log(LIKELY / case.right.size):
        yield named([PASTED], where, in_cells(where))
