"""Fresh numbers for the givens and parameters, such that a wrong formula gives itself away.

No entry is zero, no two are equal (in what is not a label or a mask), and all are near one: what
follows from them neither overflows nor vanishes beside the rest.
"""

from __future__ import annotations

import zlib
from math import prod

import numpy as np

from xlbackprop.equation import Array, Kind, Tensor

_SMALLEST, _LARGEST = 0.3, 1.5
# Every so many draws all numbers are positive: some networks need it, and no unit is off.
_POSITIVE_EVERY = 4


def draw(tensor: Tensor, number: int, seed: int) -> Array:
    """Return random numbers for a given or a parameter, of its shape and in its domain.

    They depend on the seed, the draw's number and the tensor's name only.
    """
    random = np.random.default_rng([seed, number, zlib.crc32(tensor.name.encode())])
    domain = tensor.domain
    if domain.drawn_from is not None:
        return _rounded(random.uniform(*domain.drawn_from, tensor.shape))
    if domain.soft:
        return _rounded(random.uniform(0.05, 0.95, tensor.shape))
    if domain.labels is not None:
        return random.integers(0, domain.labels, tensor.shape).astype(np.float64)
    if domain.keep is not None:
        return random.integers(0, 2, tensor.shape).astype(np.float64)
    sizes = random.uniform(_SMALLEST, _LARGEST, tensor.shape) * _scale(tensor)
    if number % _POSITIVE_EVERY == _POSITIVE_EVERY - 1:
        return _rounded(sizes)
    return _rounded(sizes * random.choice([-1.0, 1.0], tensor.shape))


def _rounded(numbers: Array | float) -> Array:
    """Return numbers that can be typed as they are shown, and still are all different."""
    return np.asarray(np.round(numbers, 5))


def _scale(tensor: Tensor) -> float:
    """Return what keeps sums of products with a parameter as large as its factors."""
    fan_in = prod(tensor.shape[1:]) if tensor.kind is Kind.PARAMETER else 1
    return float(max(fan_in, 1) ** -0.5)
