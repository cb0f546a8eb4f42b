"""Filters that belong rotated, and weights that belong transposed, wherever formulas use them.

Of a filter at the edge of the map a formula uses a part, so no reference alone mends it. But if the
filter's numbers stood in the other order, all formulas that use it would be right as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.claims.blocks import blocks
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.find.gradients.findings import Family
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Reference
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import TRANSPOSED, UNTURNED
from xlbackprop.judge.gradients.edits.truth import truths
from xlbackprop.judge.gradients.edits.written import Spot, Values, Written, spot_of

_MOST_BLOCKS = 12


@dataclass(frozen=True)
class Turned:
    """Tries the numbers of typed blocks in another order, in all formulas at once."""

    graph: Graph
    values: Values
    is_typed: Mask
    families: Mapping[Family, slice]

    def changes(
        self, formulas: Sequence[Written], true: Mapping[int, Array], fewest: int
    ) -> Iterator[dict[int, Change]]:
        """Yield, by cell, what mends all of the formulas that use a block, and so many at least.

        `true` is what each cell should hold in each draw. No cell is mended twice.
        """
        used = {one.cell: {*self.graph.references(one.cell)} for one in formulas}
        found = self._used(set().union(*used.values()))
        done = set[int]()
        for some in [*([one] for one in found), *_of_one_size(found)]:
            cells = {cell for spot in some for cell in self._cells(spot).ravel().tolist()}
            users = [one for one in formulas if used[one.cell] & cells]
            is_open = len(users) >= fewest and done.isdisjoint(one.cell for one in users)
            for slip, turned in self._orders(some) if is_open else ():
                if all(self._is_mended(one, turned, true[one.cell]) for one in users):
                    yield {one.cell: _change(slip, one, some) for one in users}
                    done.update(one.cell for one in users)
                    break

    def _used(self, cells: set[int]) -> list[Spot]:
        """Return the blocks of typed numbers of which some cells are a part, wide and high."""
        found = []
        for block, own in self._blocks:
            if block.height > 1 < block.width and not cells.isdisjoint(own):
                found.append(block)
        return found[:_MOST_BLOCKS]

    @cached_property
    def _blocks(self) -> list[tuple[Spot, frozenset[int]]]:
        """All rectangles that typed numbers fill, and their cells."""
        (typed,) = np.nonzero(self.is_typed)
        cells = {spot_of(self.values.plane, cell)[:3]: cell for cell in typed.tolist()}
        found = []
        for block in blocks(cells):
            _, rows, columns = zip(*block, strict=True)
            height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
            if height * width == len(block):
                spot = Spot(block[0][0], min(rows), min(columns), height, width)
                found.append((spot, frozenset(cells[place] for place in block)))
        return found

    def _cells(self, spot: Spot) -> Indices:
        return np.asarray(self.values.cells([spot])[0])

    def _orders(self, spots: Sequence[Spot]) -> Iterator[tuple[str, Values]]:
        """Yield the values with blocks rotated, and those with blocks transposed.

        Where such a block stands on the page already, formulas are to refer to that.
        """
        ways: dict[str, Callable[[Indices], Indices]] = {UNTURNED: lambda own: own[::-1, ::-1]}
        if spots[0].height == spots[0].width:
            ways[TRANSPOSED] = lambda own: own.T
        for slip, way in ways.items():
            if self._stands(way(self._cells(spots[0]))):
                continue
            numbers = self.values.numbers.copy()
            for spot in spots:
                own = self._cells(spot)
                numbers[own] = self.values.numbers[way(own)]
            yield slip, Values(self.values.plane, numbers)

    def _stands(self, cells: Indices) -> bool:
        """Whether a rectangle holds the numbers that some cells have, in their order."""
        numbers, wanted = self.values.numbers, self.values.numbers[cells]
        firsts = np.flatnonzero((numbers == wanted[0, 0]).all(axis=1)).tolist()
        size = {"height": len(cells), "width": len(cells[0])}
        spots = [spot_of(self.values.plane, first)._replace(**size) for first in firsts if first]
        return any(np.array_equal(numbers[self._cells(spot)], wanted) for spot in spots)

    def _is_mended(self, formula: Written, values: Values, true: Array) -> bool:
        """Whether a wrong formula is right with other numbers."""
        try:
            before, value = self.values.result(formula), values.result(formula)
        except NotKnown:
            return False
        return any(
            one.is_wrong and one.tells and bool(one.holds(value[None])[0])
            for one in truths(true, before, self.families)
        )


def _of_one_size(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Return the blocks of each size, where there are several: all filters of a layer."""
    sizes: dict[tuple[int, int], list[Spot]] = {}
    for spot in spots:
        sizes.setdefault((spot.height, spot.width), []).append(spot)
    return [some for some in sizes.values() if len(some) > 1]


def _change(slip: str, formula: Written, blocks: Sequence[Spot]) -> Change:
    first = len(formula.spots)
    mended = replace(formula, spots=(*formula.spots, *blocks))
    also = tuple(Reference(first + at) for at in range(1, len(blocks)))
    return Change(slip, 0, mended, Reference(first), None, also=also, says="turned")
