"""Reverse mode over a workbook's formulas: dL/d(cell) of every cell, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.derivative import derivatives
from xlbackprop.formula.functions.values import NotKnown
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
    known: what flows back through a formula of which no derivative is known.
    """
    result = np.zeros((computation.plane.size, board.draws))
    result[loss] = 1.0
    free = np.ones(computation.plane.size, dtype=np.bool_)
    if given is not None:
        free[given] = False
    flow_back(computation.in_order(), board, result, free)
    return result


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
            _give_back(group.where(np.flatnonzero(reached).astype(np.int32)), board, result, watch)
    result[OUTSIDE] = 0.0


def _give_back(group: Group, board: Board, result: Array, watch: Watch | None) -> None:
    """Add what a group's cells pass on to the cells that they refer to."""
    for part in portions(group, len(group.cells), _TOGETHER // board.draws):
        received = result[group.cells[part]][:, None, None]
        sources = References(board, group, part, each=watch is not None)
        try:
            passed = derivatives(group.tree, sources, received)
        except NotKnown:
            passed = {slot: np.full((1, 1, 1, 1), np.nan) for slot in group.used}
        for slot, own in passed.items():
            window = sources.window(slot)
            cells = np.broadcast_to(own, (*window.shape, board.draws))
            np.add.at(result, window, cells)
            if watch is not None:
                watch(group.cells[part], window, cells)
