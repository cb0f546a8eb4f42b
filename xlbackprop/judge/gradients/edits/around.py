"""The cells around a formula that might belong in it, nearest first, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.tree import Call, Expression, Number, Operation, Reference, walk
from xlbackprop.judge.gradients.edits.truth import LEAST_DRAWS, Truth
from xlbackprop.judge.gradients.edits.written import Spot, Values, Written, spot_of

# So many cells are tried.
_MOST_CELLS = 1200
# References of a workbook beyond which it is not followed what rests on a cell.
_MOST_REFERENCES = 4_000_000
# From a weight through its layer's net and a copy of it to the activation, and to its copy.
_STEPS_ON, _MOST_ON = 4, 40
_ROUGHLY = 1e-6
_COMPARISONS = {">", "<", ">=", "<="}
_ONE, _TWO = Number(1.0, "1"), Number(2.0, "2")


class Form(Enum):
    """What may be made of a cell c where a derivative belongs."""

    ITSELF = "c"
    SLOPE = "c*(1-c)"
    SQUARE = "1-c^2"
    MASK = "c>0"
    REST = "1-c"
    INVERSE = "1/c"

    def numbers(self, cells: Array) -> Array:
        """Return what is made of cells' numbers."""
        match self:
            case Form.SLOPE:
                return cells * (1 - cells)
            case Form.SQUARE:
                return np.asarray(1 - cells**2)
            case Form.MASK:
                return np.where(cells > 0, 1.0, 0.0)
            case Form.REST:
                return 1 - cells
            case Form.INVERSE:
                return np.asarray(1 / cells)
        return cells

    def tree(self, cell: Expression) -> Expression:
        """Return what is made of a cell, as an expression."""
        match self:
            case Form.SLOPE:
                return Operation("*", cell, Operation("-", _ONE, cell))
            case Form.SQUARE:
                return Operation("-", _ONE, Operation("^", cell, _TWO))
            case Form.MASK:
                positive = Operation(">", cell, Number(0.0, "0"))
                return Call("IF", (positive, _ONE, Number(0.0, "0")))
            case Form.REST:
                return Operation("-", _ONE, cell)
            case Form.INVERSE:
                return Operation("/", _ONE, cell)
        return cell


DERIVATIVES = (Form.SLOPE, Form.SQUARE, Form.MASK)


