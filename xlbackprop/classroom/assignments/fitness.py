"""Whether numbers are fit for an exercise: every known mistake shows, and no answer is mere luck.

What can be asked of a network at all is found out on a few draws. A slip that changes nothing in
any of them (turning a 1x1 filter) is not asked for, nor the absence of ties that all of them have,
nor fewer dead units than the draw has that has fewest: one sample leaves about half of a large
relu layer without a gradient.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Role, Slip, Tensor
from xlbackprop.judge.diagnose import general_slips
from xlbackprop.judge.diagnose.general import ROUNDED
from xlbackprop.network import Network
from xlbackprop.network.values import choose_values
from xlbackprop.tolerance import allowance, is_one_number, largest_rounding

PROBES = 16
# Half a unit in the last decimal of what was typed, and half a unit of what is right.
_ROUNDINGS = 2
_NUDGE, _JUMP, _TINY = 1e-7, 1e-3, 1e-12
_MOST_DECIMALS = 15


@dataclass(frozen=True)
class Faults:
    """What is wrong with some numbers; each fault by its name."""

    dead: tuple[str, ...]  # units without an effect
    others: frozenset[str]  # tensors of one number, ties, slips that change nothing


class Fitness:
    """What is asked of the numbers of a network whose `blank` tensors are to be filled in."""

    def __init__(self, network: Network, blank: frozenset[str]) -> None:
        self._network = network
        self._asked = [network.equation_of[name] for name in sorted(blank)]
        self._slips = {one.target.name: _slips(one) for one in self._asked}
        self._outputs = [one for one in network.tensors.values() if one.role is Role.OUTPUT]

    def complaints(self, values: Mapping[str, Array]) -> list[str]:
        """Return why givens and parameters are unfit, a line for each reason; none if they fit."""
        return list(self._complaints(values))

    @property
    def unavoidable(self) -> list[str]:
        """Which faults no draw is without, so that they are put up with."""
        dead = self._allowed.dead
        lines = [f"{len(dead)} units without an effect, as {dead[0]}"] if dead else []
        return [*lines, *sorted(self._allowed.others)]

    def _complaints(self, values: Mapping[str, Array]) -> Iterator[str]:
        arrays = self._network.evaluate(values)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            yield "a number overflows"
            return
        for name, most in self._decimals.items():
            if _decimals(values[name]) > most:
                yield f"{name}: more decimals than the {most} of the spec's"
        faults = self._faults(arrays)
        if len(faults.dead) > len(self._allowed.dead):
            yield f"{faults.dead[0]}: a unit without an effect"
        yield from sorted(faults.others - self._allowed.others)

    @cached_property
    def _allowed(self) -> Faults:
        drawn = (choose_values(self._network, seed) for seed in range(1, PROBES + 1))
        probes = [self._faults(self._network.evaluate(values)) for values in drawn]
        dead = min((faults.dead for faults in probes), key=len)
        return Faults(dead, frozenset.intersection(*(faults.others for faults in probes)))

    @cached_property
    def _decimals(self) -> dict[str, int]:
        given = choose_values(self._network)
        return {name: _decimals(array) for name, array in given.items()}

    def _faults(self, arrays: Mapping[str, Array]) -> Faults:
        with np.errstate(all="ignore"):
            others = (fault for one in self._asked for fault in self._faults_of(one, arrays))
            return Faults(tuple(self._dead(arrays)), frozenset(others))

    def _faults_of(self, equation: Equation, arrays: Mapping[str, Array]) -> Iterator[str]:
        tensor = equation.target
        if tensor.size > 1 and is_one_number(arrays[tensor.name]):
            yield f"{tensor.name}: it is one number throughout"
        if equation.accepts is not None and self._has_tie(equation, arrays):
            yield f"{tensor.name}: a tie, so that another answer is as good"
        for number, slip in enumerate(self._slips[tensor.name]):
            if not _is_seen(equation, slip, arrays):
                yield f"{tensor.name}: the mistake “{slip.name}” ({number}) would not be seen"

    def _has_tie(self, equation: Equation, arrays: Mapping[str, Array]) -> bool:
        """Return whether the numbers jump where what they are made from moves a little."""
        right = arrays[equation.target.name]
        largest = max(float(np.abs(right).max(initial=0)), _TINY)
        for sign in (-1, 1):
            sources = equation.sources.values()
            moved = {one.name: self._moved(one, arrays, sign) for one in sources}
            off = np.abs(equation.evaluate(moved) - right)
            if float(off.max(initial=0)) > _JUMP * largest:
                return True
        return False

    def _moved(self, tensor: Tensor, arrays: Mapping[str, Array], sign: int) -> Array:
        """Return numbers a little off; a helper's (the place of a maximum) are worked out anew."""
        array = arrays[tensor.name]
        if tensor.kind is Kind.HELPER:
            equation = self._network.equation_of[tensor.name]
            sources = equation.sources.values()
            return equation.evaluate({one.name: self._moved(one, arrays, sign) for one in sources})
        if tensor.domain.labels is not None or tensor.domain.keep is not None:
            return array
        random = np.random.default_rng(zlib.crc32(tensor.name.encode()))
        size = max(float(np.abs(array).max(initial=0)), 1.0)
        return np.asarray(array + sign * _NUDGE * size * random.uniform(0.5, 1, array.shape))

    def _dead(self, arrays: Mapping[str, Array]) -> Iterator[str]:
        """Yield the slices of which all is 0: of outputs by channel, of what is asked by block."""
        for tensor in self._outputs:
            axis = tensor.axes.index("n") + 1 if "n" in tensor.axes else 0
            yield from _zeros(tensor, arrays[tensor.name], axis)
        for equation in self._asked:
            yield from _zeros(equation.target, arrays[equation.target.name], 0)


def _slips(equation: Equation) -> tuple[Slip, ...]:
    """Return what could go wrong; rounding that is forgiven everywhere is no mistake."""
    every = (*equation.slips, *general_slips(equation))
    return tuple(slip for slip in every if slip.name != ROUNDED)


def _is_seen(equation: Equation, slip: Slip, arrays: Mapping[str, Array]) -> bool:
    """Return whether a slip's numbers are wrong in some cell, however they are rounded."""
    right = arrays[equation.target.name]
    off = np.abs(equation.evaluate_slip(slip, arrays) - right)
    forgiven = np.maximum(_ROUNDINGS * largest_rounding(right), allowance(right))
    return bool((~(off <= forgiven)).any())


def _zeros(tensor: Tensor, array: Array, axis: int) -> list[str]:
    if axis >= array.ndim or array.size <= 1:
        return []
    others = tuple(one for one in range(array.ndim) if one != axis)
    (dead,) = np.nonzero(~array.any(axis=others))
    return [f"{tensor.name}[{tensor.axes[axis]} = {number}]" for number in dead.tolist()]


def _decimals(array: Array) -> int:
    for decimals in range(_MOST_DECIMALS):
        if (np.round(array, decimals) == array).all():
            return decimals
    return _MOST_DECIMALS
