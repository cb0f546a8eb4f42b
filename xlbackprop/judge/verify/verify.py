"""Which cells are right, which are wrong, and which are wrong only because an earlier cell is.

Each equation is evaluated with whole arrays on several versions of its sources (see `versions`).
A cell is right where it matches what follows from the true or the accepted ones, and carried
where it matches what follows from one of the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from xlbackprop.equation import Array, Equation, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify.upstream import follows_from_invalid
from xlbackprop.judge.verify.versions import (
    USERS_VERSIONS,
    Evaluation,
    Versions,
    as_number,
    computed_versions,
    same_versions,
    versions_of,
)
from xlbackprop.network import Network
from xlbackprop.progress import each
from xlbackprop.tolerance import matches, typed_tolerance
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


def verify(
    network: Network,
    found: Mapping[str, Found],
    chosen: Mapping[str, Array] = MappingProxyType({}),
) -> Review:
    """Return a review with a judgement of each computed tensor, and of givens without a number.

    A tensor that is not found is not judged: it is computed from those that are, or, where it is
    a given, has the numbers in `chosen`.
    """
    judgements: dict[str, Judgement] = {}
    versions: dict[str, Versions] = {}
    for tensor in network.inputs:
        if tensor.name not in found:
            versions[tensor.name] = same_versions(chosen[tensor.name])
            continue
        judgement = _judge_input(found[tensor.name])
        versions[tensor.name] = versions_of(judgement)
        if (judgement.statuses != Status.RIGHT).any():
            judgements[tensor.name] = judgement
    for equation in each("judging", network.equations):
        name = equation.target.name
        if name not in found:
            versions[name] = computed_versions(equation, versions)
            continue
        judgements[name] = _judge(equation, found[name], versions)
        versions[name] = versions_of(judgements[name])
    return Review(network, found, judgements, chosen)


def _judge_input(found: Found) -> Judgement:
    statuses = np.select(
        [found.tensor.domain.allows(found.numbers), found.states == State.BLANK],
        [Status.RIGHT, Status.BLANK],
        Status.INVALID,
    ).astype(np.int8)
    known = np.where(statuses == Status.RIGHT, found.numbers, np.nan)
    # A number typed as text is known all the same: what does not rest on it stays judged.
    for index in indices(found.states == State.TEXT):
        number = np.asarray(as_number(found, index))
        known[index] = number if found.tensor.domain.allows(number).all() else np.nan
    nowhere = np.zeros(found.numbers.shape, dtype=np.bool_)
    return Judgement(found, statuses, known, known, nowhere)


def _judge(equation: Equation, found: Found, versions: Mapping[str, Versions]) -> Judgement:
    evaluate = Evaluation(equation, versions)
    expected, counted = evaluate("true"), evaluate("counted")
    typed = (found.states == State.NUMBER) & ~found.has_formula
    tolerance = typed_tolerance(found.numbers, typed)
    right = matches(found.numbers, expected, tolerance)
    right |= matches(found.numbers, evaluate("accepted"), tolerance)
    ties = np.zeros_like(right)
    if equation.accepts is not None and not right.all():
        for version in ("true", "accepted"):
            ties |= equation.accepted(found.numbers, tolerance, evaluate.arrays(version)) & ~right
        right |= ties
    follows = np.zeros_like(right)
    for version in USERS_VERSIONS:
        follows |= matches(found.numbers, evaluate(version), tolerance)
    follows |= follows_from_invalid(
        equation, found, np.isnan(counted) | np.isnan(evaluate("strict"))
    )
    # What a formula gives does follow, whatever from; a number that was typed may be a guess.
    uncredited = ~right & follows & ~found.has_formula
    if uncredited.any():
        uncredited &= np.isnan(evaluate("hollow"))
    statuses = np.select(
        [right, follows & ~uncredited, found.states == State.NUMBER, _is_blank(found)],
        [Status.RIGHT, Status.CARRIED, Status.WRONG, Status.BLANK],
        Status.INVALID,
    ).astype(np.int8)
    tie_rule = equation.tie_rule if ties.any() else ""
    return Judgement(found, statuses, expected, counted, uncredited, tie_rule)


def _is_blank(found: Found) -> Mask:
    # A formula without a saved value is there, but nobody has computed it.
    return np.asarray((found.states == State.BLANK) & ~found.has_formula)
