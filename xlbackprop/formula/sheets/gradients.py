"""Reverse mode over a workbook's formulas: dL/d(cell) of every cell, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.derivative import derivatives
from xlbackprop.formula.extent import extent
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.blind import feeding, resting_on
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.order import portions
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.sheets.steps import References

# Formulas' cells, the cells to which they pass on, and what: (formulas, rows, columns, draws).
Watch = Callable[[Indices, Indices, Array], None]

_TOGETHER = 4_000_000  # numbers


def gradients(
    computation: Computation, board: Board, loss: int, given: Indices | None = None
) -> Array:
    """Return dL/d(cell) for all cells of a plane in each draw, of shape (cells, draws).

    `loss` is the index of the cell that holds L; `board` is what the cells hold. Behind cells that
    were `given` numbers in the draws, formulas or not, nothing is followed. NaN is what is not
    known: what flows back through a formula of which no derivative is known, or no meaning.
    """
    start = np.zeros((computation.plane.size, board.draws))
    start[loss] = 1.0
    free = np.ones(computation.plane.size, dtype=np.bool_)
    if given is not None:
        free[given] = False
    start[unseen(computation, board, start, free)] = np.nan
    flow_back(computation.in_order(), board, start, free)
    return start


def unseen(computation: Computation, board: Board, start: Array, free: Mask | None = None) -> Mask:
    """Return which cells feed L through formulas that are not known, whatever else they feed.

    `start` is what flows back from: dL/d(cell), (cells, draws), where it is known beforehand.
    """
    behind = np.zeros(computation.plane.size, dtype=np.bool_)
    while computation.blind:
        result = start.copy()
        result[behind] = np.nan
        flow_back(computation.in_order(), board, result, free)
        reached = (result != 0).any(axis=1)
        found = _feeding(computation, reached if free is None else free & reached)
        if (found <= behind).all():
            break
        behind |= found
    return behind


def _feeding(computation: Computation, reached: Mask) -> Mask:
    found = feeding(computation.blind, reached, computation.plane)
    if found is None:  # any cell may, but for those that rest on such a formula
        unknown = np.zeros(computation.plane.size, dtype=np.bool_)
        for one in computation.blind:
            if one.places is None:
                unknown[one.cells[reached[one.cells]]] = True
        found = ~resting_on(computation.in_order(), unknown, computation.plane)
    return found


def flow_back(
    groups: Sequence[Group],
    board: Board,
    result: Array,
    free: Mask | None = None,
    watch: Watch | None = None,
) -> None:
    """Add to `result`, (cells, draws), what flows back from what it holds of L's derivatives.

    `groups` come in the order of evaluation; formulas of cells that are not `free` are not
    followed. `watch` is shown what each formula passes on, cell by cell.
    """
    for group in reversed(groups):
        reached = (result[group.cells] != 0).any(axis=1)
        if free is not None:
            reached &= free[group.cells]
        if reached.any():
            own = group.where(np.flatnonzero(reached).astype(np.int32))
            _give_back(own, board, result, free, watch)
    result[OUTSIDE] = 0.0


def _give_back(
    group: Group, board: Board, result: Array, free: Mask | None, watch: Watch | None
) -> None:
    """Add what a group's cells pass on to the cells that they refer to."""
    formulas, filled = group.once, group.filled
    for part in portions(formulas, len(formulas.cells), _TOGETHER // board.draws):
        received = result[filled[part]]
        if free is not None:
            received[~free[filled[part]]] = 0.0
        sources = References(board, formulas, part, each=watch is not None)
        try:
            passed = derivatives(group.tree, sources, _as_given(group, received))
        except NotKnown:
            passed = {slot: np.full((1, 1, 1, 1), np.nan) for slot in group.used}
        for slot, own in passed.items():
            window = sources.window(slot)
            cells = np.broadcast_to(own, (*window.shape, board.draws))
            np.add.at(result, window, cells)
            if watch is not None:
                watch(formulas.cells[part], window, cells)


def _as_given(group: Group, received: Array) -> Array:
    """Return dL/d(what a formula gives) from that of the cells that it fills."""
    if not group.is_array:
        return received
    given = extent(group.tree, [place.size for place in group.places]).size
    for axis, size in enumerate(given, 1):
        if size == 1:
            received = received.sum(axis=axis, keepdims=True)
        elif size > received.shape[axis]:  # what is too much is left out
            missing = [(0, 0)] * 4
            missing[axis] = (0, size - received.shape[axis])
            received = np.pad(received, missing)
    return received
