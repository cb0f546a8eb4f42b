"""Units that are dead in all draws: what uses their deltas asks for zeros, as any net would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.flow import EVERY_STEP
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.find.gradients.naming.claimed import Claimed

_MOST = 0.5
_CLOSE = 1e-9


@dataclass(frozen=True)
class Asked:
    """What a cell would have to be in each draw for a claim, by its number, to be right."""

    cell: int
    by: int
    needed: Array


def nets_of_dead_units(
    named: Named, claimed: Claimed, asked: Sequence[Asked], fits: Mask
) -> dict[int, tuple[int, float]]:
    """Return the nets, by place in the flow, and factors of cells that would have to be zero.

    Such a cell equals the gradient of the unit's output, so the derivative is missing, in it or in
    what uses it. It is in the cell where most formulas of the shape of what uses it are right.
    """
    zero = [one for one in asked if _is_zero(one.needed, named.own[one.cell])]
    if not zero:
        return {}
    graph, flow = named.graph, named.flow
    owners = graph.owner[[claim.cell for claim in claimed.claims]]
    places = flow.by_step
    found = dict[int, tuple[int, float]]()
    for one in zero:
        target = named.target.get(one.cell)
        match = named.matches.get(one.cell)
        if target is None or match is None or target not in match.targets:
            continue
        if fits[owners == owners[one.by]].mean() <= _MOST:
            continue
        made_of = set(graph.references(int(flow.cells[target])))
        steps = (claimed.claims[one.by].step, EVERY_STEP)
        nets = [places[net, at] for net in made_of for at in steps if (net, at) in places]
        if len(made_of) == 1 and nets:
            found[one.cell] = nets[0], factor(named.choice, one.cell, target)
    return found


def _is_zero(needed: Array, own: Array) -> bool:
    """Whether nothing but last digits is needed, in all draws."""
    return bool((np.abs(needed) <= _CLOSE * np.abs(own).max(initial=0.0)).all())
