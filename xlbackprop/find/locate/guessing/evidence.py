"""Where computed numbers stand on a page, and how easily they would stand there by chance.

Formulas that lead back to what the numbers are computed from are no chance. Typed numbers are the
more evidence the more of them differ and the more decimals they have, and the less the more
hypotheses were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from xlbackprop.equation import Array, Mask, Shape
from xlbackprop.find.locate.guessing.leaves import NONE, Leaves
from xlbackprop.find.locate.page.candidates import Candidates, Readings
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.tolerance import ABSOLUTE, RELATIVE, may_be

_MOST_CHECKED, _MOST_FITS = 60, 20
_FEW = 20
_SAMPLED = 4_000  # numbers of hypotheses whose spread is looked at

Sources = Callable[[int], frozenset[int]]  # the cells that a hypothesis is computed from


@dataclass(frozen=True)
class Fit:
    """A hypothesis whose numbers stand in some cells; `chance` is 0 where formulas make them."""

    hypothesis: int
    keys: Keys
    chance: float  # how many such fits are to be expected of numbers that mean nothing


@dataclass(frozen=True)
class _Scale:
    """What numbers of hypotheses are like, and how many comparisons there are."""

    trials: int
    spread: float
    grain: float  # 1 where all are whole numbers
    usual: float  # how often one of them is one certain number of the page

    def chance(self, numbers: Array, tolerances: Array) -> float:
        """Return how many fits are to be expected of numbers that mean nothing."""
        spread = max(1e-6, self.spread, float(np.abs(numbers).max()))
        widths = np.maximum(2 * tolerances, 2 * RELATIVE * np.abs(numbers))
        each = np.clip(np.maximum(widths, self.grain) / spread, self.usual, 1.0)
        different, first = np.unique(numbers, return_index=True)
        return float(np.exp(np.log(each[first][different != 0]).sum()) * self.trials)


class Evidence:
    """Looks for the numbers of hypotheses on a page: in its formulas, or in what was typed."""

    def __init__(self, page: Page, readings: Readings, leaves: Leaves, *, in_typed: bool) -> None:
        self._page, self._readings, self._leaves = page, readings, leaves
        self._in_typed = in_typed
        self._tried = 0  # so many hypotheses: the more, the more fit by chance
        self._known_places: dict[Shape, Candidates] = {}

    def begin(self) -> None:
        """Count hypotheses anew: what comes before them is no chance."""
        self._tried = 0

    def fits(
        self, arrays: Array, shape: Shape, sources: Sources, used: frozenset[int]
    ) -> Iterator[Fit]:
        """Yield the fits of hypotheses, of shape (hypotheses, *shape), apart from used cells."""
        flat = arrays.reshape(len(arrays), -1)
        self._tried += len(flat)
        is_on_page = self._are_on_page(flat)
        found = np.flatnonzero(is_on_page.all(axis=1) & flat.any(axis=1))[:_MOST_CHECKED].tolist()
        if not found or not flat.size:
            return
        places = self._places(shape)
        scale = self._scale(flat, is_on_page, len(places))
        for hypothesis in found:
            own = sources(hypothesis)
            fitting = may_be(places.numbers, flat[hypothesis], places.tolerances).all(axis=1)
            for n in np.flatnonzero(fitting)[:_MOST_FITS].tolist():
                cells = places.keys[n].ravel()
                if not (used | own).isdisjoint(cells.tolist()):
                    continue
                if self._in_typed:
                    chance = scale.chance(places.numbers[n], places.tolerances[n])
                    yield Fit(hypothesis, places.keys[n], chance)
                elif self._are_made_of(cells.tolist(), used | own, own):
                    yield Fit(hypothesis, places.keys[n], 0.0)

    def _places(self, shape: Shape) -> Candidates:
        """Return the readings of a shape that are all formulas, or all typed."""
        if shape not in self._known_places:
            every = self._readings.of(shape, typed=self._in_typed)
            flat = every.keys.reshape(len(every), prod(shape))
            stays = (self._page.formulas_at(flat) != self._in_typed).all(axis=1)
            self._known_places[shape] = Candidates(
                every.keys[stays], every.numbers[stays], every.tolerances[stays],
                every.oddities[stays],
            )  # fmt: skip
        return self._known_places[shape]

    def _scale(self, flat: Array, is_on_page: Mask, readings: int) -> _Scale:
        sample = flat.ravel()[:: max(1, flat.size // _SAMPLED)]
        sample = sample[np.isfinite(sample)]
        is_whole = bool(np.array_equal(sample, np.round(sample)))
        usual = is_on_page.mean() if len(flat) > _FEW else 0.0
        return _Scale(
            self._tried * readings,
            float(np.ptp(sample)) if sample.size else 0.0,
            1.0 if is_whole else 0.0,
            float(usual) / max(1, len(self._spans[0])),
        )

    def _are_on_page(self, numbers: Array) -> Mask:
        """Return which numbers stand anywhere on the page, give or take what typed ones may."""
        lows, highs = self._spans
        at = np.searchsorted(lows, numbers, side="right") - 1
        return np.asarray((at >= 0) & (highs[np.maximum(at, 0)] >= numbers) & np.isfinite(numbers))

    @cached_property
    def _spans(self) -> tuple[Array, Array]:
        """From where to where each number may be meant, in ascending order; ends only rise."""
        known = np.isfinite(self._page.numbers) & (self._page.has_formula != self._in_typed)
        numbers, halves = self._page.numbers[known], self._page.tolerances[known]
        halves = np.maximum(halves, np.maximum(RELATIVE * np.abs(numbers), ABSOLUTE)) * 1.01
        order = np.argsort(numbers - halves)
        return (numbers - halves)[order], np.maximum.accumulate((numbers + halves)[order])

    def _are_made_of(self, keys: list[int], made_of: frozenset[int], own: frozenset[int]) -> bool:
        """Return whether formulas lead back to all own cells, and to none but what they are of.

        A 0 that was typed elsewhere may be an edge, and a 1 what a bias is multiplied by.
        """
        leaves = [self._leaves.of(key) for key in keys]
        foreign = np.array(sorted(NONE.union(*leaves) - made_of), dtype=np.int64)
        is_plain = bool(np.isin(self._page.numbers_at(foreign), (0, 1)).all())
        return all(leaves) and is_plain and NONE.union(*leaves) >= own
