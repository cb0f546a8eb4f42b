"""Draws chosen such that most cells become large, of both signs, and small, in one of them.

Behind a ReLU or a maximum most cells are 0 with most numbers, and a cap on them would never show.
NumPy alone tells what a draw leads to, so that it costs no recalculation to choose among a few.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.judge.prove.draws import draw_row
from xlbackprop.judge.prove.manners import LARGE, NEAR_ONE, manner_of
from xlbackprop.judge.prove.trials import Trials

_FAR, _NEAR, _NOTHING = 100.0, 0.005, 1e-9
_CANDIDATES = 4
_ANOTHER_SEED = 1_000_003
# Where a choice has added less than this part of what is wished for, the next is left out.
_LITTLE = 0.003


def choose_rows(trials: Trials, page: Array, draws: int, seed: int) -> Array:
    """Return the inputs' numbers of all draws, a row for each; `page` has those on the page."""
    rows, reached = [], np.zeros((4, len(trials.graded_cells)), dtype=np.bool_)
    worthwhile = {LARGE, NEAR_ONE}
    for number in range(draws):
        candidates, sizes = _candidates(trials, page, number, seed), manner_of(number).sizes
        row = next(candidates)
        if sizes in worthwhile:
            row, more = _best(trials, [row, *candidates], reached)
            if more.mean() < _LITTLE:
                worthwhile.remove(sizes)
            reached |= more
        rows.append(row)
    return np.array(rows)


def _candidates(trials: Trials, page: Array, number: int, seed: int) -> Iterator[Array]:
    for attempt in range(_CANDIDATES):
        yield draw_row(trials.inputs, page, number, seed + attempt * _ANOTHER_SEED)


def _best(trials: Trials, rows: list[Array], reached: Mask) -> tuple[Array, Mask]:
    """Return the row that reaches most of what has not been reached, and that."""
    truths = [trials.truth_of(row) for row in rows]
    more = [_reached(cells) & ~reached for cells in truths]
    best = int(np.argmax([np.count_nonzero(one) for one in more]))
    trials.keep(rows[best], truths[best])
    return rows[best], more[best]


def _reached(cells: Array) -> Mask:
    """Return for each cell whether it is far below 0, far above, near it, and not 0."""
    size = np.abs(cells)
    return np.stack([cells < -_FAR, cells > _FAR, (size < _NEAR) & (size > _NOTHING), size > 0])
