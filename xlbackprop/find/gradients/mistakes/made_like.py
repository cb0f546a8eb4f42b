"""Cells that nothing names, made as the gradient of one cell would be: what comes back to it.

`=A5*C1` beside right gradients dL/dn in A5 to A7, where C1 is dn/dx, is a part of dL/dx. Where no
cell holds that, and no gradient before it is right, the part was to be the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.graph import cone
from xlbackprop.find.gradients.findings import Reason, Role
from xlbackprop.find.gradients.mistakes.chain_rule import slopes_of
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.find.gradients.naming.naming import is_forward

_CLOSE = 1e-6
_MOST = 200  # cells that are looked at
_FEWEST = 0.3  # of the gradients that a cell is made of, so many have to say the same


def add_made_like(named: Named, claimed: Claimed) -> bool:
    """Name such cells, and return whether there are any."""
    right = {
        claim.cell: (claim.of, claim.step, claim.factor)
        for claim in claimed.claims
        if claim.role is Role.GRADIENT and named.fits(claim.cell) and not named.is_leaf(claim.of)
    }
    found = {}
    for cell in _open(named, right):
        meant = _meant(named, cell, right)
        if meant is not None and not _is_told(named, meant[0]):
            found[cell] = meant
    for cell, (of, step, factor) in found.items():
        flow = named.choice.flow
        at = next((one for one in flow.by_cell[of] if flow.steps[one] == step), None)
        if at is not None:
            named.target[cell], named.reason[cell] = at, Reason.USE
            named.factors[cell] = factor
    return bool(found)


def _open(named: Named, right: Mapping[int, tuple[int, int, float]]) -> Iterator[int]:
    """Yield the cells that are used, are made of right gradients, and lead to nothing right."""
    choice, graph = named.choice, named.choice.study.sheets.graph
    groups = choice.study.sheets.computation.in_order()
    is_open = choice.study.sheets.is_computed & (choice.flow.last < 0) & graph.is_used
    is_open &= ~cone(groups, graph, [cell for cell in named.target if named.fits(cell)])
    is_open[[*named.target, *named.updated, *named.none, *choice.matches]] = False
    count = 0
    for cell in np.flatnonzero(is_open).tolist():
        made_of = graph.references(cell)
        if right.keys().isdisjoint(made_of) or graph.copied[cell] != cell:
            continue
        if is_forward(choice, cell):
            continue
        count += 1
        if count > _MOST:
            return
        yield cell


def _meant(
    named: Named, cell: int, right: Mapping[int, tuple[int, int, float]]
) -> tuple[int, int, float] | None:
    """Return the cell, the step and the factor of which a cell is made as a gradient, if any."""
    graph, last = named.choice.study.sheets.graph, named.choice.flow.last
    parts = [one for one in dict.fromkeys(graph.references(cell)) if one in right]
    votes: dict[tuple[int, int, float], int] = {}
    for part in parts:
        of, step, factor = right[part]
        own = slopes_of(named, part, [cell])[0]
        for source in dict.fromkeys(graph.references(of)):
            if last[source] < 0 or named.is_leaf(source):
                continue
            sign = _sign(own, slopes_of(named, source, [of])[0])
            if sign:
                key = source, step, sign * factor
                votes[key] = votes.get(key, 0) + 1
    if len(votes) != 1:
        return None
    ((meant, number),) = votes.items()
    return meant if number >= _FEWEST * len(parts) else None


def _sign(own: Array, wanted: Array) -> float:
    """Return the sign with which one slope is another, 0 where it is not."""
    size = _CLOSE * float(np.abs(wanted).max(initial=0.0))
    for sign in (1.0, -1.0):
        if size > 0 and (np.abs(sign * own - wanted) <= size).all():
            return sign
    return 0.0


def _is_told(named: Named, of: int) -> bool:
    """Whether some cell holds the gradient of a cell, or of a weight of which that is made.

    Then nothing wrong is made of a part, which may be there for itself.
    """
    choice = named.choice
    groups = choice.study.sheets.computation.in_order()
    before = cone(groups, choice.study.sheets.graph, [of])
    return bool(before[[int(choice.flow.cells[at]) for at in named.held]].any())
