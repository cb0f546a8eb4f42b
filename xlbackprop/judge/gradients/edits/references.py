"""Other cells and ranges where a formula refers to: for one reference, or for several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Expression, Reference, children, walk
from xlbackprop.judge.gradients.edits.around import Around
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.reordering import Reordering
from xlbackprop.judge.gradients.edits.slips import (
    ANOTHER_CELL,
    ANOTHER_RANGE,
    RANGE_SIZE,
    SEVERAL_CELLS,
    TRANSPOSED,
)
from xlbackprop.judge.gradients.edits.truth import Truth
from xlbackprop.judge.gradients.edits.written import (
    Spot,
    Values,
    Written,
    addends,
    paths,
    renamed,
    shape,
    slots_in,
)

_NEARBY = (0, 1, -1, 2, -2, 3, -3)
_MOST_NUMBERS = 400_000
_MOST_SLOTS = 80
_MOST_BASES = 300
# A cell in another row and another column than the one that stands there is less likely meant.
_ACROSS = 100.0

_ONE, _ALL, _RANGES, _SEVERAL = 10, 12, 20, 22


@dataclass(frozen=True)
class Replacing:
    """Tries other rectangles in a formula."""

    formula: Written
    values: Values
    around: Around
    truth: Truth

    def of_cells(self) -> Iterator[Change]:
        """Yield the changes of references to a single cell that mend the formula."""
        if len(slots_in(self.formula.tree)) <= _MOST_SLOTS:
            yield from self._of_cells()

    def of_others(self) -> Iterator[Change]:
        """Yield the changes of ranges, and of several references, that mend the formula."""
        if len(slots_in(self.formula.tree)) > _MOST_SLOTS:
            yield from self._of_several(self._in_terms())
            return
        yield from self._of_ranges()
        yield from self._resized()
        yield from self._of_several(self._families())
        yield from Reordering(self.formula, self.values, self.truth).changes()

    # One cell for another.

    def _of_cells(self) -> Iterator[Change]:
        for spot in dict.fromkeys(self._spots()):
            if not spot.is_cell:
                continue
            slots = self.formula.slots_of(spot)
            for some, rank in _selections(slots):
                yield from self._cells_for(spot, some, rank)

    def _cells_for(self, spot: Spot, slots: Sequence[int], rank: int) -> Iterator[Change]:
        others = self.around.numbers[:, None, None, :]
        for at in self._right(dict.fromkeys(slots, others)):
            other = self.around.spots[at]
            if other != spot:
                yield self._change(ANOTHER_CELL, rank, slots, [spot], [other])

    # One range for another.

    def _of_ranges(self) -> Iterator[Change]:
        for spot in dict.fromkeys(self._spots()):
            if spot.is_cell:
                continue
            slots = self.formula.slots_of(spot)
            moved = [spot.moved(*by) for by in product(_NEARBY, repeat=2) if any(by)]
            found = list(self._among(moved, slots, spot))
            if not found:
                found = list(self._among(self._everywhere(spot), slots, spot))
            yield from found

    def _among(self, others: Sequence[Spot], slots: Sequence[int], spot: Spot) -> Iterator[Change]:
        others = [one for one, may in zip(others, self._stand(others), strict=True) if may]
        room = max(1, _MOST_NUMBERS // (spot.height * spot.width * self.values.numbers.shape[1]))
        others = others[:room]
        if others:
            numbers = self.values.of(others)
            for at in self._right(dict.fromkeys(slots, numbers)):
                yield self._change(ANOTHER_RANGE, _RANGES, slots, [spot], [others[at]])

    def _everywhere(self, spot: Spot) -> list[Spot]:
        return [
            one._replace(height=spot.height, width=spot.width)
            for one in self.around.spots
            if one.sheet == spot.sheet or not self.around.cells.size
        ]

    def _resized(self) -> Iterator[Change]:
        """Yield changes of a range's edge, and of the same edge of all ranges of its size."""
        ranges = [spot for spot in dict.fromkeys(self._spots()) if not spot.is_cell]
        sizes = dict.fromkeys((spot.height, spot.width) for spot in ranges)
        together = [[spot] for spot in ranges]
        together += [
            [spot for spot in ranges if (spot.height, spot.width) == size] for size in sizes
        ]
        for spots in together:
            for resize in _RESIZES:
                others = [_resized(spot, *resize) for spot in spots]
                is_left = all(min(other.height, other.width) > 0 for other in others)
                if is_left and all(self._stand([other])[0] for other in others):
                    yield from self._if_right(RANGE_SIZE, _RANGES + 1, spots, others)

    # Several references at once.

    def _of_several(self, families: Iterable[Sequence[int]]) -> Iterator[Change]:
        for slots in families:
            spots = [self.formula.spots[slot] for slot in slots]
            first = spots[0]
            offsets = [(spot.top - first.top, spot.left - first.left) for spot in spots]
            for is_turned in (False, True):
                ways = [(along, down) if is_turned else (down, along) for down, along in offsets]
                yield from self._moved_together(slots, spots, ways, is_turned=is_turned)

    def _moved_together(
        self,
        slots: Sequence[int],
        spots: Sequence[Spot],
        ways: Sequence[tuple[int, int]],
        *,
        is_turned: bool,
    ) -> Iterator[Change]:
        first = spots[0]
        room = max(1, _MOST_NUMBERS // (self.values.numbers.shape[1] * len(slots)))
        nearest = self._places[first.sheet][:room]
        places = np.concatenate([[first[1:3]], nearest]).astype(np.int32)
        instead = {
            slot: self._guarded(first, places + np.array(way, dtype=np.int32))
            for slot, way in zip(slots, ways, strict=True)
        }
        slip = TRANSPOSED if is_turned else SEVERAL_CELLS
        for at in self._right(instead):
            top, left = places[at].tolist()
            others = [first._replace(top=top + down, left=left + along) for down, along in ways]
            yield self._change(slip, _SEVERAL + is_turned, slots, spots, others)

    def _guarded(self, spot: Spot, places: Indices) -> Array:
        """Return what rectangles hold, NaN where they hold what rests on the formula's cell."""
        cells = self.values.windows(spot, places)
        rests = np.asarray(self.around.rests[cells].any(axis=(1, 2)) | (places < 0).any(axis=1))
        return np.where(rests[:, None, None, None], np.nan, self.values.numbers[cells])

    @cached_property
    def _places(self) -> dict[int, Indices]:
        """Rows and columns of the cells around, by sheet, the nearest first."""
        every = np.array([spot[:3] for spot in self.around.spots], np.int32).reshape(-1, 3)
        sheets = {spot.sheet for spot in self.formula.spots}
        return {sheet: every[every[:, 0] == sheet][:_MOST_BASES, 1:] for sheet in sheets}

    def _families(self) -> Iterator[list[int]]:
        """Yield slots that may be off together: at alike places in a sum, in a row, all."""
        found: list[list[int]] = list(self._alike())
        slots = slots_in(self.formula.tree)
        spots = self.formula.spots
        for axis in (1, 2):
            lines: dict[object, list[int]] = {}
            for slot in slots:
                lines.setdefault((spots[slot].sheet, spots[slot][axis]), []).append(slot)
            found += lines.values()
        found.append(list(slots))
        seen: set[tuple[int, ...]] = set()
        for family in found:
            is_new = tuple(family) not in seen
            seen.add(tuple(family))
            sizes = {(spots[s].sheet, spots[s].height, spots[s].width) for s in family}
            if is_new and len({spots[s] for s in family}) > 1 and len(sizes) == 1:
                yield family

    def _in_terms(self) -> Iterator[list[int]]:
        """Yield the slots at the same place of all terms of a sum, where these are alike."""
        terms = addends(self.formula.tree)
        if len({shape(term) for term in terms}) == 1:
            slots = [slots_in(term) for term in terms]
            yield from (own for own in map(list, zip(*slots, strict=False)) if len(set(own)) > 1)

    def _alike(self) -> Iterator[list[int]]:
        """Yield the slots at the same place of parts that are alike: each term's weight."""
        by_shape: dict[Expression, list[Expression]] = {}
        for _, part in paths(self.formula.tree):
            if children(part):
                by_shape.setdefault(shape(part), []).append(part)
        for parts in by_shape.values():
            listed = [
                [one.slot for one in walk(part) if isinstance(one, Reference)] for part in parts
            ]
            if len(parts) > 1:
                yield from (list(dict.fromkeys(places)) for places in zip(*listed, strict=True))

    # What all of these have in common.

    def _spots(self) -> list[Spot]:
        return [self.formula.spots[slot] for slot in slots_in(self.formula.tree)]

    def _right(self, instead: Mapping[int, Array]) -> list[int]:
        """Return which alternatives are right; those of all slots are of one number."""
        try:
            found = self.values.results(self.formula, self.formula.tree, instead)
        except NotKnown:
            return []
        return [int(at) for at in np.flatnonzero(self.truth.holds(found))]

    def _if_right(
        self, slip: str, rank: int, spots: Sequence[Spot], others: Sequence[Spot]
    ) -> Iterator[Change]:
        slots = [slot for spot in spots for slot in self.formula.slots_of(spot)]
        by_spot = dict(zip(spots, others, strict=True))
        instead = {slot: self.values.of([by_spot[self.formula.spots[slot]]]) for slot in slots}
        if self._right(instead):
            yield self._change(slip, rank, slots, spots, others)

    def _stand(self, spots: Sequence[Spot]) -> Mask:
        """Return which rectangles of a size are on the sheet, and do not rest on the own cell."""
        if not spots:
            return np.zeros(0, dtype=np.bool_)
        rests = self.around.rests[self.values.cells(spots)].any(axis=(1, 2))
        return ~rests & np.array([min(spot.top, spot.left) >= 0 for spot in spots])

    def _change(
        self,
        slip: str,
        rank: int,
        slots: Sequence[int],
        spots: Sequence[Spot],
        others: Sequence[Spot],
    ) -> Change:
        """Return the change of some slots, which refer to some rectangles, to others."""
        first = len(self.formula.spots)
        if len(spots) == len(slots):
            names = {slot: first + at for at, slot in enumerate(slots)}
        else:
            by_spot = {spot: first + at for at, spot in enumerate(spots)}
            names = {slot: by_spot[self.formula.spots[slot]] for slot in slots}
        mended = self.formula.having(renamed(self.formula.tree, names), *others)
        wrong, right = Reference(slots[0]), Reference(names[slots[0]])
        distance = sum(map(_apart, spots, others))
        also: tuple[Expression, ...] = ()
        if len({self.formula.spots[slot] for slot in slots}) > 1:
            also = tuple(map(Reference, slots[1:]))
        return Change(slip, rank, mended, wrong, right, distance, also)


_RESIZES = [(edge, by) for by in (1, -1, 2, -2) for edge in ("top", "bottom", "left", "right")]


def _resized(spot: Spot, edge: str, by: int) -> Spot:
    match edge:
        case "top":
            return spot._replace(top=spot.top - by, height=spot.height + by)
        case "left":
            return spot._replace(left=spot.left - by, width=spot.width + by)
        case "bottom":
            return spot._replace(height=spot.height + by)
    return spot._replace(width=spot.width + by)


def _selections(slots: Sequence[int]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the occurrences of a reference that may be changed: each, two in a row, all."""
    yield from (((slot,), _ONE) for slot in slots)
    if len(slots) > 1:
        yield tuple(slots), _ALL
    if len(slots) > 2:
        yield from (((one, other), _ALL + 1) for one, other in pairwise(slots))


def _apart(spot: Spot, other: Spot) -> float:
    down, along = abs(spot.top - other.top), abs(spot.left - other.left)
    return _ACROSS * (min(down, along) > 0) + down + along + 1000 * (spot.sheet != other.sheet)
