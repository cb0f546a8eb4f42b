"""Copies of gradients that are gradients themselves: dL/db = dL/dnet, in a cell of its own."""

from __future__ import annotations

from xlbackprop.find.gradients.claims.factors import is_near
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.flow import OWN_SHEET
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import factor


def name_copies(named: Named) -> None:
    """Name copies of right gradients that nothing names: each is that of a weight.

    It is so by the same factor as the cell that it copies is a gradient, and no other cell has that
    weight's. Where what it copies was taken for that, it is the gradient of the net.
    """
    matches, copied = named.matches, named.graph.copied
    cells = named.flow.cells
    taken = {int(cells[at]): cell for cell, at in named.target.items()}
    for cell in sorted(matches):
        of = int(copied[cell])
        if of == cell or not named.fits(of) or not _is_free(named, cell):
            continue
        alike = _alike(named, cell, of)
        nets = [at for at in alike if int(cells[at]) not in taken and not _is_weight(named, at)]
        may_be_net = named.reason[of] is Reason.VALUE and bool(nets)
        allowed = {None, of} if may_be_net else {None}
        weights = [
            at for at in alike if _is_weight(named, at) and taken.get(int(cells[at])) in allowed
        ]
        if not weights:
            continue
        named.give(cell, named.nearest(cell, weights), Reason.VALUE)
        if taken.get(int(cells[named.target[cell]])) == of:
            named.target[of] = named.nearest(of, nets)
            taken[int(cells[named.target[of]])] = of
        taken[int(cells[named.target[cell]])] = cell


def _alike(named: Named, cell: int, of: int) -> list[int]:
    """Return the targets of a copy whose gradient it is by the factor that what it copies has."""
    usual = factor(named.choice, of, named.target[of])
    flow, targets = named.flow, named.matches[cell].targets
    whole = [at for at in targets if flow.steps[at] != OWN_SHEET]
    return [at for at in whole if is_near(factor(named.choice, cell, at), usual)]


def _is_weight(named: Named, target: int) -> bool:
    return named.is_leaf(int(named.flow.cells[target]))


def _is_free(named: Named, cell: int) -> bool:
    is_named = cell in named.target or cell in named.none or cell in named.updated
    return not is_named and bool(named.flow.last[cell] < 0)
