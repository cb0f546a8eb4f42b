"""How far apart two right ways to compute the same may be, where large numbers cancel.

A spreadsheet adds up in another order than NumPy; where terms cancel, what is left differs. How
much that may be shows when numbers are changed in their last digits: what grows with the change is
noise, and what does not is a jump (a tie that is decided otherwise) and no excuse. Each entry has
noise of its own: that of a large one is no excuse for a tiny one beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation
from xlbackprop.network import Network

_LAST_DIGITS, _MORE = 1e-14, 100
_GROWS = 5
_MARGIN = 4
# By chance one change of many numbers cancels out; not all of several.
_TRIES = 3

Evaluate = Callable[[float, int], Array]


class Noise:
    """What may be off in a network's tensors, and in what follows from them.

    It is computed when it is asked for, once: that takes several evaluations of the network.
    """

    def __init__(self, network: Network, inputs: Mapping[str, Array]) -> None:
        self._network, self._inputs = network, inputs

    def of(self, name: str) -> Array:
        """Return how far off a tensor's entries may be for the last digits before it."""
        return _most_grown(lambda part, attempt: self._evaluated[part, attempt][name])

    @cached_property
    def _evaluated(self) -> dict[tuple[float, int], dict[str, Array]]:
        evaluated = {(0.0, 0): self._evaluate(0.0, _Signs(0))}
        for attempt in range(_TRIES):
            signs = _Signs(attempt)
            for part in (_LAST_DIGITS, _MORE * _LAST_DIGITS):
                evaluated[part, attempt] = self._evaluate(part, signs)
        return evaluated

    def _evaluate(self, part: float, signs: _Signs) -> dict[str, Array]:
        arrays = dict(self._inputs)
        for name, equation in self._network.equation_of.items():
            arrays[name] = signs.shaken(name, equation.evaluate(arrays), part)
        return arrays


def noise(equation: Equation, arrays: Mapping[str, Array]) -> Array:
    """Return how far off one equation's results may be for the last digits of its sources."""
    signs = [_Signs(attempt) for attempt in range(_TRIES)]

    def evaluate(part: float, attempt: int) -> Array:
        shaken = signs[attempt].shaken
        return equation.evaluate({name: shaken(name, a, part) for name, a in arrays.items()})

    return _most_grown(evaluate)


class _Signs:
    """Which entries are made larger and which smaller: the same ones, by however much."""

    def __init__(self, attempt: int) -> None:
        self._attempt, self._drawn = attempt, dict[str, Array]()

    def shaken(self, name: str, array: Array, part: float) -> Array:
        """Return the array with each entry changed by a part of it."""
        if not part:
            return array
        if name not in self._drawn:
            random = np.random.default_rng([zlib.crc32(name.encode()), self._attempt])
            self._drawn[name] = random.choice([-1.0, 1.0], array.shape)
        return array * (1 + part * self._drawn[name])


def _most_grown(evaluate: Evaluate) -> Array:
    exact = evaluate(0.0, 0)
    grown = [
        _grown(exact, evaluate(_LAST_DIGITS, attempt), evaluate(_MORE * _LAST_DIGITS, attempt))
        for attempt in range(_TRIES)
    ]
    return np.asarray(_MARGIN / _MORE * np.fmax.reduce(grown))


def _grown(exact: Array, little: Array, more: Array) -> Array:
    with np.errstate(invalid="ignore"):
        by_little, by_more = np.abs(little - exact), np.abs(more - exact)
        grown = np.where(by_more >= _GROWS * by_little, by_more, 0.0)
        # What a jump has taken elsewhere may have been noise, of which only the tensor tells.
        jumps = (by_little > 0) & (grown == 0)
        return np.where(jumps, np.fmax.reduce(grown, axis=None, initial=0.0), grown)
