"""Deltas of which several make one gradient: the chain rule says of what each was to be one.

dL/dx is the sum of dL/dn * dn/dx over all n that are made of x. So where a wrong cell that claims
to be dL/dx multiplies something by dn/dx, that was to be dL/dn; and if all that is multiplied so
were what it was to be, the cell would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.drawing import are_true
from xlbackprop.find.gradients.differentiation.flow import EVERY_STEP
from xlbackprop.find.gradients.differentiation.study import formula_values
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices

_CLOSE = 1e-6
_STEP = 1e-4  # of a central difference
# Claims that are looked at in one round, and cells of which one gradient is made.
_MOST_CLAIMS, _MOST_CELLS = 60, 80


@dataclass(frozen=True)
class _Meant:
    """What a cell was to be for a claim, by its number: a gradient, by place in the flow."""

    cell: int
    by: int
    target: int
    factor: float


def meant_by_chain_rule(
    named: Named, claimed: Claimed, wrong: Sequence[int], is_open: Callable[[int], bool]
) -> dict[int, tuple[int, float]]:
    """Return the target, by place in the flow, and the factor of cells that wrong claims use.

    All that say something of a cell have to agree, and one of them has to be right for it.
    """
    said: dict[int, set[tuple[int, float]]] = {}
    meant = list(_all_meant(named, claimed, wrong[:_MOST_CLAIMS], is_open))
    for one in meant:
        said.setdefault(one.cell, set()).add((one.target, one.factor))
    found = {cell: own.copy().pop() for cell, own in said.items() if len(own) == 1}
    if not found:
        return {}
    mended = _mended(named, claimed, [*dict.fromkeys(one.by for one in meant)], found)
    used = {one.cell for one in meant if one.by in mended}
    return {cell: own for cell, own in found.items() if cell in used and not _has(named, cell, own)}


def _all_meant(
    named: Named, claimed: Claimed, wrong: Sequence[int], is_open: Callable[[int], bool]
) -> Iterator[_Meant]:
    graph, flow = named.choice.study.sheets.graph, named.choice.flow
    users = _users(named, {claimed.claims[at].of for at in wrong})
    places = flow.by_step
    for at in wrong:
        claim = claimed.claims[at]
        parts = [one for one in dict.fromkeys(graph.references(claim.cell)) if is_open(one)]
        made = users.get(claim.of, [])
        if not parts or not made or max(len(parts), len(made)) > _MOST_CELLS:
            continue
        slopes = [slopes_of(named, one, [claim.cell])[0] for one in parts]
        wanted = slopes_of(named, claim.of, made)
        for part, sign, one in _pairs(slopes, wanted):
            for step in (claim.step, EVERY_STEP):
                if (made[one], step) in places:
                    target = places[made[one], step]
                    yield _Meant(parts[part], at, target, sign * claim.factor)
                    break


def _users(named: Named, wanted: set[int]) -> Mapping[int, list[int]]:
    """Return the cells of the forward pass whose formulas refer to each of some."""
    graph, last = named.choice.study.sheets.graph, named.choice.flow.last
    found: dict[int, list[int]] = {}
    for group in graph.groups:
        (own,) = np.nonzero(last[group.cells] >= 0)
        windows = graph.windows(group)[own]
        rows, columns = np.nonzero(np.isin(windows, list(wanted)) & (windows != OUTSIDE))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            users = found.setdefault(int(windows[row, column]), [])
            if (user := int(group.cells[own[row]])) not in users:
                users.append(user)
    return found


def slopes_of(named: Named, cell: int, of: Sequence[int]) -> Array:
    """Return by how much some formulas change with a cell, all else as it is: (formulas, draws)."""
    study = named.choice.study
    cells: Indices = np.array(of, dtype=np.int32)
    above, below = (study.shifted(cell, by, cells) for by in (_STEP, -_STEP))
    return np.asarray((above - below) / (2 * _STEP))


def _pairs(slopes: Sequence[Array], wanted: Array) -> Iterator[tuple[int, float, int]]:
    """Yield which slopes are which of those wanted, and with which sign, where no other is."""
    fits = np.zeros((len(slopes), len(wanted)))
    for at, own in enumerate(slopes):
        size = _CLOSE * np.abs(wanted).max(axis=1, initial=0.0)
        for sign in (1.0, -1.0):
            near = (np.abs(sign * own - wanted) <= size[:, None]).all(axis=1) & (size > 0)
            fits[at, near] = sign
    alone = (fits != 0).sum(axis=0) == 1
    for at, row in enumerate(fits):
        (which,) = np.nonzero(row)
        if len(which) == 1 and alone[which[0]]:
            yield at, float(row[which[0]]), int(which[0])


def _mended(
    named: Named, claimed: Claimed, wrong: Sequence[int], found: Mapping[int, tuple[int, float]]
) -> set[int]:
    """Return which wrong claims are right once some cells hold what they were to be."""
    study, flow = named.choice.study, named.choice.flow
    parts = np.array(list(found), dtype=np.int32)
    rows = np.array([by * flow.values[target] for target, by in found.values()])
    board = study.mended(parts, rows).board
    cells = np.array([claimed.claims[at].cell for at in wrong], dtype=np.int32)
    own, truth = formula_values(study.sheets.graph, board, cells), claimed.truth[list(wrong)]
    return {at for at, right in zip(wrong, are_true(own, truth).tolist(), strict=True) if right}


def _has(named: Named, cell: int, meant: tuple[int, float]) -> bool:
    """Whether a cell holds what it was to be."""
    target, by = meant
    own, truth = named.choice.study.own[cell], by * named.choice.flow.values[target]
    return bool(are_true(own[None], truth[None])[0])
