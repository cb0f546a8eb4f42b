"""What is said of each claim: right, wrong, carried, or right for these numbers only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.differentiation.drawing import holds
from xlbackprop.find.gradients.differentiation.graph import resting_on
from xlbackprop.find.gradients.differentiation.study import formula_values
from xlbackprop.find.gradients.findings import Family, Findings, Role
from xlbackprop.formula.sheets.board import Board
from xlbackprop.judge.gradients.typed import judge_typed
from xlbackprop.judge.judgement import Status

RELATIVE = 1e-6
# Beside a weight, a step so small is lost in the weight's last digits.
_LAST_DIGITS = 1e-14


@dataclass(frozen=True)
class Statuses:
    """What is said of the claims; arrays of their number.

    `is_latent` says which are right on the page, and not on other numbers.
    """

    statuses: NDArray[np.int8]
    is_latent: Mask
    is_known: Mask  # where not, nothing can be said


def judge_claims(findings: Findings) -> Statuses:
    """Return what is said of all claims."""
    own, truth = findings.own, findings.truth
    allowed = _allowed(findings)
    near = _is_near(own, truth, allowed)
    page = near[:, 0]
    is_general = holds(near, truth)
    is_known = np.zeros(len(own), dtype=np.bool_)
    for family, draws in findings.families.items():
        if family is not Family.PAGE:
            is_known |= np.isfinite(own[:, draws] + truth[:, draws]).all(axis=1)
    is_known &= np.isfinite(own[:, 0] + truth[:, 0])
    is_blank, typed = findings.is_blank, judge_typed(findings)
    right = np.where(findings.is_typed, typed.is_right, page & is_general & ~is_blank)
    statuses = np.where(right, Status.RIGHT, Status.WRONG).astype(np.int8)
    amiss = np.flatnonzero(~right & is_known)
    if amiss.size:
        carried = amiss[_is_carried(findings, amiss, allowed)]
        # Nothing is amiss with a right formula that has the right number all the same.
        statuses[carried] = np.where(page[carried], Status.RIGHT, Status.CARRIED)
        rounded = amiss[_is_carried(findings, amiss, allowed, only=np.flatnonzero(typed.is_right))]
        statuses[rounded[typed.is_near[rounded]]] = Status.RIGHT
    if not (statuses == Status.WRONG).any() and not typed.is_right.any():
        statuses[statuses == Status.CARRIED] = Status.RIGHT  # but for last digits
    statuses[is_blank] = Status.BLANK
    statuses[_only_follows(findings, statuses, page)] = Status.RIGHT
    is_latent = page & ~is_general & (statuses == Status.WRONG) & ~findings.is_typed
    return Statuses(statuses, is_latent, is_known)


def _only_follows(findings: Findings, statuses: NDArray[np.int8], page: Mask) -> Mask:
    """Return which claims are right on the page, and elsewhere not for the wrong cells before."""
    wrong = statuses == Status.WRONG
    if not (wrong & ~page).any() or not (wrong & page).any():
        return np.zeros(len(wrong), dtype=np.bool_)
    cells = np.array([claim.cell for claim in findings.claims], dtype=np.int32)
    ordered = findings.computation.in_order()
    resting = resting_on(ordered, findings.graph, cells[wrong & ~page])[cells]
    return np.asarray(wrong & page & resting)


def _allowed(findings: Findings) -> Array:
    """Return how far each claim's numbers may be from the true ones: (claims, 1)."""
    board, truth = findings.board, findings.truth
    size = np.abs(truth)
    for at, claim in enumerate(findings.claims):
        if claim.role is Role.UPDATE:
            before = board.numbers[claim.of]
            size[at] = np.abs(truth[at] - before) + _LAST_DIGITS / RELATIVE * np.abs(before)
    largest = np.fmax.reduce(size, axis=1, initial=0.0)[:, None]
    # Where the page's number is far smaller than those of the draws, it has to fit by itself.
    allowed: Array = np.broadcast_to(RELATIVE * largest, truth.shape).copy()
    allowed[:, 0] = np.fmax(RELATIVE * size[:, 0], RELATIVE / 1000 * largest[:, 0])
    return np.asarray(np.fmax(allowed, _lost(findings, largest[:, 0])[:, None]))


def _lost(findings: Findings, largest: Array) -> Array:
    """Return what is lost in the last digits where a gradient is zero, but for those: (claims,).

    Such are sums that cancel, as the outputs' differences after a softmax.
    """
    lost = np.zeros(len(largest))
    for at in np.flatnonzero(largest < _LAST_DIGITS * largest.max(initial=0.0)).tolist():
        terms = findings.board.numbers[findings.graph.references(findings.claims[at].cell)]
        lost[at] = _LAST_DIGITS * np.abs(terms[np.isfinite(terms)]).max(initial=0.0)
    return lost


def _is_near(own: Array, truth: Array, allowed: Array) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(own - truth) <= allowed)


def _is_carried(
    findings: Findings,
    amiss: NDArray[np.intp],
    allowed: Array,
    only: NDArray[np.intp] | None = None,
) -> Mask:
    """Return which claims are right once all claimed cells, or `only` some, hold the true values.

    Of those before them that are right, too: where a sum cancels out, their last digits count, and
    typed numbers are the same in all draws.
    """
    if only is None:
        only = np.union1d(amiss, np.flatnonzero(np.isfinite(findings.truth).all(axis=1)))
    board = with_true_values(findings, only)
    cells = np.array([findings.claims[at].cell for at in amiss.tolist()], dtype=np.int32)
    own, truth = formula_values(findings.graph, board, cells), findings.truth[amiss]
    near = _is_near(own, truth, allowed[amiss])
    return np.asarray(near[:, 0] & holds(near, truth))


def with_true_values(findings: Findings, claims: NDArray[np.intp]) -> Board:
    """Return what the cells hold where those of some claims hold the true values.

    What begins a step stays what was drawn for it.
    """
    cells = np.array([findings.claims[at].cell for at in claims.tolist()], dtype=np.int32)
    _, first = np.unique(cells, return_index=True)
    free = first[~np.isin(cells[first], findings.given)]
    given = np.concatenate([findings.given, cells[free]])
    rows = [findings.board.numbers[findings.given], findings.truth[claims[free]]]
    return findings.computation.draws(given, np.concatenate(rows).T)
