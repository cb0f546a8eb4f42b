"""Slips in tensors that are not on the page, seen in those on the page that follow from them.

People write a gradient as one formula, or type its numbers: what it is made from stands nowhere.
So each slip of the equations that are not there is made, and carried on to what is there.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.equation import Array, Equation, Slip
from xlbackprop.judge.diagnose.case import Case, is_there
from xlbackprop.judge.diagnose.trial import Rank, Trial, trial
from xlbackprop.judge.diagnosis import EarlierSlip
from xlbackprop.judge.review import Review

# So many equations, and numbers in all, are evaluated for all slips together.
MOST_EVALUATIONS, MOST_NUMBERS = 20_000, 20_000_000

# What sums that come to 0 differ by, for the largest number in them.
_NOISE = 1e-12


@dataclass(frozen=True)
class _Origin:
    """An equation that is not on the page, those that lead from it to the page, and those there."""

    equation: Equation
    way: Sequence[Equation]
    ends: Sequence[Equation]

    @property
    def numbers(self) -> int:
        """How many numbers a slip costs."""
        return sum(one.target.size for one in (self.equation, *self.way, *self.ends))


@dataclass(frozen=True)
class _Carried:
    """What a slip of one origin gives on the page: arrays by tensor, one for each version."""

    slip: Slip
    arrays: Mapping[str, Sequence[Array]]


def earlier_trials(review: Review, cases: Sequence[Case]) -> dict[str, list[Trial]]:
    """Return, by tensor, what came of the slips in tensors that are not on the page."""
    by_name = {case.equation.target.name: case for case in cases}
    every = list(_carried(review, cases))
    choices = Counter(name for carried in every for name in carried.arrays)
    tried: dict[str, list[Trial]] = {name: [] for name in by_name}
    for carried in every:
        for name, one in _trials_of(carried, by_name, choices).items():
            tried[name].append(one)
    return tried


def _trials_of(
    carried: _Carried, cases: Mapping[str, Case], choices: Mapping[str, int]
) -> dict[str, Trial]:
    found: dict[str, Trial] = {}
    for name in carried.arrays.keys() & cases.keys():
        value = cases[name].nearest(carried.arrays[name])
        one = trial(cases[name], carried.slip, value, Rank.CONTRADICTED, choices[name])
        if one is not None:
            found[name] = one
    explains = {name: _explains(one, cases[name]) for name, one in found.items()}
    if len(found) < len(carried.arrays) or not all(explains.values()):
        return found
    rank = Rank.EARLIER if len(found) > 1 else Rank.ANY
    # What is no chance in one tensor is none in the others, however small these are.
    is_backed = any(one.is_supported(cases[name].wrong) for name, one in found.items())
    return {name: replace(one, rank=rank, is_backed=is_backed) for name, one in found.items()}


def _explains(one: Trial, case: Case) -> bool:
    return bool(one.consistent.all() and (one.explained == case.wrong).all())


def _carried(review: Review, cases: Sequence[Case]) -> Iterator[_Carried]:
    evaluations, numbers = 0, 0
    versions = cases[0].versions
    for origin in _origins(review, {case.equation.target.name for case in cases}):
        for slip in origin.equation.slips:
            evaluations += len(versions) * (1 + len(origin.way) + len(origin.ends))
            numbers += len(versions) * origin.numbers
            if evaluations > MOST_EVALUATIONS or numbers > MOST_NUMBERS:
                return
            each = [_carry(origin, slip, version) for version in versions]
            arrays = {name: [one[name] for one in each if name in one] for name in each[0]}
            if arrays:
                name = origin.equation.target.name
                hint = f"In {name}, which is not on the page: {slip.hint}"
                yield _Carried(EarlierSlip(slip.name, hint, slip.compute), arrays)


def _carry(origin: _Origin, slip: Slip, values: Mapping[str, Array]) -> dict[str, Array]:
    """Return what a slip gives on the page: of the tensors that it changes there."""
    changed: ChainMap[str, Array] = ChainMap({}, dict(values))
    changed[origin.equation.target.name] = origin.equation.evaluate_slip(slip, values)
    for one in origin.way:
        changed[one.target.name] = one.evaluate(changed)
    ends = {one.target.name: (one, one.evaluate(changed)) for one in origin.ends}
    return {name: array for name, (one, array) in ends.items() if _is_changed(one, array, values)}


def _is_changed(equation: Equation, array: Array, values: Mapping[str, Array]) -> bool:
    """Return whether an equation's array is another than without the slip, by more than noise."""
    sources = [values[one.name] for one in equation.sources.values()]
    noise = _NOISE * max(float(np.nanmax(np.abs(one), initial=0)) for one in sources)
    return not np.allclose(array, equation.evaluate(values), rtol=1e-7, atol=noise, equal_nan=True)


def _origins(review: Review, wrong: set[str]) -> list[_Origin]:
    """Return the equations not on the page that lead to wrong tensors, the nearest first."""
    network = review.judged_network
    there = {name for name, found in review.found.items() if is_there(found)}
    origins = []
    for number, equation in enumerate(network.equations):
        if equation.target.name in there or not equation.slips:
            continue
        reached, way, ends = {equation.target.name}, [], []
        for one in network.equations[number + 1 :]:
            if any(source.name in reached for source in one.sources.values()):
                if one.target.name in there:
                    ends.append(one)
                else:
                    reached.add(one.target.name)
                    way.append(one)
        if any(one.target.name in wrong for one in ends):
            origins.append(_Origin(equation, way, ends))
    return sorted(origins, key=lambda one: len(one.way))
