"""Draws of other numbers for the cells on which L rests: the page, and families of draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.findings import Family
from xlbackprop.formula.sheets.plane import Indices, Plane

EACH = 3
FAMILIES: Mapping[Family, slice] = {
    Family.PAGE: slice(0, 1),
    Family.ALL: slice(1, 1 + EACH),
    Family.SUMS: slice(1 + EACH, 1 + 2 * EACH),
    Family.ZEROS: slice(1 + 2 * EACH, 1 + 3 * EACH),
}
DRAWS = 1 + 3 * EACH

_SPREAD, _AWAY_FROM_ZERO = 0.3, 0.4
_SUM_CLOSE = 1e-9
_SEED = 12


def rows_of_draws(plane: Plane, cells: Indices, page: Array, cut: Mask) -> Array:
    """Return numbers for some cells, of shape (draws, cells); the first row is the page.

    `page` has what the cells hold, and `cut` says which of them hold formulas: of those a zero is
    a coincidence, and none of a sum is kept.
    """
    generator = np.random.default_rng(_SEED)
    rows = np.repeat(page[None], DRAWS, axis=0)
    around = generator.uniform(-1, 1, (DRAWS, len(cells)))
    drawn = np.where(page == 0, _AWAY_FROM_ZERO * around, page * (1 + _SPREAD * around))
    rows[1:] = drawn[1:]
    zeros = FAMILIES[Family.ZEROS]
    stays = (page == 0) & ~cut
    rows[zeros, stays] = 0.0
    for run in _runs_of_sum_1(plane, cells, page, cut):
        for family in (Family.SUMS, Family.ZEROS):
            own = rows[FAMILIES[family]]
            parts = np.abs(own[:, run])
            own[:, run] = parts / parts.sum(axis=1, keepdims=True)
    return rows


def _runs_of_sum_1(plane: Plane, cells: Indices, page: Array, cut: Mask) -> Iterator[Indices]:
    """Yield the positions of typed neighbours in a row or column that are parts of 1."""
    taken = np.zeros(len(cells), dtype=np.bool_)
    sheets = [plane.sheet_of(cell) for cell in cells.tolist()]
    widths = np.array([max(1, plane.boxes[sheet].width) for sheet in sheets], dtype=np.int64)
    firsts = np.array([plane.boxes[sheet].first for sheet in sheets], dtype=np.int64)
    rows, columns = np.divmod(cells - firsts, widths)
    for line, along in ((columns, rows), (rows, columns)):
        order = np.lexsort((along, line, np.array(sheets, dtype=np.int64)))
        order = order[~cut[order]]
        breaks = np.flatnonzero((np.diff(line[order]) != 0) | (np.diff(along[order]) != 1))
        for run in np.split(order, breaks + 1):
            numbers = page[run]
            is_parts = abs(numbers.sum() - 1) < _SUM_CLOSE and (numbers >= 0).all()
            if len(run) > 1 and is_parts and not taken[run].any():
                taken[run] = True
                yield run.astype(np.int32)
