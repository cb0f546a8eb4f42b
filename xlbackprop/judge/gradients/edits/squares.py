"""Cells of a square of typed numbers, taken as if it lay otherwise: `w21` for `w12` throughout.

In a sum that is written out, each weight is a cell of its own: all of a matrix are exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlbackprop.equation import Mask
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Reference
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import TRANSPOSED, UNTURNED
from xlbackprop.judge.gradients.edits.truth import Truth
from xlbackprop.judge.gradients.edits.written import Spot, Values, Written, renamed, slots_in

_RANK = 23
_MOST = 12  # rows and columns of such a square


@dataclass(frozen=True)
class Squares:
    """Tries the cells of squares transposed, and rotated by 180 degrees."""

    formula: Written
    values: Values
    truth: Truth
    is_typed: Mask

    def changes(self) -> Iterator[Change]:
        """Yield the changes that mend the formula."""
        found: dict[Spot, list[int]] = {}
        for slot in slots_in(self.formula.tree):
            square = self._square(self.formula.spots[slot])
            if square is not None:
                found.setdefault(square, []).append(slot)
        each = [{square: slots} for square, slots in found.items()]
        each += [
            {one: own for one, own in found.items() if one.height == size}
            for size in {square.height for square in found}
        ]
        for squares in each:
            for slip in (TRANSPOSED, UNTURNED):
                places = {
                    slot: _otherwise(self.formula.spots[slot], square, slip)
                    for square, slots in squares.items()
                    for slot in slots
                }
                yield from self._tried(slip, places)

    def _square(self, spot: Spot) -> Spot | None:
        """Return the square of typed numbers in which a cell lies; None where it is no square."""
        if not spot.is_cell or not self._has(spot):
            return None
        up, down = (self._run(spot, way, 0) for way in (-1, 1))
        left, right = (self._run(spot, 0, way) for way in (-1, 1))
        size = up + down + 1
        if size != left + right + 1 or not 1 < size <= _MOST:
            return None
        return Spot(spot.sheet, spot.top - up, spot.left - left, size, size)

    def _run(self, spot: Spot, down: int, along: int) -> int:
        """Return how many typed numbers follow on a side."""
        for far in range(1, _MOST + 1):
            beside = spot.moved(far * down, far * along)
            if min(beside.top, beside.left) < 0 or not self._has(beside):
                return far - 1
        return _MOST

    def _has(self, spot: Spot) -> bool:
        return bool(self.is_typed[self.values.cells([spot]).ravel()[0]])

    def _tried(self, slip: str, places: dict[int, Spot]) -> Iterator[Change]:
        moved = {slot: to for slot, to in places.items() if to != self.formula.spots[slot]}
        if not moved:
            return
        first = len(self.formula.spots)
        new = dict(zip(moved, range(first, first + len(moved)), strict=True))
        mended = self.formula.having(renamed(self.formula.tree, new), *moved.values())
        try:
            value = self.values.result(mended)
        except NotKnown:
            return
        if self.truth.holds(value[None])[0]:
            slot, *others = moved
            also = tuple(Reference(one) for one in _once(self.formula.spots, others))
            yield Change(slip, _RANK, mended, Reference(slot), Reference(new[slot]), also=also)


def _otherwise(spot: Spot, square: Spot, slip: str) -> Spot:
    """Return where a cell of a square lies when that is transposed, or rotated."""
    down, along = spot.top - square.top, spot.left - square.left
    if slip == UNTURNED:
        last = square.height - 1
        return spot._replace(top=square.top + last - down, left=square.left + last - along)
    return spot._replace(top=square.top + along, left=square.left + down)


def _once(spots: Sequence[Spot], slots: Sequence[int]) -> list[int]:
    """Return the first of the slots that refer to each place."""
    return list({spots[slot]: slot for slot in reversed(slots)}.values())[::-1]
