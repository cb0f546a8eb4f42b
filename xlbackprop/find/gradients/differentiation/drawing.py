"""Draws of other numbers for the cells on which L rests: the page, and families of draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

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

_SMALL = 1e-3
_SPREAD, _AWAY_FROM_ZERO = 0.3, 0.4
_SUM_CLOSE = 1e-9
_CLOSE = 1e-6
_SEED = 12


def columns_of(family: Family) -> list[int]:
    """Return the draws of a family, and the page before them."""
    draws = FAMILIES[family]
    return [0, *range(draws.start, draws.stop)]


def holds(near: Mask, truth: Array) -> Mask:
    """Return which rows are near the truth in all draws of a family, of shape (rows,).

    Both have the shape (rows, draws). Where all is zero in a family, that shows nothing, as long as
    one that keeps more of the page as it is shows something.
    """
    found, is_shown = np.zeros((2, len(near)), dtype=np.bool_)
    for family in reversed(list(FAMILIES)):
        if family is not Family.PAGE:
            draws = FAMILIES[family]
            shows = (truth[:, draws] != 0).any(axis=1)
            found |= near[:, draws].all(axis=1) & (shows | ~is_shown)
            is_shown |= shows
    return found


def are_true(own: Array, truth: Array) -> Mask:
    """Return which rows are the truth but for last digits, on the page and where `holds` says so.

    Both have the shape (rows, draws); a number that is not known is none.
    """
    with np.errstate(invalid="ignore"):
        largest = np.fmax.reduce(np.abs(truth), axis=1, initial=0.0)[:, None]
        near = np.abs(own - truth) <= _CLOSE * largest
    return np.asarray(near[:, 0] & holds(near, truth))


def rows_of_draws(
    plane: Plane,
    cells: Indices,
    page: Array,
    cut: Mask,
    uses: NDArray[np.int64] | None = None,
) -> Array:
    """Return numbers for some cells, of shape (draws, cells); the first row is the page.

    `page` has what the cells hold, and `cut` says which of them hold formulas: of those a zero is
    a coincidence, and none of a sum is kept. Parts of one sum have the same of `uses`.
    """
    generator = np.random.default_rng(_SEED)
    rows = np.repeat(page[None], DRAWS, axis=0)
    around = generator.uniform(-1, 1, (DRAWS, len(cells)))
    # So small a number hides what it is multiplied with as a zero does.
    is_small = np.abs(page) < _SMALL
    drawn = np.where(is_small, _AWAY_FROM_ZERO * around, page * (1 + _SPREAD * around))
    rows[1:] = drawn[1:]
    every = FAMILIES[Family.ALL]
    # Units that are dead on the page, and windows' other cells, come to life in some.
    rows[every] *= generator.choice([-1.0, 1.0], (EACH, len(cells)))
    zeros = FAMILIES[Family.ZEROS]
    stays = (page == 0) & ~cut
    rows[zeros, stays] = 0.0
    alike = np.zeros(len(cells), dtype=np.int64) if uses is None else uses
    for run in _runs_of_sum_1(plane, cells, page, cut, alike):
        for family in (Family.SUMS, Family.ZEROS):
            own = rows[FAMILIES[family]]
            parts = np.abs(own[:, run])
            own[:, run] = parts / parts.sum(axis=1, keepdims=True)
    return rows


def _runs_of_sum_1(
    plane: Plane, cells: Indices, page: Array, cut: Mask, uses: NDArray[np.int64]
) -> Iterator[Indices]:
    """Yield the positions of typed neighbours in a row or column that are parts of 1.

    Whole rows and columns of such numbers come first.
    """
    taken = np.zeros(len(cells), dtype=np.bool_)
    sheets, rows, columns = (places[cells] for places in plane.places)
    ways = ((rows, columns), (columns, rows))
    for parts, (line, along) in product((_whole_of_1, _parts_of_1), ways):
        order = np.lexsort((along, line, sheets))
        order = order[~(cut | taken)[order]]
        apart = (np.diff(line[order]) != 0) | (np.diff(along[order]) != 1)
        apart |= (np.diff(sheets[order]) != 0) | (np.diff(uses[order]) != 0)
        for run in np.split(order, np.flatnonzero(apart) + 1):
            for first, last in parts(page[run].tolist()):
                taken[run[first:last]] = True
                yield run[first:last].astype(np.int32)


def _whole_of_1(numbers: list[float]) -> Iterator[tuple[int, int]]:
    """Yield the ends of a row of numbers that add up to 1."""
    if len(numbers) > 1 and min(numbers) >= 0 and abs(sum(numbers) - 1) < _SUM_CLOSE:
        yield 0, len(numbers)


def _parts_of_1(numbers: list[float]) -> Iterator[tuple[int, int]]:
    """Yield where numbers of a row add up to 1, two of them or more, zeros at the end included."""
    first = 0
    while first < len(numbers):
        total, last = 0.0, first
        while last < len(numbers) and numbers[last] >= 0 and total + numbers[last] < 1 + _SUM_CLOSE:
            total += numbers[last]
            last += 1
        if abs(total - 1) < _SUM_CLOSE and last - first > 1:
            yield first, last
            first = last
        else:
            first += 1
