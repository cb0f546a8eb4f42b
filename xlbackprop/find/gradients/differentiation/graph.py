"""Which cells each formula refers to, and what rests on what."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.tree import Expression, Reference, functions_in

# References of all formulas together; beyond that, they are not followed one by one.
MOST_REFERENCES = 60_000_000
_MOST_COPIES = 64
_SEED = 3


class Graph:
    """The formulas of a computation, by cell. Raises NotKnown where they refer to too much."""

    def __init__(self, computation: Computation) -> None:
        self.groups, self.plane = computation.groups, computation.plane
        if sum(group.references for group in self.groups) > MOST_REFERENCES:
            raise NotKnown("formulas that refer to too many cells")
        self.owner: Indices = np.full(self.plane.size, -1, dtype=np.int32)
        self.position: Indices = np.zeros(self.plane.size, dtype=np.int32)
        for number, group in enumerate(self.groups):
            self.owner[group.cells] = number
            self.position[group.cells] = np.arange(len(group.cells), dtype=np.int32)
        self._windows: dict[int, Indices] = {}

    @cached_property
    def is_constant(self) -> Mask:
        """Where a formula refers to nothing and gives the same number always: `=0.5`."""
        found = np.zeros(self.plane.size, dtype=np.bool_)
        for group in self.groups:
            if not group.places and not any(map(_depends_on_more, functions_in(group.tree))):
                found[group.cells] = True
        return found

    @cached_property
    def copied(self) -> Indices:
        """What each cell is a copy of by formulas like `=A1`: at the end, itself."""
        found = np.arange(self.plane.size, dtype=np.int32)
        for group in self.groups:
            if isinstance(group.tree, Reference) and group.places[0].size == (1, 1):
                found[group.cells] = self.windows(group)[:, 0]
        found[found == OUTSIDE] = np.flatnonzero(found == OUTSIDE)
        for _ in range(_MOST_COPIES):
            further = found[found]
            if (further == found).all():
                break
            found = further
        return found

    @cached_property
    def is_used(self) -> Mask:
        """Which cells any formula refers to."""
        found = np.zeros(self.plane.size, dtype=np.bool_)
        for group in self.groups:
            found[self.windows(group)] = True
        return found

    @cached_property
    def is_alone(self) -> Mask:
        """Whether a formula refers to a cell and to no other, and is no copy: an activation's."""
        found = np.zeros(self.plane.size, dtype=np.bool_)
        for group in self.groups:
            windows = self.windows(group)
            if windows.shape[1] and not isinstance(group.tree, Reference):
                alone = (windows == windows[:, :1]).all(axis=1)
                found[windows[alone, 0]] = True
        return found

    def windows(self, group: Group) -> Indices:
        """Return the cells that a group's cells refer to, those that count: (cells, references)."""
        number = int(self.owner[group.cells[0]])
        if number not in self._windows:
            parts = [np.empty((len(group.cells), 0), dtype=np.int32)]
            for slot in group.used:
                window = group.places[slot].of(self.plane, slice(None))
                flat = window.reshape(len(window), -1)
                parts.append(np.broadcast_to(flat, (len(group.cells), flat.shape[1])))
            self._windows[number] = np.concatenate(parts, axis=1)
        return self._windows[number]

    def uses(self, groups: Iterable[Group], within: Mask) -> NDArray[np.int64]:
        """Return a number for each cell, the same where formulas of the same kinds use them.

        Only formulas in cells `within` count.
        """
        used: dict[int, list[Indices]] = {}
        for group in groups:
            own = group.cells[within[group.cells]]
            if own.size:
                number = int(self.owner[own[0]])
                windows = self.windows(self.groups[number])[self.position[own]]
                used.setdefault(number, []).append(np.unique(windows))
        found = np.zeros(self.plane.size, dtype=np.int64)
        marks = np.random.default_rng(_SEED).integers(1 << 62, size=len(self.groups))
        for number, parts in used.items():
            found[np.unique(np.concatenate(parts))] ^= marks[number]
        return found

    def references(self, cell: int) -> list[int]:
        """Return the cells that a cell's formula refers to."""
        if self.owner[cell] < 0:
            return []
        found = self.windows(self.groups[self.owner[cell]])[self.position[cell]]
        return [one for one in found.tolist() if one != OUTSIDE]

    def tree(self, cell: int) -> Expression | None:
        """Return the tree of a cell's formula."""
        return self.groups[self.owner[cell]].tree if self.owner[cell] >= 0 else None

    def slot_cell(self, cell: int, slot: int) -> int:
        """Return the cell that a slot of a cell's formula refers to, OUTSIDE for a rectangle."""
        group, at = self.groups[self.owner[cell]], int(self.position[cell])
        place = group.places[slot]
        if place.size != (1, 1):
            return OUTSIDE
        return int(place.of(self.plane, np.array([at], dtype=np.int32))[0, 0, 0])


def cone(groups: Iterable[Group], graph: Graph, cells: Indices | list[int]) -> Mask:
    """Return on which cells some rest, themselves included; `groups` come in their order."""
    found = np.zeros(graph.plane.size, dtype=np.bool_)
    found[cells] = True
    for group in reversed(list(groups)):
        reached = found[group.cells]
        if reached.any():
            owner = graph.groups[graph.owner[group.cells[0]]]
            at = graph.position[group.cells[reached]]
            found[graph.windows(owner)[at]] = True
    found[OUTSIDE] = False
    return found


def resting_on(groups: Iterable[Group], graph: Graph, cells: Indices) -> Mask:
    """Return which cells rest on some, themselves included; `groups` come in their order."""
    found = np.zeros(graph.plane.size, dtype=np.bool_)
    found[cells] = True
    for group in groups:
        owner = graph.groups[graph.owner[group.cells[0]]]
        windows = graph.windows(owner)[graph.position[group.cells]]
        found[group.cells] |= (found[windows] & (windows != OUTSIDE)).any(axis=1)
    return found


def reached_by(
    groups: Iterable[Group], graph: Graph, cells: Indices, steps: NDArray[np.int32]
) -> tuple[Indices, Indices]:
    """Return the first and the last of the steps whose cells rest on each cell.

    `steps` has the step of each of the cells, from 0. Where none does, the first is the number of
    steps, and the last -1.
    """
    count = int(steps.max(initial=-1)) + 1
    first = np.full(graph.plane.size, count, dtype=np.int32)
    last = np.full(graph.plane.size, -1, dtype=np.int32)
    np.minimum.at(first, cells, steps)
    np.maximum.at(last, cells, steps)
    for group in reversed(list(groups)):
        reached = last[group.cells] >= 0
        if reached.any():
            owner, own = graph.groups[graph.owner[group.cells[0]]], group.cells[reached]
            windows = graph.windows(owner)[graph.position[own]]
            np.minimum.at(first, windows, first[own][:, None])
            np.maximum.at(last, windows, last[own][:, None])
    first[OUTSIDE], last[OUTSIDE] = count, -1
    return first, last


def _depends_on_more(function: str) -> bool:
    """Whether a function gives another number elsewhere, or at another time."""
    row = FUNCTIONS.get(function)
    return row is None or row.needs_place
