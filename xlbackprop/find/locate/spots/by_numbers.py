"""Where expected numbers stand on a page, wherever and however arranged: by a vote.

Each cell that holds an expected number votes for the place where its block would then begin.
A few wrong cells are outvoted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.locate.page.arrangements import Arrangement, arrangements, disjoint
from xlbackprop.find.locate.page.page import Keys, Page

_MOST_OCCURRENCES = 24  # a number that is everywhere says nothing of where a block is
_MOST_VOTES = 20_000
_COARSEST = 0.005  # typed numbers with fewer than two decimals would be everywhere
_ARRANGEMENTS = 24


def placed_by_numbers(page: Page, expected: Array) -> Iterator[tuple[Keys, float]]:
    """Yield where the numbers of a tensor stand, and how odd the arrangement is."""
    entries, cells = _occurrences(page, expected.ravel())
    if not entries.size or len(entries) > _MOST_VOTES:
        return
    for one in arrangements(expected.shape)[:_ARRANGEMENTS]:
        blocks = _vote(one, entries, cells)
        if blocks is not None:
            keys = one.spread(blocks)
            if disjoint(keys):
                yield keys, one.oddity + 0.5


def _occurrences(page: Page, expected: Array) -> tuple[Keys, Keys]:
    """Return pairs of an entry's number and a cell that holds what the entry should be."""
    numbers, keys = page.by_number
    exact = np.maximum(1e-6 * np.abs(expected), 1e-9)
    allowed = exact + min(_COARSEST, float(page.tolerances.max(initial=0)))
    with np.errstate(invalid="ignore"):
        first = np.searchsorted(numbers, expected - allowed, side="left")
        last = np.searchsorted(numbers, expected + allowed, side="right")
    counts = np.where(np.isfinite(expected), last - first, 0)
    counts = np.where(counts <= _MOST_OCCURRENCES, counts, 0)
    entries = np.repeat(np.arange(len(expected)), counts)
    within = np.arange(len(entries)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(first, counts) + within
    off = np.abs(numbers[at] - expected[entries])
    fits = off <= exact[entries] + page.tolerances_at(keys[at])
    return entries[fits], keys[at][fits]


def _vote(one: Arrangement, entries: Keys, cells: Keys) -> Keys | None:
    """Return the first cell of each block with the most votes, or None where one has too few."""
    numbers = one.block_numbers().ravel()
    size = numbers.size // (int(numbers.max()) + 1)
    votes = np.stack([numbers[entries], cells - one.within().ravel()[entries]])
    found, counts = np.unique(votes, axis=1, return_counts=True)
    order = np.lexsort((found[1], -counts, found[0]))
    blocks, at = np.unique(found[0, order], return_index=True)
    if len(blocks) <= numbers.max() or counts[order][at].sum() < 0.5 * numbers.size or size < 2:
        return None
    return np.asarray(found[1, order][at])
