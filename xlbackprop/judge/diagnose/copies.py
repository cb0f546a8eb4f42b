"""Formulas that only repeat one of the numbers they should be made of: `=A30`.

What such a formula says is no chance, however few the numbers: a slip that leaves just that number
is what happened there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.equation import Index, Mask, Mistake
from xlbackprop.equation.indices import indices
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.tokens import SLOT, split
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.cells import MOST_CELLS
from xlbackprop.judge.diagnose.trial import Trial
from xlbackprop.judge.diagnosis import Diagnosis, in_cells, named


def explain_copies(case: Case, tried: Sequence[Trial], left: Mask) -> Iterator[Diagnosis]:
    """Yield a diagnosis of the cells that repeat an entry of a source, as slips of theirs would."""
    candidates = indices(left & case.found.has_formula)
    if not 0 < len(candidates) <= MOST_CELLS:
        return
    copied = np.zeros_like(left)
    for index in candidates:
        copied[index] = _repeats_own_source(case, index)
    own = [one for one in tried if one.is_own and (one.explained & copied).any()]
    by_cells: dict[bytes, list[Mistake]] = {}
    for trial in own:
        by_cells.setdefault((trial.explained & copied).tobytes(), []).append(trial.slip)
    for cells, slips in by_cells.items():
        where = np.frombuffer(cells, dtype=np.bool_).reshape(left.shape) & copied
        copied &= ~where
        if where.any():
            yield named(slips, where, in_cells(where))


def _repeats_own_source(case: Case, index: Index) -> bool:
    """Return whether a formula is but a reference to a source's entry of the same index."""
    formula = (case.found.formula(index) or "").removeprefix("=").removeprefix("+")
    try:
        skeleton, addresses = split(formula)
    except ValueError:  # too long for any spreadsheet
        return False
    if skeleton != SLOT or not addresses[0].is_cell:
        return False
    sheet, _ = case.found.places.at(index)
    cell = addresses[0].sheet or sheet, address_of(addresses[0].top, addresses[0].left)
    sources = (case.page.get(one.name) for one in case.equation.sources.values())
    return any(
        own is not None
        and own.tensor.shape == case.found.tensor.shape
        and own.places.at(index) == cell
        for own in sources
    )
