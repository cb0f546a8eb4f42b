"""Indices along the edges of blocks: 0, 1, 2 above its columns and beside its rows.

They are headings, no entries. What tells them from numbers: they count from 0 or from 1, in both
directions, and the corner between them is no number. Beside the rows of a folded vector they count
on by a row's length. Where a table has a row for each step, they
are texts that count the cells of block after block: 0, 1, and then 0,0 and 0,1.
"""

from __future__ import annotations

import re
from itertools import groupby

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.locate.page.page import ACROSS, DOWN, Keys, Page

_COUNT = re.compile(r"\d{1,4}(,\d{1,4})*")
_FEWEST_COUNTED = 3  # texts in a row


def without_indices(page: Page) -> Page:
    """Return the page without the indices along its blocks' edges."""
    edges = np.concatenate([_edges(page), _headings(page)])
    return page.only(~np.isin(page.keys, edges)) if edges.size else page


def _edges(page: Page) -> Keys:
    """Return the keys of all indices; a block of one cell has some only if larger ones do."""
    counts = _Counts(page)
    blocks = [_block(counts, key) for key in counts.starts.tolist()]
    edges = [one for one in blocks if one is not None]
    if not any(one.size > 2 for one in edges):
        return np.empty(0, dtype=np.int64)
    known = set(np.concatenate(edges).tolist())
    alone = [_beside(counts, key) for key in counts.starts.tolist() if key not in known]
    return np.concatenate([*edges, *alone])


def _beside(counts: _Counts, start: int) -> Keys:
    """Return the indices beside a column vector, above which there are none; or nothing.

    Only where other blocks of the page have indices on both sides: else 0 and 1 may be numbers.
    """
    down = counts.run(start, DOWN)
    column = down + ACROSS
    ends = (int(column[0]) - DOWN, int(column[-1]) + DOWN, int(down[-1]) + DOWN)
    is_edge = len(down) > 1 and all(map(counts.is_filled, column.tolist()))
    return down if is_edge and not any(map(counts.is_filled, ends)) else down[:0]


def _headings(page: Page) -> Keys:
    """Return the keys of texts in a row that count the cells of the blocks below them."""
    found: list[int] = []
    for _, row in groupby(sorted(page.numerals), lambda key: key // DOWN):
        keys = list(row)
        if len(keys) >= _FEWEST_COUNTED and _are_above_all(page, keys) and _count(page, keys):
            found += keys
    return np.array(found, dtype=np.int64)


def _are_above_all(page: Page, keys: list[int]) -> bool:
    """Return whether below each text is a number that is no text, and above it none at all."""
    at = np.array(keys)
    filled = (page.find(at + DOWN) >= 0) & (page.find(at - DOWN) < 0)
    return bool(filled.all()) and not any(key + DOWN in page.numerals for key in keys)


def _count(page: Page, keys: list[int]) -> bool:
    """Return whether texts count on, from 0 or 0,0 in each block."""
    texts = [page.numerals[key] for key in keys]
    if not all(map(_COUNT.fullmatch, texts)):
        return False
    counts = [tuple(map(int, text.split(","))) for text in texts]
    before: tuple[int, ...] | None = None
    for count in counts:
        follows = before is not None and len(before) == len(count) and before < count
        if any(count) and not follows:
            return False
        before = count
    return True


class _Counts:
    """Cells with whole numbers that were typed, and how far they count on from a cell."""

    def __init__(self, page: Page) -> None:
        self._page = page
        typed = ~page.has_formula & np.isfinite(page.numbers)
        self._is_start: Mask = typed & np.isin(page.numbers, (0, 1))
        above = np.isin(page.keys - DOWN, page.keys)
        beside = np.isin(page.keys - ACROSS, page.keys)
        filled_below = np.isin(page.keys + DOWN, page.keys)
        self.starts: Keys = page.keys[self._is_start & ~above & ~beside & filled_below]

    def run(self, key: int, step: int, by: int = 1) -> Keys:
        """Return the cells from a key on in which the numbers count on by so much."""
        number, found = self.number(key), [key]
        while self.number(found[-1] + step) == number + by * len(found):
            found.append(found[-1] + step)
        return np.array(found, dtype=np.int64)

    def number(self, key: int) -> float:
        """Return the number that was typed in a cell; NaN where none was."""
        at = int(self._page.find(np.array([key]))[0])
        return (
            float(self._page.numbers[at]) if at >= 0 and key not in self._page.formulas else np.nan
        )

    def is_filled(self, key: int) -> bool:
        """Return whether a cell holds a number or a formula."""
        return bool(self._page.find(np.array([key]))[0] >= 0)


def _block(counts: _Counts, start: int) -> Keys | None:
    """Return the indices of the block whose columns are counted from a cell on, if any are."""
    beside = start + DOWN - ACROSS
    if start % DOWN == 0 or counts.number(beside) != counts.number(start):
        return None
    across = counts.run(start, ACROSS)
    down = max((counts.run(beside, DOWN, by) for by in (1, len(across))), key=len)
    ends_across = not counts.is_filled(int(across[-1]) + ACROSS)
    ends_down = not counts.is_filled(int(down[-1]) + DOWN)
    inside = (down[:, None] + ACROSS + np.arange(len(across))).ravel().tolist()
    if ends_across and ends_down and all(map(counts.is_filled, inside)):
        return np.concatenate([across, down])
    return None
