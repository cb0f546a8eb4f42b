"""All cells of a workbook in one row of numbers, so that an index tells sheet, row and column.

Each sheet has the rectangle that its stored cells and array formulas fill. Before all of them is
one cell that is blank, and stands for all that is stored nowhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.contents import ArrayFormula, Ints, SheetContents

Indices = NDArray[np.int32]
Corner = tuple[int, int]
S = TypeVar("S", bound=np.generic)

OUTSIDE = 0
# So many cells for each that is stored, and these besides: beyond that, a sheet is too sparse.
_MOST_FOR_ONE, _MOST_BESIDES = 8, 2_000_000


@dataclass(frozen=True)
class Box:
    """The rectangle of a sheet that is filled, and the index of its first cell."""

    top: int
    left: int
    height: int
    width: int
    first: int


class Plane:
    """The boxes of all sheets, one after the other. Raises NotKnown where they are too sparse."""

    def __init__(self, sheets: Sequence[SheetContents]) -> None:
        self.number = {sheet.name.casefold(): at for at, sheet in enumerate(sheets)}
        self.boxes: list[Box] = []
        self.size, stored = 1, 0
        for sheet in sheets:
            box = _box(sheet, self.size)
            self.boxes.append(box)
            self.size += box.height * box.width
            stored += sheet.rows.size + sum(prod(one.size) for one in sheet.arrays_that_fit)
        if self.size > _MOST_FOR_ONE * stored + _MOST_BESIDES:
            raise NotKnown("cells that stand far apart")

    def box_of(self, cell: int) -> Box:
        """Return the box of the sheet on which a cell stands."""
        return self.boxes[self.sheet_of(cell)]

    def sheet_of(self, cell: int) -> int:
        """Return the number of the sheet on which a cell stands."""
        return bisect_right([box.first for box in self.boxes if box.width], cell) - 1

    @cached_property
    def places(self) -> tuple[Indices, Indices, Indices]:
        """The sheet, by number, the row and the column of all cells; -1 for what is OUTSIDE."""
        found = np.full((3, self.size), -1, dtype=np.int32)
        for number, box in enumerate(self.boxes):
            own = found[:, box.first : box.first + box.height * box.width]
            own[0] = number
            own[1] = box.top + np.repeat(np.arange(box.height), box.width)
            own[2] = box.left + np.tile(np.arange(box.width), box.height)
        return found[0], found[1], found[2]

    def indices(self, sheet: int, rows: Ints | Indices, columns: Ints | Indices) -> Indices:
        """Return the indices of cells, OUTSIDE where nothing is stored anywhere near."""
        box = self.boxes[sheet]
        down, along = rows - box.top, columns - box.left
        inside = (down >= 0) & (down < box.height) & (along >= 0) & (along < box.width)
        return np.where(inside, box.first + down * box.width + along, OUTSIDE).astype(np.int32)

    def index(self, sheet: int, row: int, column: int) -> int:
        """Return the index of one cell, as `indices` does of many."""
        box = self.boxes[sheet]
        down, along = row - box.top, column - box.left
        is_inside = 0 <= down < box.height and 0 <= along < box.width
        return box.first + down * box.width + along if is_inside else OUTSIDE

    def filled(self, sheet: int, formula: ArrayFormula) -> Indices:
        """Return the indices of the cells that an array formula fills, row by row."""
        first = np.array([formula.top], np.int32), np.array([formula.left], np.int32)
        return self.windows(sheet, *first, formula.size).reshape(-1)

    def rectangle(
        self, values: NDArray[S], sheet: int, corner: Corner, size: Corner
    ) -> NDArray[S] | None:
        """Return what the cells of a rectangle hold, of shape (rows, columns, draws), a view.

        `values` has a row for each cell of the plane; None where the rectangle is not all inside.
        """
        box = self.boxes[sheet]
        top, left = corner[0] - box.top, corner[1] - box.left
        bottom, right = top + size[0], left + size[1]
        if top < 0 or left < 0 or bottom > box.height or right > box.width:
            return None
        own = values[box.first : box.first + box.height * box.width]
        return own.reshape(box.height, box.width, -1)[top:bottom, left:right]

    def windows(self, sheet: int, tops: Indices, lefts: Indices, size: tuple[int, int]) -> Indices:
        """Return the indices of rectangles of one size: shape (rectangles, rows, columns)."""
        box, (height, width) = self.boxes[sheet], size
        is_inside = (
            tops.min() >= box.top
            and lefts.min() >= box.left
            and tops.max() + height <= box.top + box.height
            and lefts.max() + width <= box.left + box.width
        )
        if is_inside:
            first = (tops - box.top) * box.width + (lefts + (box.first - box.left))
            if size == (1, 1):
                return first[:, None, None]
        down, along = np.arange(height, dtype=np.int32), np.arange(width, dtype=np.int32)
        if is_inside:
            return first[:, None, None] + (down[:, None] * np.int32(box.width) + along)
        rows, columns = tops[:, None, None] + down[:, None], lefts[:, None, None] + along
        return self.indices(sheet, *np.broadcast_arrays(rows, columns))


def _box(sheet: SheetContents, first: int) -> Box:
    filled = sheet.arrays_that_fit
    if not sheet.rows.size and not filled:
        return Box(0, 0, 0, 0, first)
    corners = np.array([(one.top, one.left, one.bottom, one.right) for one in filled], np.int64)
    corners = corners.reshape(-1, 4)
    rows = np.concatenate([sheet.rows, corners[:, 0], corners[:, 2]])
    columns = np.concatenate([sheet.columns, corners[:, 1], corners[:, 3]])
    top, left = int(rows.min()), int(columns.min())
    height, width = int(rows.max()) - top + 1, int(columns.max()) - left + 1
    return Box(top, left, height, width, first)
