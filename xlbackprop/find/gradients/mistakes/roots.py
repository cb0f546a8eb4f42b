"""Deltas that claim nothing by themselves: what uses them would be right if they were gradients.

Where `dE/dw5 = P4*G4` is wrong, it says what P4 would have to be for it to be right. If that is the
gradient of some cell, and nothing that uses P4 is right as it is, the mistake is in P4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.claims.lines import beside_in_line
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.drawing import FAMILIES, are_true, columns_of
from xlbackprop.find.gradients.differentiation.flow import EVERY_STEP
from xlbackprop.find.gradients.differentiation.graph import resting_on
from xlbackprop.find.gradients.differentiation.matching import classes
from xlbackprop.find.gradients.differentiation.study import formula_values
from xlbackprop.find.gradients.findings import Family, Reason, Role
from xlbackprop.find.gradients.mistakes.chain_rule import meant_by_chain_rule
from xlbackprop.find.gradients.mistakes.dead_units import Asked, nets_of_dead_units
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.find.gradients.naming.naming import is_forward
from xlbackprop.formula.sheets.plane import OUTSIDE

_CLOSE = 1e-6
# References of a formula that are looked at one after the other.
_MOST_REFERENCES = 40


def add_roots(named: Named, claimed: Claimed) -> bool:
    """Name such cells, and return whether there are any."""
    fits, shows = _fits(named, claimed)
    wrong = [at for at, claim in enumerate(claimed.claims) if _is_wrong(claim.role, fits[at])]
    wrong = _not_carried(named, claimed, wrong) if wrong else []
    if not wrong:
        return False
    right = _used_by_right(named, claimed, shows)

    def is_open(cell: int) -> bool:
        return _is_open(named, cell, right)

    asked = _required(named, claimed, wrong, right)
    found = _targets_of(named, claimed, asked) if asked else {}
    found |= nets_of_dead_units(named, claimed, asked, fits)
    found = found or meant_by_chain_rule(named, claimed, wrong, is_open)
    found |= beside_in_line(named, found, is_open, by_most=True)
    for cell, (target, ratio) in found.items():
        named.target[cell], named.reason[cell] = target, Reason.USE
        named.factors[cell] = ratio
    return bool(found)


def _not_carried(named: Named, claimed: Claimed, wrong: list[int]) -> list[int]:
    """Return the wrong claims that stay so once all of them hold what they should."""
    study, truth = named.study, claimed.truth[wrong]
    cells = np.array([claimed.claims[at].cell for at in wrong], dtype=np.int32)
    mended = study.mended(cells, truth)
    own = formula_values(study.sheets.graph, mended.board, cells)
    is_carried = are_true(own, truth).tolist()
    is_fixed = _rests_on_typed(named, claimed)[cells].tolist()
    return [
        at
        for at, carried, fixed in zip(wrong, is_carried, is_fixed, strict=True)
        if not carried and not fixed
    ]


def _rests_on_typed(named: Named, claimed: Claimed) -> Mask:
    """Return which cells are typed gradients, or made of some: the same in all draws, in part."""
    study, cells = named.study, [claim.cell for claim in claimed.claims]
    typed = np.array([one for one in cells if study.sheets.is_typed[one]], dtype=np.int32)
    return resting_on(study.computation.in_order(), study.sheets.graph, typed)


def _is_wrong(role: Role, fits: bool) -> bool:
    return role is Role.GRADIENT and not fits


def _fits(named: Named, claimed: Claimed) -> tuple[Mask, Mask]:
    """Return which claims' cells hold the truth, on the page and a family of draws.

    And which of these show something there: where all is zero, anything would do.
    """
    own = named.own[[claim.cell for claim in claimed.claims]]
    fits, shows = np.zeros((2, len(own)), dtype=np.bool_)
    for family in FAMILIES:
        if family is Family.PAGE:
            continue
        draws = columns_of(family)
        truth = claimed.truth[:, draws]
        largest = np.abs(truth).max(axis=1, initial=0.0)[:, None]
        near = (np.abs(own[:, draws] - truth) <= _CLOSE * largest).all(axis=1)
        fits |= near
        shows |= near & (largest[:, 0] > 0)
    return fits, shows


def _used_by_right(named: Named, claimed: Claimed, shows: Mask) -> set[int]:
    """Return what is used by cells that are right and not zero."""
    graph = named.graph
    return {
        one
        for at, claim in enumerate(claimed.claims)
        if claim.role is Role.GRADIENT and shows[at]
        for one in graph.references(claim.cell)
    }


def _required(named: Named, claimed: Claimed, wrong: list[int], right: set[int]) -> list[Asked]:
    """Return what the cells that wrong ones use would have to be, by each of these."""
    study = named.study
    graph = study.sheets.graph
    by_owner: dict[int, list[int]] = {}
    for at in wrong:
        cell = claimed.claims[at].cell
        if graph.copied[cell] == cell:  # what a copy copies may be right for itself
            by_owner.setdefault(int(graph.owner[cell]), []).append(at)
    asked: list[Asked] = []
    for owner, members in by_owner.items():
        cells = np.array([claimed.claims[at].cell for at in members], dtype=np.int32)
        windows = graph.windows(graph.groups[owner])[graph.position[cells]]
        if windows.shape[1] > _MOST_REFERENCES:
            continue
        for used in windows.T:
            open_to = np.array([_is_open(named, cell, right) for cell in used.tolist()])
            if open_to.any():
                needed = _needed(named, cells[open_to], used[open_to], claimed, members, open_to)
                asked += needed
    return asked


def _is_open(named: Named, cell: int, right: set[int]) -> bool:
    """Whether a cell may be anything: what stands beside the cone of L and claims nothing much.

    What its place alone says counts no more where its number is something else.
    """
    study, flow = named.study, named.flow
    if cell == OUTSIDE or cell in right or cell in named.none:
        return False
    if flow.last[cell] >= 0 or cell in study.before:
        return False
    is_copy = study.sheets.graph.copied[cell] != cell  # an activation's derivative may be missing
    if not is_copy and is_forward(named.choice, cell):
        return False
    reason = named.reason.get(cell, Reason.VALUE)
    is_weak = reason is Reason.VALUE or (reason is Reason.PLACE and not named.fits(cell))
    return bool(study.sheets.is_number[cell]) and is_weak


def _needed(
    named: Named,
    cells: NDArray[np.int32],
    used: NDArray[np.int32],
    claimed: Claimed,
    members: list[int],
    open_to: Mask,
) -> list[Asked]:
    study = named.study
    slopes = study.shifted(used, 1.0, cells) - study.own[cells]
    which = np.array(members)[open_to]
    needed = study.own[used] + (claimed.truth[which] - study.own[cells]) / slopes
    return [
        Asked(int(cell), at, row)
        for cell, at, row in zip(used.tolist(), which.tolist(), needed, strict=True)
    ]


def _targets_of(named: Named, claimed: Claimed, asked: list[Asked]) -> dict[int, tuple[int, float]]:
    """Return the gradients that cells would have to be, where all that ask for one agree."""
    flow = named.flow
    rows = np.array([one.needed for one in asked])
    votes: dict[int, list[set[int]]] = {}
    ratios: dict[tuple[int, int], float] = {}
    for family in FAMILIES:
        draws = columns_of(family)
        if family is Family.PAGE:
            continue
        numbers = classes(np.concatenate([rows[:, draws], flow.values[:, draws]]))
        own, gradients = numbers[: len(rows)], numbers[len(rows) :]
        by_class: dict[int, list[int]] = {}
        for target in np.flatnonzero(np.isin(gradients, own) & (gradients >= 0)).tolist():
            by_class.setdefault(int(gradients[target]), []).append(target)
        for one, number in zip(asked, own.tolist(), strict=True):
            meant, step, cell = set(), claimed.claims[one.by].step, one.cell
            for target in by_class.get(number, ()):
                ratio = _ratio(one.needed[draws], flow.values[target, draws])
                if flow.steps[target] in (step, EVERY_STEP) and _is_usual(ratio, claimed.usual):
                    meant.add(target)
                    ratios[cell, target] = _of_size(ratio, claimed.usual)
            if meant:
                votes.setdefault(cell, []).append(meant)
    found = {}
    for cell, sets in votes.items():
        agreed = set.intersection(*sets)
        if agreed:
            target = min(agreed, key=lambda at: (named.is_leaf(int(flow.cells[at])), at))
            found[cell] = target, ratios[cell, target]
    return found


def _ratio(row: Array, gradient: Array) -> float:
    return float(row @ gradient) / float(gradient @ gradient)


def _of_size(ratio: float, usual: float) -> float:
    """Return a ratio that is a usual one but for the sign, without the last digits of either."""
    for one in (usual, 1.0):
        if one == round(one) and abs(abs(ratio) - abs(one)) <= _CLOSE:
            return float(np.copysign(one, ratio))
    return ratio


def _is_usual(ratio: float, usual: float) -> bool:
    """Whether a ratio is, but for the sign, what most gradients have, or that of dL/dx itself."""
    return any(abs(abs(ratio) - abs(one)) <= _CLOSE * abs(one) for one in (usual, 1.0))