class Links:
    """What rests on what, in a whole workbook; nothing is followed through what is given."""

    def __init__(self, graph: Graph, given: Indices) -> None:
        self._graph = graph
        self._passes = np.ones(graph.plane.size, dtype=np.bool_)
        self._passes[given] = False

    @cached_property
    def _edges(self) -> tuple[Indices, Indices]:
        """Which cell which other refers to: those referred to, in order, and those referring."""
        sources, targets = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        if sum(group.cost for group in self._graph.groups) <= _MOST_REFERENCES:
            for group in self._graph.groups:
                window = self._graph.windows(group)
                sources.append(window.ravel())
                targets.append(np.repeat(group.cells, window.shape[1]))
        source, target = np.concatenate(sources), np.concatenate(targets)
        order = np.argsort(source, kind="stable")
        return source[order], target[order]

    def resting_on(self, cell: int) -> Mask:
        """Return which cells rest on one, itself included."""
        source, target = self._edges
        found = np.zeros(self._graph.plane.size, dtype=np.bool_)
        found[cell] = True
        front = np.array([cell], dtype=np.int32)
        while front.size:
            first = np.searchsorted(source, front, side="left")
            last = np.searchsorted(source, front, side="right")
            after = [target[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
            reached = np.unique(np.concatenate(after))
            front = reached[~found[reached]]
            found[front] = True
            front = front[self._passes[front]]
        return found

    def users(self, cell: int) -> list[int]:
        """Return the cells whose formulas refer to a cell."""
        source, target = self._edges
        first, last = np.searchsorted(source, [cell, cell + 1]).tolist()
        return list(dict.fromkeys(target[first:last].tolist()))

    def used_on(self, cell: int) -> list[int]:
        """Return the cells to which a cell leads in few steps, the nearest first."""
        found, front = dict[int, None](), [cell]
        for _ in range(_STEPS_ON):
            front = [one for now in front for one in self.users(now) if one not in found]
            front = front[:_MOST_ON]
            found |= dict.fromkeys(front)
        return list(found)

    @cached_property
    def is_copy(self) -> Mask:
        """Which cells do no more than refer to another one."""
        return np.asarray(self._graph.copied != np.arange(self._graph.plane.size))

    @cached_property
    def kinked(self) -> Mask:
        """Which cells are compared with something, or the argument of MAX: nets of a ReLU."""
        found = np.zeros(self._graph.plane.size, dtype=np.bool_)
        for group in self._graph.groups:
            for slot in set(_at_kinks(group.tree)):
                found[group.places[slot].of(self._graph.plane, slice(None))] = True
        found[OUTSIDE] = False
        return found


def _at_kinks(tree: Expression) -> list[int]:
    found: list[int] = []
    for part in walk(tree):
        match part:
            case Call("MAX", arguments):
                found += [one.slot for one in arguments if isinstance(one, Reference)]
            case Operation(sign, Reference(slot), Number()) if sign in _COMPARISONS:
                found.append(slot)
    return found


@dataclass(frozen=True)
class Around:
    """Cells that might belong in a formula, nearest first: their places and numbers."""

    cells: Indices
    spots: tuple[Spot, ...]
    numbers: Array  # (cells, draws)
    rests: Mask  # which cells of the plane rest on the formula's own
    forms: dict[Form, NDArray[np.intp]]  # which of the cells may have a form

    def matching(self, form: Form, need: Array, truth: Truth) -> list[int]:
        """Return which cells have a form that comes to what is needed, nearest first."""
        which = self.forms[form]
        if not which.size:
            return []
        found = near(self._numbers_of(form), need, truth.counts)
        return [int(which[at]) for at in found]

    def _numbers_of(self, form: Form) -> Array:
        if form not in self._made:
            with np.errstate(all="ignore"):
                self._made[form] = form.numbers(self.numbers[self.forms[form]])
        return self._made[form]

    @cached_property
    def _made(self) -> dict[Form, Array]:
        return {}


def near(numbers: Array, need: Array, counts: Mask) -> list[int]:
    """Return which rows of numbers are about what is needed, in the draws that count."""
    known = counts & np.isfinite(need)
    if known.sum() < LEAST_DRAWS or np.isinf(need[counts]).any():
        return []
    (draws,) = np.nonzero(known)
    largest = int(draws[np.argmax(np.abs(need[draws]))])
    size = abs(float(need[largest]))
    if size == 0:
        return []
    with np.errstate(invalid="ignore"):
        (rows,) = np.nonzero(np.abs(numbers[:, largest] - need[largest]) <= _ROUGHLY * size)
        if rows.size:
            off = np.abs(numbers[np.ix_(rows, draws)] - need[draws])
            rows = rows[(off <= _ROUGHLY * size).all(axis=1)]
    return [int(row) for row in rows]


def around(formula: Written, values: Values, links: Links, of: int | None = None) -> Around:
    """Return the cells around a formula on the sheets that it refers to, nearest first.

    And on those to which what its gradient is by, `of`, leads: an activation may stand there.
    """
    plane, numbers = values.plane, values.numbers
    rests = links.resting_on(formula.cell)
    anchors = {formula.place, *formula.spots}
    sheets = {spot.sheet for spot in anchors}
    led_to = [spot_of(plane, cell) for cell in (links.used_on(of) if of is not None else ())]
    anchors |= {spot for spot in led_to if spot.sheet not in sheets}
    cells, distances, spots = [], [], []
    for sheet in sorted({spot.sheet for spot in anchors}):
        box = plane.boxes[sheet]
        own = np.arange(box.first, box.first + box.height * box.width, dtype=np.int32)
        usable = np.isfinite(numbers[own]).all(axis=1) & ~rests[own]
        usable &= numbers[own].any(axis=1)
        if sheet not in sheets:
            usable &= ~links.is_copy[own]
        own = own[usable]
        rows, columns = np.divmod(own - box.first, max(1, box.width))
        rows, columns = rows + box.top, columns + box.left
        distance = _distance(rows, columns, [one for one in anchors if one.sheet == sheet])
        nearest = np.argsort(distance, kind="stable")[:_MOST_CELLS]
        cells.append(own[nearest])
        distances.append(distance[nearest])
        places = zip(rows[nearest].tolist(), columns[nearest].tolist(), strict=True)
        spots += [Spot(sheet, row, column) for row, column in places]
    every, far = np.concatenate(cells), np.concatenate(distances)
    order = np.argsort(far, kind="stable")[:_MOST_CELLS]
    own = every[order]
    return Around(
        own,
        tuple(spots[at] for at in order.tolist()),
        numbers[own],
        rests,
        _forms(own, numbers[own], links),
    )


def _distance(rows: Indices, columns: Indices, anchors: list[Spot]) -> Array:
    """Return how far cells are from the anchors: those in the same rows and columns are near."""
    best = np.full(rows.shape, np.inf)
    for one in anchors:
        down = np.maximum(0, np.maximum(one.top - rows, rows - one.top - one.height + 1))
        along = np.maximum(0, np.maximum(one.left - columns, columns - one.left - one.width + 1))
        best = np.minimum(best, 1000.0 * np.minimum(down, along) + down + along)
    return best


def _forms(cells: Indices, numbers: Array, links: Links) -> dict[Form, NDArray[np.intp]]:
    everything = np.arange(len(cells))
    is_share = ((numbers > 0) & (numbers < 1)).all(axis=1)
    is_small = (np.abs(numbers) <= 1).all(axis=1)
    return {
        Form.ITSELF: everything,
        Form.SLOPE: everything,
        Form.SQUARE: np.flatnonzero(is_small),
        Form.MASK: np.flatnonzero(links.kinked[cells]),
        Form.REST: np.flatnonzero(is_share),
        Form.INVERSE: everything,
    }
