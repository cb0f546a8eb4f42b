"""Cells that may be L though no text says so."""

from __future__ import annotations

import numpy as np

from xlbackprop.find.gradients.differentiation.graph import cone
from xlbackprop.find.gradients.differentiation.objective import Objective
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.loss.assumed import kinds_of
from xlbackprop.find.gradients.training.steps import steps_of
from xlbackprop.formula.sheets.plane import Indices

_MOST = 12
_FEWEST_TYPED = 3


def unlabelled(sheets: Sheets) -> list[Objective]:
    """Return what may be L by its formula: a square or a logarithm, or a sum of such."""
    graph = sheets.graph
    groups = sheets.computation.in_order()
    found: dict[tuple[int, ...], tuple[tuple[int, int], Objective]] = {}
    used = _uses(sheets)
    for cell in _firsts(sheets):
        cells = np.array([cell], dtype=np.int32)
        if not kinds_of(graph, cells):
            continue
        within = cone(groups, graph, cells)
        typed = int((within & sheets.is_typed).sum())
        if typed < _FEWEST_TYPED:
            continue
        steps = steps_of(graph, cell)
        objective = Objective(steps, np.arange(len(steps), dtype=np.int32))
        rank = int(used[cell]), -int(within.sum())
        found.setdefault(tuple(steps.tolist()), (rank, objective))
        if len(found) > 4 * _MOST:
            break
    ranked = sorted(found.values(), key=lambda one: one[0])
    return [objective for _, objective in ranked[:_MOST]]


def unlike(sheets: Sheets, assumed: Objective) -> Objective | None:
    """Return what may be L by its formula, and is of another kind than the one that is assumed.

    It is made of the outputs and targets of that one, and nothing is made of it.
    """
    graph, groups = sheets.graph, sheets.computation.in_order()
    parts = [assumed.outputs, assumed.targets]
    for one in unlabelled(sheets):
        is_last = one.count == assumed.count and not graph.is_used[one.cells].any()
        if is_last and assumed.assumed not in kinds_of(graph, one.cells):
            before = cone(groups, graph, one.cells)
            if all(before[cells].all() for cells in parts):
                return one
    return None


def _uses(sheets: Sheets) -> Indices:
    """Return how many formulas refer to each cell: to L, none or few do."""
    used = np.zeros(sheets.graph.plane.size, dtype=np.int32)
    for group in sheets.graph.groups:
        np.add.at(used, sheets.graph.windows(group), 1)
    return used


def _firsts(sheets: Sheets) -> list[int]:
    """Return a cell of each formula shape and column, the first of all."""
    found: list[int] = []
    for group in sheets.graph.groups:
        own: Indices = group.cells[sheets.is_computed[group.cells]]
        if not own.size:
            continue
        where = np.isin(group.cells, own)
        _, first = np.unique(group.columns[where], return_index=True)
        found += own[first].tolist()
    return found
