"""One tensor with wrong cells: what was found in it, and what should follow from its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Mask
from xlbackprop.judge.judgement import Judgement
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Status, counted
from xlbackprop.tolerance import allowance, rounding
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

_MOST_DECIMALS = 6
_NOTHING = 1e-9


@dataclass(frozen=True)
class Case:
    """A tensor under diagnosis; the arrays have its shape.

    `versions` has the arrays of all tensors as the workbook has them, and where right numbers are
    typed ones, also with the numbers that those were before they were rounded. `right` is what
    follows from the first, `wrong` the cells to be explained, and `known` those that hold a number
    at all, with which an explanation must agree.
    """

    equation: Equation
    found: Found
    versions: Sequence[Mapping[str, Array]]
    wrong: Mask
    page: Mapping[str, Found]  # all tensors that are there
    sources: Sequence[str]  # of these, the nearest ones that it is made from

    @property
    def values(self) -> Mapping[str, Array]:
        """The arrays of all tensors as the workbook has them."""
        return self.versions[0]

    @property
    def numbers(self) -> Array:
        """What the workbook has."""
        return self.found.numbers

    @cached_property
    def right(self) -> Array:
        """What follows from the workbook's own sources."""
        return self.equation.evaluate(self.values)

    @cached_property
    def known(self) -> Mask:
        """Where there is a number."""
        return np.asarray(self.found.states == int(State.NUMBER))

    @cached_property
    def tolerance(self) -> Array:
        """How far off a number may be for its typed decimals."""
        right, typed = self.right, self.known & ~self.found.has_formula
        if _largest(right) < _NOTHING * _largest(self.numbers):  # sums that should come to 0
            right = self.numbers
        return rounding(self.numbers, typed, right)

    @cached_property
    def unit(self) -> float:
        """The step between the numbers that occur here: 1 for integers; 0 where none is seen."""
        numbers = np.concatenate([self.right[np.isfinite(self.right)], self.numbers[self.known]])
        for decimals in range(_MOST_DECIMALS + 1):
            scaled = numbers * 10.0**decimals
            if np.allclose(scaled, np.round(scaled), rtol=1e-12, atol=1e-6):
                return 10.0**-decimals
        return 0.0

    @cached_property
    def units(self) -> Array:
        """The same for each cell: at least the last decimal of the number found in it."""
        units = np.full(self.numbers.shape, self.unit)
        with np.errstate(all="ignore"):
            for decimals in range(_MOST_DECIMALS, -1, -1):
                off = np.abs(np.round(self.numbers, decimals) - self.numbers)
                is_round = off <= 1e-9 * np.maximum(1, np.abs(self.numbers))
                units[is_round] = np.maximum(self.unit, 10.0**-decimals)
        return units

    @cached_property
    def pool(self) -> Array:
        """All right numbers in order: what a cell may hold that was taken from another one."""
        return np.sort(self.right.ravel())

    @cached_property
    def pool_of_sources(self) -> Array:
        """All numbers of the tensor's sources, in order."""
        sources = self.equation.sources.values()
        return np.sort(np.concatenate([[], *(self.values[one.name].ravel() for one in sources)]))

    def nearest(self, values: Sequence[Array]) -> Array:
        """Return, of what the versions give, what is nearest to the number found in each cell."""
        best = values[0]
        for other in values[1:]:
            with np.errstate(invalid="ignore"):
                nearer = np.abs(self.numbers - other) < np.abs(self.numbers - best)
            best = np.where(nearer, other, best)
        return best

    def agrees(self, value: Array) -> Mask:
        """Return where the number found is that of an array, as `verify` compares."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.numbers - value) <= self.allowed(value))

    def allowed(self, value: Array) -> Array:
        """Return how far from an array's numbers those found may be."""
        return allowance(value, self.tolerance)


def _largest(array: Array) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0))


def cases(review: Review) -> list[Case]:
    """Return a case for each computed tensor in which cells are wrong, in the network's order."""
    wrong = {
        name: (judgement.statuses == int(Status.WRONG)) & ~judgement.uncredited
        for name, judgement in review.judgements.items()
    }
    wrong = {name: mask for name, mask in wrong.items() if mask.any()}
    if not wrong:
        return []
    versions = _versions(review)
    return [
        Case(
            equation,
            review.found[name],
            versions,
            wrong[name],
            review.found,
            _sources(review, equation),
        )
        for name, equation in review.judged_network.equation_of.items()
        if name in wrong
    ]


def _sources(review: Review, equation: Equation) -> list[str]:
    """Return the tensors on the page that an equation's target is made from."""
    found = []
    waiting = list(equation.sources.values())
    seen = set()
    while waiting:
        name = waiting.pop().name
        if name in review.found and is_there(review.found[name]):
            found.append(name)
        elif name not in seen and (earlier := review.judged_network.equation_of.get(name)):
            waiting += earlier.sources.values()
        seen.add(name)
    return found


def is_there(found: Found) -> bool:
    """Return whether a computed tensor is on the page, and not left empty throughout."""
    return bool((found.states != State.BLANK).any())


def _versions(review: Review) -> list[dict[str, Array]]:
    """Return all arrays as the workbook has them; what is not there follows from the rest."""
    there = {
        name: counted(found)
        for name, found in review.found.items()
        if not found.tensor.kind.is_computed or is_there(found)
    }
    before = {
        name: np.where(_is_rounded(judgement), judgement.expected, there[name])
        for name, judgement in review.judgements.items()
        if name in there and judgement.tensor.kind.is_computed
    }
    versions = [_followed(review, there)]
    if any(not np.array_equal(one, there[name], equal_nan=True) for name, one in before.items()):
        versions.append(_followed(review, {**there, **before}))
    return versions


def _followed(review: Review, there: Mapping[str, Array]) -> dict[str, Array]:
    return review.judged_network.evaluate({**review.chosen, **there}, instead=there)


def _is_rounded(judgement: Judgement) -> Mask:
    """Return which right numbers may have been rounded when they were typed."""
    typed = (judgement.statuses == int(Status.RIGHT)) & ~judgement.found.has_formula
    return np.asarray(typed & np.isfinite(judgement.expected))
