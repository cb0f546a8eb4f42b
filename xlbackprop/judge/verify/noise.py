"""How far apart two right ways to compute the same may be, where large numbers cancel.

A spreadsheet adds up in another order than NumPy; where terms cancel, what is left differs. How
much that may be shows when numbers are changed in their last digits: what grows with the change is
noise, and what does not is a jump (a tie that is decided otherwise) and no excuse.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation
from xlbackprop.network import Network

_LAST_DIGITS, _MORE = 1e-14, 100
_GROWS = 5
_MARGIN = 4


class Noise:
    """What may be off in a network's tensors, and in what follows from them.

    It is computed when it is asked for, once: that takes two evaluations of the network.
    """

    def __init__(self, network: Network, inputs: Mapping[str, Array]) -> None:
        self._network, self._inputs = network, inputs

    def of(self, name: str) -> float:
        """Return how far off a computed tensor's entries may be for the last digits before it."""
        exact, little, more = (arrays[name] for arrays in self._evaluated)
        return _grown(exact, little, more)

    @cached_property
    def _evaluated(self) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
        return (
            self._evaluate(0),
            self._evaluate(_LAST_DIGITS),
            self._evaluate(_MORE * _LAST_DIGITS),
        )

    def _evaluate(self, part: float) -> dict[str, Array]:
        arrays = dict(self._inputs)
        for name, equation in self._network.equation_of.items():
            arrays[name] = _shaken(name, equation.evaluate(arrays), part)
        return arrays


def noise(equation: Equation, arrays: Mapping[str, Array]) -> float:
    """Return how far off one equation's results may be for the last digits of its sources."""

    def evaluate(part: float) -> Array:
        return equation.evaluate({name: _shaken(name, a, part) for name, a in arrays.items()})

    return _grown(evaluate(0), evaluate(_LAST_DIGITS), evaluate(_MORE * _LAST_DIGITS))


def _shaken(name: str, array: Array, part: float) -> Array:
    if not part:
        return array
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return array * (1 + part * random.choice([-1.0, 1.0], array.shape))


def _grown(exact: Array, little: Array, more: Array) -> float:
    with np.errstate(invalid="ignore"):
        by_little, by_more = np.abs(little - exact), np.abs(more - exact)
        grown = np.where(by_more >= _GROWS * by_little, by_more, 0.0)
    return _MARGIN / _MORE * float(np.fmax.reduce(grown, axis=None, initial=0.0))
