"""How far a number may be from the answer and still be right: for the verifier and for practice.

A number matches within the larger of the relative and the absolute tolerance. One that was typed
also matches where it is the answer rounded to the decimals typed, if these are not too few.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array, Mask

RELATIVE, ABSOLUTE = 1e-6, 1e-9
LEAST_DECIMALS = 2

# A whisker more than half a unit, for the binary fractions of numbers that end in a 5.
HALF = 0.5 * (1 + 1e-9)

_MOST_DECIMALS = 15


def matches(numbers: Array, expected: Array, tolerance: Array | float = 0.0) -> Mask:
    """Return where numbers are the expected ones, give or take the tolerance of each."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(numbers - expected) <= allowance(expected, tolerance))


def allowance(expected: Array, tolerance: Array | float = 0.0) -> Array:
    """Return how far from the expected numbers those found may be."""
    return np.maximum(np.maximum(RELATIVE * np.abs(expected), ABSOLUTE), tolerance)


def typed_tolerance(numbers: Array, typed: Mask) -> Array:
    """Return half a unit of the last decimal where numbers were typed, else 0.

    At least so many decimals as must be typed are taken for typed.
    """
    tolerance = np.zeros(numbers.shape)
    if typed.any():
        numbers = numbers[typed]
        decimals = np.full(numbers.shape, _MOST_DECIMALS)
        with np.errstate(all="ignore"):
            for count in range(_MOST_DECIMALS - 1, LEAST_DECIMALS - 1, -1):
                decimals[np.round(numbers, count) == numbers] = count
        tolerance[typed] = HALF * 10.0**-decimals
    return tolerance
