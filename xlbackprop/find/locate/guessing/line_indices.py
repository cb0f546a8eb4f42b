"""Indices beside vectors: 0, 1, 2 above a row of numbers, or beside a column of them.

By themselves they may be numbers like others. Where the page's larger blocks have indices along
their edges, they are indices, too.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.locate.page.page import ACROSS, DOWN, Keys, Page


def without_line_indices(page: Page) -> Page:
    """Return a page without the indices above its rows and beside its columns."""
    ways = ((ACROSS, DOWN), (DOWN, ACROSS))
    found = np.concatenate([_indices(page, *way) for way in ways])
    return page.only(~np.isin(page.keys, found)) if found.size else page


def _indices(page: Page, along: int, beside: int) -> Keys:
    """Return runs 0, 1, 2 that stand alone but for a line of numbers on one side."""
    typed = page.keys[~page.has_formula & (page.numbers == 0)]
    starts = typed[~_filled(page, typed - along) & ~_filled(page, typed - beside)]
    found = [np.empty(0, dtype=np.int64)]
    for start in starts.tolist():
        length = 1
        while _number(page, start + length * along) == length:
            length += 1
        run = start + np.arange(length) * along
        ends = not _filled(page, np.array([run[-1] + along])).any()
        alone = not _filled(page, run - beside).any()
        if length > 1 and ends and alone and _filled(page, run + beside).all():
            found.append(run)
    return np.concatenate(found)


def _filled(page: Page, keys: Keys) -> Mask:
    return page.find(keys) >= 0


def _number(page: Page, key: int) -> float:
    keys = np.array([key])
    return float("nan") if page.formulas_at(keys).any() else float(page.numbers_at(keys)[0])
