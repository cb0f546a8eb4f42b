"""One tensor with wrong cells: what was found in it, and what should follow from its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Mask
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Status, counted
from xlbackprop.tolerance import allowance, rounding
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

_MOST_DECIMALS = 6


@dataclass(frozen=True)
class Case:
    """A tensor under diagnosis; the arrays have its shape.

    `values` has the arrays of all tensors as the workbook has them. `right` is what follows from
    them, `wrong` the cells to be explained, and `known` those that hold a number at all, with
    which an explanation must agree.
    """

    equation: Equation
    found: Found
    values: Mapping[str, Array]
    wrong: Mask

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
        return np.asarray(self.found.states == State.NUMBER)

    @cached_property
    def tolerance(self) -> Array:
        """How far off a number may be for its typed decimals."""
        return rounding(self.numbers, self.known & ~self.found.has_formula, self.right)

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

    def agrees(self, value: Array) -> Mask:
        """Return where the number found is that of an array, as `verify` compares."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.numbers - value) <= self.allowed(value))

    def allowed(self, value: Array) -> Array:
        """Return how far from an array's numbers those found may be."""
        return allowance(value, self.tolerance)


def cases(review: Review) -> list[Case]:
    """Return a case for each computed tensor in which cells are wrong, in the network's order."""
    wrong = {
        name: (judgement.statuses == Status.WRONG) & ~judgement.uncredited
        for name, judgement in review.judgements.items()
    }
    wrong = {name: mask for name, mask in wrong.items() if mask.any()}
    if not wrong:
        return []
    values = _users_values(review)
    return [
        Case(equation, review.found[name], values, wrong[name])
        for name, equation in review.judged_network.equation_of.items()
        if name in wrong
    ]


def _users_values(review: Review) -> dict[str, Array]:
    """Return all arrays as the workbook has them; what is not there follows from the rest."""
    there = {
        name: counted(found)
        for name, found in review.found.items()
        if not found.tensor.kind.is_computed or (found.states != State.BLANK).any()
    }
    return review.judged_network.evaluate({**review.chosen, **there}, instead=there)
