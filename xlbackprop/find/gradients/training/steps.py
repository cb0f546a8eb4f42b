"""The steps of a training, one row or column each, and where one leads to the next.

Step 1 starts from typed weights, and each later one from those that formulas have updated. There
the steps are cut apart: what stands there is drawn as freely as a typed number, so that each step
is judged by itself.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices

# Of steps of one formula, so many refer to the same columns: the others have a slip.
_MOSTLY = 0.75


def steps_of(graph: Graph, cell: int) -> Indices:
    """Return the cells of a cell's formula shape in its column, or in its row: itself alone.

    Steps below one another refer to the same columns, but for a slip in a few; cells that do not
    are something else, as the mean of other numbers is.
    """
    group = graph.groups[graph.owner[cell]]
    at = int(graph.position[cell])
    row, column = group.rows[at], group.columns[at]
    box = graph.plane.box_of(cell)
    here = (group.cells >= box.first) & (group.cells < box.first + box.height * box.width)
    below = np.flatnonzero(here & (group.columns == column))
    beside = np.flatnonzero(here & (group.rows == row))
    is_down = len(below) >= len(beside)
    along = below if is_down else beside
    lines = _lines(graph, graph.windows(group)[along], is_down=is_down)
    alike = (lines == lines[along == at]).all(axis=1)
    if alike.sum() < _MOSTLY * len(along):
        along = along[alike]
    return np.sort(group.cells[along])


def _lines(graph: Graph, cells: Indices, *, is_down: bool) -> Indices:
    """Return in which columns cells stand, or in which rows, those of each sheet apart."""
    found = np.zeros_like(cells)
    for number, box in enumerate(graph.plane.boxes):
        here = (cells >= box.first) & (cells < box.first + box.height * box.width)
        row, column = np.divmod(cells[here] - box.first, max(box.width, 1))
        found[here] = number + len(graph.plane.boxes) * (1 + (column if is_down else row))
    return found


def cuts_between(graph: Graph, roots: Indices, is_number: Mask) -> dict[int, int]:
    """Return the cells of later steps that stand where step 1 has a typed number.

    Beside each, what stands there in the step before. `roots` are the cells from which the steps
    are walked, of shape (steps, roots).
    """
    return _Walk(graph, is_number).cuts(roots)


class _Walk:
    """The cells on which step 1 rests, and beside each those of the other steps (-1 for none)."""

    def __init__(self, graph: Graph, is_number: Mask) -> None:
        self._graph, self._is_number = graph, is_number
        self._partners: dict[int, Indices] = {}
        self._left: list[int] = []

    def cuts(self, roots: Indices) -> dict[int, int]:
        for first, *others in roots.T.tolist():
            self._meet(first, np.array(others, dtype=np.int32))
        found: dict[int, int] = {}
        graph = self._graph
        typed = (graph.owner < 0) | graph.is_constant
        while self._left:
            first = self._left.pop()
            others = self._partners[first]
            computed = (others >= 0) & ~typed[others]
            if not typed[first]:
                self._pair(first, others, computed)
            elif self._is_number[first]:
                before = [first, *others[computed].tolist()]
                found |= dict(pairwise(before[::-1]))
        return found

    def _pair(self, first: int, others: Indices, computed: Mask) -> None:
        """Pair what a cell of step 1 refers to with what its partners refer to."""
        graph = self._graph
        own = graph.windows(graph.groups[graph.owner[first]])[graph.position[first]]
        for number in np.unique(graph.owner[others[computed]]).tolist():
            which = computed & (graph.owner[others] == number)
            theirs = graph.windows(graph.groups[number])[graph.position[others[which]]]
            if theirs.shape[1] != len(own):
                continue
            for at, reference in enumerate(own.tolist()):
                if reference != OUTSIDE:
                    met = np.full(len(others), -1, dtype=np.int32)
                    met[which] = theirs[:, at]
                    self._meet(reference, met)

    def _meet(self, first: int, others: Indices) -> None:
        copied = self._graph.copied
        first = int(copied[first])
        others = np.where(others > OUTSIDE, copied[others], -1).astype(np.int32)
        others[others == first] = -1
        known = self._partners.get(first)
        if known is None:
            self._partners[first] = others
            self._left.append(first)
            return
        new = (known < 0) & (others >= 0)
        if new.any():
            known[new] = others[new]
            self._left.append(first)
