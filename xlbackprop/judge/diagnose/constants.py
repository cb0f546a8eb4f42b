"""One number in many cells, where different ones belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.equation import Mask, Mistake
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.trial import LIKELY, Trial, chances
from xlbackprop.judge.diagnosis import Diagnosis, in_cells, named

PASTED = Mistake(
    "a constant pasted",
    "Work out each cell by itself: the same number stands in all of these, and different ones"
    " belong there.",
)

_LEAST_CELLS = 3


def explain_constants(
    case: Case,
    tried: Sequence[Trial],  # noqa: ARG001
    left: Mask,
) -> Iterator[Diagnosis]:
    """Yield the diagnosis of wrong cells that all hold one number, and of blocks that do."""
    if _is_constant(case, left):
        yield named([PASTED], left, in_cells(left))
        return
    where = np.zeros_like(left)
    for index in case.equation.target.block_indices():
        if case.known[index].all() and np.ptp(case.numbers[index]) == 0:
            block = np.zeros_like(left)
            block[index] = left[index]
            where |= block if _is_constant(case, block) else False
    if where.any():
        yield named([PASTED], where, in_cells(where))


def _is_constant(case: Case, cells: Mask) -> bool:
    """Return whether the cells hold one number, and too many of them for it to be chance."""
    numbers = case.numbers[cells]
    if numbers.size < _LEAST_CELLS or np.ptp(numbers) > 0:
        return False
    _, first = np.unique(np.round(case.right[cells], 9), return_index=True)
    value = np.full(case.right.shape, numbers[0])
    # The number itself could be any; that the others are the same is what must not be chance.
    by_chance = np.sort(chances(case, value, cells)[first])[:-1]
    return bool(first.size >= _LEAST_CELLS and by_chance.sum() <= np.log(LIKELY / case.right.size))
