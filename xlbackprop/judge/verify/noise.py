"""How far apart two right ways to compute the same may be, where large numbers cancel.

A spreadsheet adds up in another order than NumPy; where terms cancel, what is left differs. How
much that may be shows when numbers are changed in their last digits: what grows with the change is
noise, and what does not is a jump (a tie that is decided otherwise) and no excuse. Each entry has
noise of its own: that of a large one is no excuse for a tiny one beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array, Equation, Mask
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
        self._signs = [_Signs(attempt) for attempt in range(_TRIES)]
        self._evaluated: dict[tuple[float, int], dict[str, Array]] = {}

    def covers(self, name: str, off: Array) -> Mask:
        """Return which entries of a tensor are off for no more than the last digits before it.

        `off` says by how much, NaN where nothing is asked.
        """
        return _covers(off, lambda part, attempt: self._version(part, attempt)[name])

    def _version(self, part: float, attempt: int) -> dict[str, Array]:
        """Return all tensors with each entry changed by a part of it."""
        if (part, attempt) not in self._evaluated:
            arrays = dict(self._inputs)
            for name, equation in self._network.equation_of.items():
                array = equation.evaluate(arrays)
                arrays[name] = self._signs[attempt].shaken(name, array, part)
            self._evaluated[part, attempt] = arrays
        return self._evaluated[part, attempt]


def noise(equation: Equation, arrays: Mapping[str, Array]) -> Array:
    """Return how far off one equation's results may be for the last digits of its sources."""
    signs = [_Signs(attempt) for attempt in range(_TRIES)]

    def evaluate(part: float, attempt: int) -> Array:
        shaken = signs[attempt].shaken
        return equation.evaluate({name: shaken(name, a, part) for name, a in arrays.items()})

    return list(_noises(evaluate))[-1]


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


def _covers(off: Array, evaluate: Evaluate) -> Mask:
    """Return what is off by noise; further changes are tried where one does not explain all."""
    covered = np.zeros(off.shape, dtype=np.bool_)
    for noise_so_far in _noises(evaluate):
        covered = np.asarray(off <= noise_so_far)
        if (covered | np.isnan(off)).all():
            break
    return covered


def _noises(evaluate: Evaluate) -> Iterator[Array]:
    """Yield the noise that one change shows, then the most of two, and of all."""
    exact = evaluate(0.0, 0)
    most = np.full(exact.shape, np.nan)
    for attempt in range(_TRIES):
        little, more = (evaluate(part, attempt) for part in (_LAST_DIGITS, _MORE * _LAST_DIGITS))
        most = np.fmax(most, _grown(exact, little, more))
        yield _MARGIN / _MORE * most


def _grown(exact: Array, little: Array, more: Array) -> Array:
    with np.errstate(invalid="ignore"):
        by_little, by_more = np.abs(little - exact), np.abs(more - exact)
        grown = np.where(by_more >= _GROWS * by_little, by_more, 0.0)
        # What a jump has taken elsewhere may have been noise, of which only the tensor tells.
        jumps = (by_little > 0) & (grown == 0)
        return np.where(jumps, np.fmax.reduce(grown, axis=None, initial=0.0), grown)
