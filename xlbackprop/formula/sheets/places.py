"""Where the references of formulas point: rectangles of one size, one for each cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.formula.sheets.plane import Indices, Plane, S


@dataclass(frozen=True)
class Place:
    """What one slot of a group refers to: in each cell a rectangle of one size, on one sheet."""

    sheet: int
    size: tuple[int, int]
    tops: Indices
    lefts: Indices

    @cached_property
    def is_fixed(self) -> bool:
        """Whether it is the same cells for all."""
        return bool((self.tops == self.tops[0]).all() and (self.lefts == self.lefts[0]).all())

    def of(self, plane: Plane, which: slice | Indices) -> Indices:
        """Return the indices of the cells, of shape (some of the cells or 1, rows, columns)."""
        if self.is_fixed:
            which = slice(1)
        return plane.windows(self.sheet, self.tops[which], self.lefts[which], self.size)

    def view(self, plane: Plane, which: slice, values: NDArray[S]) -> NDArray[S] | None:
        """Return what it holds where it is the same cells for all, of shape (1, rows, columns, …).

        `values` has a row for each cell of the plane. None where it is not one rectangle of the
        sheet's box.
        """
        if not self.is_fixed and which.stop - which.start > 1:
            return None
        at = 0 if self.is_fixed else which.start
        corner = int(self.tops[at]), int(self.lefts[at])
        found = plane.rectangle(values, self.sheet, corner, self.size)
        return None if found is None else found[None]

    def stored(self, plane: Plane, which: Indices | NDArray[np.intp]) -> Iterator[Indices]:
        """Yield the indices of the cells for some of the formulas, those that stand somewhere.

        Unlike `of`, it takes whole rows and columns.
        """
        box, (height, width) = plane.boxes[self.sheet], self.size
        corners = {(int(self.tops[at]), int(self.lefts[at])) for at in which.tolist()}
        for top, left in corners:
            first = max(top, box.top), max(left, box.left)
            last = min(top + height, box.top + box.height), min(left + width, box.left + box.width)
            size = last[0] - first[0], last[1] - first[1]
            if min(size) > 0:
                at = np.array([first[0]], np.int32), np.array([first[1]], np.int32)
                yield plane.windows(self.sheet, *at, size)


@dataclass(frozen=True)
class Blind:
    """Cells of which no value is known, and what they refer to; None where that may be anything."""

    cells: Indices
    places: tuple[Place, ...] | None

    def where(self, mask: Mask) -> Blind:
        """Return those of the cells where a mask of all cells of the plane says so."""
        (which,) = np.nonzero(mask[self.cells])
        if len(which) == len(self.cells):
            return self
        places = self.places and tuple(
            replace(one, tops=one.tops[which], lefts=one.lefts[which]) for one in self.places
        )
        return Blind(self.cells[which], places)
