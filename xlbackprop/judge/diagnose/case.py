"""One tensor with wrong cells: what was found in it, and what should follow from its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Mask
from xlbackprop.judge.verify import Judgement, Status, counted
from xlbackprop.network import Network
from xlbackprop.tolerance import allowance, typed_tolerance
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
        return typed_tolerance(self.numbers, self.known & ~self.found.has_formula)

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
        return np.sort(np.concatenate([self.values[one.name].ravel() for one in sources]))

    def agrees(self, value: Array) -> Mask:
        """Return where the number found is that of an array, as `verify` compares."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.numbers - value) <= self.allowed(value))

    def allowed(self, value: Array) -> Array:
        """Return how far from an array's numbers those found may be."""
        return allowance(value, self.tolerance)


def cases(
    network: Network,
    found: Mapping[str, Found],
    judgements: Mapping[str, Judgement],
    chosen: Mapping[str, Array],
) -> list[Case]:
    """Return a case for each computed tensor in which cells are wrong, in the network's order."""
    wrong = {
        name: (judgement.statuses == Status.WRONG) & ~judgement.uncredited
        for name, judgement in judgements.items()
    }
    wrong = {name: mask for name, mask in wrong.items() if mask.any()}
    if not wrong:
        return []
    values = _users_values(network, found, chosen)
    return [
        Case(equation, found[equation.target.name], values, wrong[equation.target.name])
        for equation in network.equations
        if equation.target.name in wrong
    ]


def _users_values(
    network: Network, found: Mapping[str, Found], chosen: Mapping[str, Array]
) -> dict[str, Array]:
    """Return all arrays as the workbook has them; what is not there follows from the rest."""
    values = {
        tensor.name: counted(found[tensor.name]) if tensor.name in found else chosen[tensor.name]
        for tensor in network.inputs
    }
    for equation in network.equations:
        own = found.get(equation.target.name)
        is_there = own is not None and (own.states != State.BLANK).any()
        values[equation.target.name] = (
            counted(own) if own is not None and is_there else equation.evaluate(values)
        )
    return values
