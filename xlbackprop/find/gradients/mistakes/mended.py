"""Cells that are gradients once those before them hold what they should: what they have is carried.

A sum of a wrong gradient and a right one is no multiple of anything, and claims nothing by its
value. With the true values put in, it is what it was meant to be.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.drawing import are_true
from xlbackprop.find.gradients.findings import Reason, Role
from xlbackprop.find.gradients.loss.losses import Choice, factor
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.find.gradients.naming.naming import is_forward

_CLOSE = 1e-6


def add_mended(named: Named, claimed: Claimed) -> bool:
    """Name such cells, and return whether there are any."""
    wrong = _wrong(named, claimed)
    if not wrong.any():
        return False
    study = named.study
    cells = np.array([claim.cell for claim in claimed.claims], dtype=np.int32)[wrong]
    cells, first = np.unique(cells, return_index=True)
    other = study.mended(cells, claimed.truth[wrong][first])
    flow, objective = named.flow, named.choice.objective
    choice = Choice(objective, other, flow, other.matches(flow, objective))
    changed = ~np.isclose(other.own, study.own, rtol=_CLOSE, atol=0, equal_nan=True).all(axis=1)
    changed = np.asarray(changed)
    changed[cells] = False
    mended = Named(choice, named.labels, named.updates)
    found = False
    for cell, match in choice.matches.items():
        if not changed[cell] or not _is_open(named, claimed, cell) or is_forward(choice, cell):
            continue
        fitting = [at for at in match.targets if _is_usual(choice, cell, at, claimed.usual)]
        if fitting and named.target.get(cell) not in fitting:
            named.target[cell] = mended.nearest(cell, fitting)
            named.reason[cell] = Reason.USE
            by = factor(choice, cell, named.target[cell])
            named.factors[cell] = float(np.copysign(_size(by, claimed.usual), by))
            found = True
    return found


def _wrong(named: Named, claimed: Claimed) -> Mask:
    """Return which claims are of gradients that are not what they should be."""
    own = named.own[[claim.cell for claim in claimed.claims]]
    is_known = np.isfinite(own).all(axis=1) & np.isfinite(claimed.truth).all(axis=1)
    roles = [claim.role is Role.GRADIENT for claim in claimed.claims]
    is_gradient = np.array(roles, dtype=np.bool_)  # of a sheet without claims, too
    return np.asarray(~are_true(own, claimed.truth) & is_known & is_gradient)


def _is_open(named: Named, claimed: Claimed, cell: int) -> bool:
    """Whether a cell claims nothing, or what its place alone says and its number does not."""
    if cell in named.none or cell in named.updated:
        return False
    reason = named.reason.get(cell, Reason.VALUE)
    if reason is Reason.VALUE:
        return not named.fits(cell) or cell in claimed.left_out
    return reason is Reason.PLACE and not named.fits(cell)


def _is_usual(choice: Choice, cell: int, target: int, usual: float) -> bool:
    by = abs(factor(choice, cell, target))
    return any(abs(by - one) <= _CLOSE * one for one in (abs(usual), 1.0))


def _size(by: float, usual: float) -> float:
    return 1.0 if abs(abs(by) - 1) <= _CLOSE else abs(usual)
