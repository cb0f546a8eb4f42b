"""What is made of gradients and forward values, and is the gradient of nothing that was found.

Nothing says what such a cell should be: it may be a wrong gradient, and is no right one.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.graph import cone
from xlbackprop.find.gradients.findings import Role
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices


def left_over(named: Named, claimed: Claimed) -> Indices:
    """Return the cells that use a gradient of what formulas give and a cell on which L rests.

    Cells on which a claim or an update rests are a step on its way, and multiples of gradients are
    known for what they are.
    """
    choice = named.choice
    study, flow = choice.study, choice.flow
    graph, sheets = study.sheets.graph, study.sheets
    claims = [one.cell for one in claimed.claims]
    groups = sheets.computation.in_order()
    on_the_way = cone(groups, graph, [*claims, *(one.cell for one in named.updates)])
    is_open = sheets.is_computed & (flow.last < 0) & ~on_the_way
    is_open[list(named.none | choice.matches.keys())] = False
    is_open &= ~(np.abs(study.own) <= flow.nothing).all(axis=1)  # the unit may be dead
    is_inner = _marked(graph.plane.size, [
        one.cell for one in claimed.claims
        if one.role is Role.GRADIENT and not named.is_leaf(one.of)
    ])  # fmt: skip
    found: list[int] = []
    for group in graph.groups:
        (which,) = np.nonzero(is_open[group.cells] & (graph.copied[group.cells] == group.cells))
        if which.size:
            made_of = graph.windows(group)[which]
            uses = is_inner[graph.copied[made_of]].any(axis=1)
            uses &= ((flow.last[made_of] >= 0) & (made_of != OUTSIDE)).any(axis=1)
            found += group.cells[which[uses]].tolist()
    return np.array(sorted(found), dtype=np.int32)


def _marked(size: int, cells: list[int]) -> Mask:
    found = np.zeros(size, dtype=np.bool_)
    found[cells] = True
    return found
