"""The rectangles of numbers and formulas on a sheet, apart from one another by blanks and texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.texts.reading import said_by
from xlbackprop.formula.sheets.plane import Indices


@dataclass(frozen=True, order=True)
class Rectangle:
    """Filled cells of one sheet: its number, the first row and column, and the size."""

    sheet: int
    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The last row."""
        return self.top + self.height - 1

    @property
    def right(self) -> int:
        """The last column."""
        return self.left + self.width - 1

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return self.height, self.width

    def cells(self, labels: Labels) -> Indices:
        """Return the cells of the plane, of the rectangle's shape."""
        corner = np.array([self.top]), np.array([self.left])
        found: Indices = labels.plane.windows(self.sheet, *corner, self.size)[0]
        return found


def rectangles_of(labels: Labels, sheet: int) -> list[Rectangle]:
    """Return the rectangles of a sheet in the order in which one reads.

    Columns that are filled in the same rows are one, unless a text right above one of them says
    that other gradients begin there.
    """
    box, tops = labels.plane.boxes[sheet], labels.tops(sheet)
    if not box.width:
        return []
    is_last = tops >= 0
    is_last[:-1] &= tops[1:] != tops[:-1]
    columns, bottoms = np.nonzero(is_last.T)
    firsts = tops[bottoms, columns]
    order = np.lexsort((columns, bottoms, firsts))
    runs = zip(
        firsts[order].tolist(), bottoms[order].tolist(), columns[order].tolist(), strict=True
    )
    found = list(
        _joined(labels, sheet, [(top, box.top + one, box.left + at) for top, one, at in runs])
    )
    return sorted(found)


def _joined(labels: Labels, sheet: int, runs: list[tuple[int, int, int]]) -> Iterator[Rectangle]:
    """Yield the rectangles that columns make, each of a first row, a last row and a place."""
    start = 0
    for at in range(1, len(runs) + 1):
        is_next = at < len(runs) and runs[at] == (*runs[at - 1][:2], runs[at - 1][2] + 1)
        if not is_next or _begins_anew(labels, sheet, runs[start], runs[at]):
            top, bottom, left = runs[start]
            yield Rectangle(sheet, top, left, bottom - top + 1, at - start)
            start = at


def _begins_anew(
    labels: Labels, sheet: int, first: tuple[int, int, int], run: tuple[int, int, int]
) -> bool:
    """Whether a column has a title of its own: of gradients, or next to such."""
    own = labels.text(sheet, run[0] - 1, run[2])
    if not own:
        return False
    return (
        said_by(own) is not None or said_by(labels.text(sheet, first[0] - 1, first[2])) is not None
    )
