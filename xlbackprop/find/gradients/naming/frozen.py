"""Weights that stay as they were where those around them move: copies that stand as updates do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from xlbackprop.find.gradients.claims.moves import SIDES, Move, Place, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.training.updates import Update
from xlbackprop.formula.tree import Reference

# So many updates have to stand alike to their weights before a copy is taken for one.
_FEWEST = 2


def frozen_updates(named: Named) -> list[Update]:
    """Return the copies of weights that stand to them as right updates do to theirs.

    Of such a weight the gradient is on the sheet, and nothing else updates it. Where no formula
    uses the gradient or the copy, the copy may stand anywhere.
    """
    graph, flow = named.graph, named.flow
    right = {
        named.labels.place(one.cell): _way(named, one.cell, one.of)
        for one in named.updates
        if _fits(named, one)
    }
    if not right:
        return []
    usual = {way for way, number in Counter(right.values()).items() if number >= _FEWEST}
    updated = {one.of for one in named.updates}
    gradients = {int(flow.cells[at]): cell for cell, at in named.target.items() if named.fits(cell)}
    weights = {one for one in gradients.keys() - updated if named.is_leaf(one)}
    is_used = graph.is_used if weights else np.zeros(0, dtype=np.bool_)
    found = []
    for group in graph.groups if weights else ():
        if not isinstance(group.tree, Reference):
            continue
        free = group.cells[flow.last[group.cells] < 0]
        which = np.isin(graph.copied[free], list(weights))
        for cell in free[which].tolist():
            of = next(iter(graph.references(cell)), 0)
            is_new = of in weights and cell not in named.study.before
            is_idle = bool(usual) and is_new and not is_used[[cell, gradients[of]]].any()
            if is_new and (is_idle or _way(named, cell, of) in usual | _beside(named, cell, right)):
                found.append(Update(cell, of, of, (), (), is_plain=False))
    return found


def _beside(named: Named, cell: int, right: Mapping[Place, Move]) -> set[Move]:
    """Return how right updates next to a cell stand to their weights."""
    sheet, row, column = named.labels.place(cell)
    around = [(sheet, row + down, column + along) for down, along in SIDES]
    return {right[place] for place in around if place in right}


def _fits(named: Named, update: Update) -> bool:
    return update.cell in named.fitting and bool(update.gradients)


def _way(named: Named, cell: int, of: int) -> Move:
    return moves_of(named.labels, cell, of)[0]
