"""What flows back from L, or from the L of all steps at once, each step's apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.differentiation.graph import Graph, reached_by
from xlbackprop.find.gradients.differentiation.parts import parts_beside_copies
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.gradients import flow_back, unseen
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Reference

# Numbers for the cells on which several steps rest, a row for each step and draw.
_MOST_SHARED = 20_000_000
EVERY_STEP = -1
OWN_SHEET = -2
_LAST_DIGITS = 1e-14


@dataclass(frozen=True)
class Flow:
    """dL/d(cell) by step, in each draw.

    `cells`, `steps` and `values` (a row of draws each) are of one length. A cell on which several
    steps rest is there for each of them, and once for the sum, as EVERY_STEP. One that other sheets
    have copies of is there once more, as OWN_SHEET, with what comes back without these. `first` and
    `last` are the steps that rest on each cell of the plane.
    """

    cells: Indices
    steps: NDArray[np.int32]
    values: Array
    first: Indices
    last: Indices

    @cached_property
    def nothing(self) -> float:
        """So small a number is what sums that cancel leave in the last digits: it counts as 0."""
        finite = np.abs(self.values[np.isfinite(self.values)])
        return _LAST_DIGITS * float(finite.max(initial=0.0))

    @cached_property
    def is_zero(self) -> Mask:
        """Which gradients are 0 in all draws, as those of dead units, or but for last digits."""
        return np.asarray((np.abs(self.values) <= self.nothing).all(axis=1))

    @cached_property
    def by_cell(self) -> Mapping[int, list[int]]:
        """Where each cell's gradients are, whole ones alone."""
        found: dict[int, list[int]] = {}
        (whole,) = np.nonzero(self.steps != OWN_SHEET)
        for at, cell in zip(whole.tolist(), self.cells[whole].tolist(), strict=True):
            found.setdefault(cell, []).append(at)
        return found

    @cached_property
    def by_step(self) -> Mapping[tuple[int, int], int]:
        """Where the gradient of a cell and a step is."""
        keys = zip(self.cells.tolist(), self.steps.tolist(), strict=True)
        return {key: at for at, key in enumerate(keys)}

    @cached_property
    def parts(self) -> Mapping[int, int]:
        """Where the part of a cell's gradient is that comes back on its own sheet."""
        (which,) = np.nonzero(self.steps == OWN_SHEET)
        return dict(zip(self.cells[which].tolist(), which.tolist(), strict=True))


def flow(
    computation: Computation,
    graph: Graph,
    board: Board,
    seeds: tuple[Indices, NDArray[np.int32], Array],
) -> Flow:
    """Return what flows back from seeds: the cells, their steps, and dL/d(cell) in each draw."""
    roots, of_roots, received = seeds
    groups = computation.in_order()
    first, last = reached_by(groups, graph, roots, of_roots)
    result = np.zeros((graph.plane.size, board.draws))
    np.add.at(result, roots, received)
    result[unseen(computation, board, result)] = np.nan
    shared: Indices = np.flatnonzero((last >= 0) & (first != last)).astype(np.int32)
    parts = _Parts(graph, shared, first, last, board.draws)
    flow_back(groups, board, result, watch=parts.watch if parts.table.size else None)
    own: Indices = np.flatnonzero((last >= 0) & (first == last)).astype(np.int32)
    cells, steps, values = [own], [first[own]], [result[own]]
    parted: list[tuple[int, Indices, Array]] = [
        (step, shared, part) for step, part in parts.by_step(groups, board)
    ]
    if len(shared):
        parted.append((EVERY_STEP, shared, result[shared]))
    parted.append((OWN_SHEET, *parts_beside_copies(graph, own, result)))
    for step, some, part in parted:
        cells.append(some)
        steps.append(np.full(len(some), step, dtype=np.int32))
        values.append(part)
    return Flow(
        np.concatenate(cells),
        np.concatenate(steps),
        np.concatenate(values),
        first,
        last,
    )


class _Parts:
    """What each step gives to the cells that it shares with others."""

    def __init__(
        self, graph: Graph, shared: Indices, first: Indices, last: Indices, draws: int
    ) -> None:
        self._shared, self._size = shared, graph.plane.size
        self._step = np.where(first == last, first, -1)
        count = int(last.max(initial=-1)) + 1
        fits = len(shared) * count * draws <= _MOST_SHARED
        self.table = np.zeros((len(shared), count if fits else 0, draws))
        # What goes to a copy goes to what it copies: chains of copies need not be followed.
        self._copied = graph.copied
        self._row = np.full(graph.plane.size, -1, dtype=np.int32)
        self._row[shared] = np.arange(len(shared), dtype=np.int32)

    def watch(self, formulas: Indices, window: Indices, passed: Array) -> None:
        """Take what formulas of a single step pass on to what others refer to as well."""
        # A copy itself passes on what has been counted where it goes to.
        own = np.where(self._copied[formulas] == formulas, self._step[formulas], -1)
        step = np.broadcast_to(own[:, None, None], window.shape)
        row = self._row[self._copied[window]]
        which = (step >= 0) & (row >= 0)
        if which.any():
            np.add.at(self.table, (row[which], step[which]), passed[which])

    def by_step(self, groups: Sequence[Group], board: Board) -> list[tuple[int, Array]]:
        """Return each step's part of dL/d(cell) for the shared cells."""
        inner = [
            group.where(np.flatnonzero(which).astype(np.int32))
            for group in groups
            if (which := self._row[group.cells] >= 0).any()
        ]
        if all(isinstance(group.tree, Reference) for group in inner):
            inner = []
        found = []
        for step in range(self.table.shape[1]):
            part = self.table[:, step]
            if inner:
                whole = np.zeros((self._size, board.draws))
                whole[self._shared] = part
                flow_back(inner, board, whole)
                part = whole[self._shared]
            found.append((step, part))
        return found
