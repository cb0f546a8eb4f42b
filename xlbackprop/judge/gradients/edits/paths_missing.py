"""A term that is missing in a sum, found among products of what the sheet holds elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Expression, Operation, Reference, walk
from xlbackprop.judge.gradients.edits.around import Around, near
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.parts import A_CELL_MISSING
from xlbackprop.judge.gradients.edits.slips import (
    ONE_PATH,
    TERM_MISSING,
)
from xlbackprop.judge.gradients.edits.solving import Part, Solved, less
from xlbackprop.judge.gradients.edits.written import (
    Spot,
    Values,
    Written,
    exchanged,
    paths,
    renamed,
    shape,
    slots_in,
    written,
)

_MOST_CELLS = 250
_MOST_FORMULAS = 120
_MOST_PRODUCTS = 600
_MOST_REFERENCES = 8
_ROUGHLY = 1e-6


@dataclass(frozen=True)
class Known:
    """A product that stands in some formula of the sheet, or a cell: what it comes to."""

    formula: Written
    tree: Expression
    value: Array
    cells: Indices  # that it refers to


class Products:
    """The products in the formulas of a sheet, evaluated once."""

    def __init__(self, graph: Graph, values: Values) -> None:
        self._graph, self._values = graph, values
        self._found: dict[int, list[Known]] = {}

    def near(self, around: Around) -> list[Known]:
        """Return the products in the formulas around a cell, the nearest first."""
        found: dict[bytes, Known] = {}
        formulas = [cell for cell in around.cells.tolist() if self._graph.owner[cell] >= 0]
        for cell in formulas[:_MOST_FORMULAS]:
            for known in self._in(cell):
                found.setdefault(known.value.tobytes(), known)
            if len(found) >= _MOST_PRODUCTS:
                break
        return list(found.values())

    def _in(self, cell: int) -> list[Known]:
        if cell not in self._found:
            formula = written(self._graph, cell)
            self._found[cell] = list(self._of(formula)) if formula is not None else []
        return self._found[cell]

    def _cells(self, spots: list[Spot]) -> Indices:
        found = [self._values.cells([spot]).ravel() for spot in spots]
        return np.concatenate(found)

    def _of(self, formula: Written) -> Iterator[Known]:
        if formula.size != (1, 1) or not all(spot.is_cell for spot in formula.spots):
            return
        for _, part in paths(formula.tree):
            if isinstance(part, Operation) and 1 < len(slots_in(part)) <= _MOST_REFERENCES:
                try:
                    value = self._values.results(formula, part, {})[0]
                except NotKnown:
                    continue
                if np.isfinite(value).all() and value.any():
                    spots = [formula.spots[slot] for slot in slots_in(part)]
                    yield Known(formula, part, value, self._cells(spots))


@dataclass(frozen=True)
class Paths:
    """Tries to add products to the parts of a formula."""

    formula: Written
    around: Around
    solved: Solved
    products: Products

    def changes(self) -> Iterator[Change]:
        """Yield the changes that add a product to a part of the formula."""
        known = [one for one in self.products.near(self.around) if not self._rests(one)]
        with np.errstate(all="ignore"):
            for part in self.solved.parts:
                apart = less(part.need, part.value)
                if self._may_lack(part) and self.solved.matters(apart):
                    yield from self._of_cells(part, apart)
                    yield from self._of_products(part, apart, known)

    @staticmethod
    def _may_lack(part: Part) -> bool:
        """Return whether a part is such that something may be missing beside it."""
        refers = any(isinstance(one, Reference) for one in walk(part.tree))
        return refers and not isinstance(part.tree, Reference)

    def _rests(self, known: Known) -> bool:
        """Return whether a product refers to what rests on the formula's own cell."""
        return bool(self.around.rests[known.cells].any())

    def _of_cells(self, part: Part, apart: Array) -> Iterator[Change]:
        """Yield the change that adds the product of two cells."""
        numbers = self.around.numbers[:_MOST_CELLS]
        for one, other in _pairs(apart / numbers, numbers, self.solved):
            if one <= other:
                first = len(self.formula.spots)
                new = Operation("*", Reference(first), Reference(first + 1))
                spots = self.around.spots[one], self.around.spots[other]
                yield self._added(part, new, spots, one + other)

    def _of_products(self, part: Part, apart: Array, known: list[Known]) -> Iterator[Change]:
        """Yield the change that adds a product that stands elsewhere, as it is or times a cell."""
        if not known:
            return
        values = np.array([one.value for one in known])
        for at in near(values, apart, self.solved.truth.counts):
            spots = known[at].formula.spots
            yield self._added(part, self._own(known[at]), spots, at)
        numbers = self.around.numbers[:_MOST_CELLS]
        for at, cell in _pairs(apart / values, numbers, self.solved):
            spots = (*known[at].formula.spots, self.around.spots[cell])
            last = Reference(len(self.formula.spots) + len(spots) - 1)
            yield self._added(part, Operation("*", self._own(known[at]), last), spots, at + cell)

    def _own(self, known: Known) -> Expression:
        """Return a product that stands elsewhere, in slots of the mended formula."""
        first = len(self.formula.spots)
        return renamed(known.tree, {slot: first + slot for slot in slots_in(known.tree)})

    def _added(self, part: Part, new: Expression, spots: tuple[Spot, ...], distance: int) -> Change:
        tree = exchanged(self.formula.tree, part.path, Operation("+", part.tree, new))
        slip = ONE_PATH if len(self.solved.terms(part)) == 1 else TERM_MISSING
        mended = self.formula.having(tree, *spots)
        # Beside a product of as many factors, and no factor that is common to both.
        far = 10 * abs(_factors(part.tree) - _factors(new)) + _factors(new)
        is_alike = shape(self.solved.terms(part)[-1].tree) == shape(new)
        rank = A_CELL_MISSING - 1 if is_alike else A_CELL_MISSING + 2
        return Change(slip, rank, mended, None, new, far + distance / 1e4)


def _factors(tree: Expression) -> int:
    """Return how many factors a product has; those of one term of a sum."""
    match tree:
        case Operation("*" | "/", left, right):
            return _factors(left) + _factors(right)
        case Operation("+", left, _):
            return _factors(left)
    return 1


def _pairs(needs: Array, numbers: Array, solved: Solved) -> list[tuple[int, int]]:
    """Return which rows of what is needed, (needs, draws), equal which rows of numbers."""
    counts = solved.truth.counts
    usable = np.isfinite(needs[:, counts]).all(axis=1)
    (rows,) = np.nonzero(usable)
    if not rows.size or not numbers.size:
        return []
    draw = int(np.flatnonzero(counts)[0])
    order = np.argsort(numbers[:, draw])
    held = numbers[order, draw]
    wanted = needs[rows, draw]
    off = _ROUGHLY * np.abs(wanted)
    low = np.searchsorted(held, wanted - off, side="left")
    high = np.searchsorted(held, wanted + off, side="right")
    found = []
    for at in np.flatnonzero(high > low).tolist():
        row, need = int(rows[at]), needs[rows[at], counts]
        size = np.abs(need).max()
        close = order[low[at] : high[at]]
        off = np.abs(numbers[close][:, counts] - need).max(axis=1)
        found += [(row, int(number)) for number in close[off <= _ROUGHLY * size]]
    return found
