"""The typed numbers to which a page's formulas lead back, and so what a unit's weights are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.references import PageReferences

_MOST_LEAVES, _MOST_FORMULAS = 2_000, 20_000

NONE = frozenset[int]()


class Leaves:
    """Tells which typed numbers a formula is made of, itself or through other formulas."""

    def __init__(self, page: Page, references: PageReferences) -> None:
        self._page, self._references = page, references
        self._typed = frozenset(page.keys[~page.has_formula & np.isfinite(page.numbers)].tolist())
        self._known: dict[int, frozenset[int]] = {}
        self._sets: list[frozenset[int]] = []

    def of(self, key: int) -> frozenset[int]:
        """Return the typed numbers that a formula is made of; none where they are too many."""
        open_to, begun = [key], set[int]()
        while open_to:
            own = open_to[-1]
            if own in self._known:
                open_to.pop()
                continue
            begun.add(own)  # a circle ends where it began
            made_of = self._references.from_cells(np.array([own])).tolist()
            formulas = [one for one in made_of if one in self._page.formulas]
            unknown = [one for one in formulas if one not in self._known and one not in begun]
            if unknown:
                open_to += unknown
                continue
            parts = [self._known.get(one, NONE) for one in formulas]
            found = NONE.union(self._typed.intersection(made_of), *parts)
            self._known[own] = found if len(found) <= _MOST_LEAVES else NONE
            open_to.pop()
        return self._known[key]

    def units(self, used: frozenset[int]) -> Units:
        """Return what formulas are made of besides some cells: weights and biases of units."""
        if not self._sets:
            formulas = list(self._page.formulas)[:_MOST_FORMULAS]
            self._sets = list({self.of(key): None for key in formulas})
        return Units(one - used for one in self._sets if not used.isdisjoint(one))


class Units:
    """The sets of cells of which units of a layer may be made: its weights, and its bias."""

    def __init__(self, sets: Iterable[frozenset[int]]) -> None:
        self._by_cell: dict[int, list[frozenset[int]]] = {}
        self._sizes = set[int]()
        for one in dict.fromkeys(sets):
            self._sizes.add(len(one))
            for key in one:
                self._by_cell.setdefault(key, []).append(one)

    def may_have(self, weights: int) -> bool:
        """Return whether a unit may have so many weights, with a bias or without one."""
        return not self._sizes.isdisjoint((weights, weights + 1))

    def bias(self, weights: Keys) -> tuple[bool, Keys | None]:
        """Return whether formulas are made of each unit's weights, and the biases' cells if any.

        The first axis of the weights numbers the units.
        """
        biases = []
        for own in weights.reshape(len(weights), weights[0].size).tolist():
            rest = self._rest(frozenset(own), own[0])
            if rest is None:
                return False, None
            biases.append(rest)
        if not any(biases):
            return True, None
        return all(biases), np.array([min(one, default=0) for one in biases])

    def _rest(self, own: frozenset[int], first: int) -> frozenset[int] | None:
        sets = [one for one in self._by_cell.get(first, ()) if own <= one]
        smallest = min(sets, key=len, default=None)
        return smallest - own if smallest is not None and len(smallest) <= len(own) + 1 else None
