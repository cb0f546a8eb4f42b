"""How far a number may be from the answer and still be right: for the verifier and for practice.

A number matches within a millionth, or within a billionth of the tensor's largest entry near 0. A
typed number also counts as the answer rounded to its decimals, where half a unit of the last one
is small beside the tensor, and the tensor is neither one number nor a copy that it should not be.
"""

from __future__ import annotations

from collections.abc import Collection
from math import ceil, log10

import numpy as np

from xlbackprop.equation import Array, Mask

RELATIVE, ABSOLUTE = 1e-6, 1e-9
LEAST_DECIMALS = 2

# What half a unit of the last decimal may be, in parts of the tensor's largest entry.
SMALL = 0.05

# What differs by no more, in parts of the largest entry, is one number to three significant digits.
ONE_NUMBER = 1e-3

# How far what follows from rounded numbers may be from the truth, in parts of the largest entry.
NEAR = 0.1

# A whisker more than half a unit, for the binary fractions of numbers that end in a 5.
HALF = 0.5 * (1 + 1e-9)

_LARGEST_HALF = HALF * 10.0**-LEAST_DECIMALS

# More decimals than any number has, for a tensor so small that none would do.
NO_ROUNDING, _SMALLEST = 400, 1e-300

_MOST_DECIMALS = 15
_EQUAL_WHEN_SHIFTED = 1e-14
_POWERS = 10.0 ** np.arange(_MOST_DECIMALS)
_AT_ONCE = 2048  # numbers


def matches(
    numbers: Array,
    expected: Array,
    tolerance: Array | float = 0.0,
    largest: Array | float | None = None,
) -> Mask:
    """Return where numbers are a tensor's expected ones, give or take the tolerance of each.

    `largest` is the tensor's largest entry, where `expected` is not the whole tensor.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(numbers - expected) <= allowance(expected, tolerance, largest))


def allowance(
    expected: Array, tolerance: Array | float = 0.0, largest: Array | float | None = None
) -> Array:
    """Return how far from a tensor's expected numbers those found may be, as in `matches`."""
    near_zero = ABSOLUTE * np.minimum(largest_of(expected) if largest is None else largest, 1.0)
    return np.maximum(np.maximum(RELATIVE * np.abs(expected), near_zero), tolerance)


def largest_of(expected: Array) -> float:
    """Return the largest entry without its sign; 0 where no entry is a number."""
    return float(np.fmax.reduce(np.abs(expected), axis=None, initial=0.0))


def is_near(numbers: Array, expected: Array) -> Mask:
    """Return where numbers that follow from rounded ones stay near a tensor's true ones."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(numbers - expected) <= NEAR * largest_of(expected))


def decimals_needed(expected: Array) -> int:
    """Return how many decimals must be typed for a rounded number to count as the answer."""
    limit = SMALL * largest_of(expected)
    if limit < _SMALLEST:
        return NO_ROUNDING
    return LEAST_DECIMALS if limit > 1 else max(LEAST_DECIMALS, ceil(log10(0.5 / limit) - 1e-9))


def largest_rounding(expected: Array) -> float:
    """Return half a unit of the last decimal that must be typed."""
    return float(HALF * 10.0 ** -decimals_needed(expected))


def rounding(
    numbers: Array,
    typed: Mask,
    expected: Array,
    before: Collection[Array] = (),
    others: Collection[Array] = (),
) -> Array:
    """Return how far off typed numbers may be, since they may be rounded; 0 for all others.

    A number counts as rounded to its own decimals where half a unit of the last one is small
    beside the tensor, and else to as many decimals as make it so. A tensor that is one number
    throughout or a copy, and should be neither, is not rounded at all (`is_filled_alike`).
    """
    tolerance = np.zeros(numbers.shape)
    if typed.any() and not is_filled_alike(numbers, expected, before, others):
        most = largest_rounding(expected)
        tolerance[typed] = np.minimum(half_units(numbers[typed]), most)
    return tolerance


def may_be(numbers: Array, expected: Array, half: Array) -> Mask:
    """Return where numbers may be a tensor's, if each is off by half a unit of its last decimal."""
    return matches(numbers, expected, np.minimum(half, largest_rounding(expected)))


def is_filled_alike(
    numbers: Array, expected: Array, before: Collection[Array] = (), others: Collection[Array] = ()
) -> bool:
    """Return whether a tensor is one number throughout, or a copy, and should be neither.

    Of the `others` only the numbers themselves are a copy; of those `before`, of which the tensor
    is an update, rounded ones as well: the change must be seen.
    """
    if not np.isfinite(numbers).all():
        return False
    with np.errstate(invalid="ignore"):
        copied = [one for one in before if _is_rounded_copy(numbers, one)]
        if numbers.size > 1:
            if np.ptp(numbers) == 0 and not is_one_number(expected):
                return True
            copied += [
                one for one in others if (np.abs(numbers - one) <= RELATIVE * np.abs(one)).all()
            ]
        return any((np.abs(one - expected) > allowance(expected)).any() for one in copied)


def _is_rounded_copy(numbers: Array, array: Array) -> bool:
    off = np.abs(numbers - array)
    # What is further off than any rounding is none, whatever its decimals.
    return bool((off <= _LARGEST_HALF).all() and (off <= half_units(numbers)).all())


def is_one_number(array: Array) -> bool:
    """Return whether a tensor's entries are all the same to three significant digits."""
    return bool(np.ptp(array) <= ONE_NUMBER * largest_of(array))


def half_units(numbers: Array, least: int = LEAST_DECIMALS) -> Array:
    """Return half a unit of the last decimal of each number.

    At least so many decimals are taken for typed: 0.5 stands for 0.50.
    """
    flat = numbers.ravel()
    halves = [_half_units(flat[n : n + _AT_ONCE], least) for n in range(0, flat.size, _AT_ONCE)]
    return np.concatenate([np.empty(0), *halves]).reshape(numbers.shape)


def _half_units(numbers: Array, least: int) -> Array:
    sizes = np.abs(np.where(np.isfinite(numbers) & (numbers != 0), numbers, 1.0))
    shifts = np.clip(-np.floor(np.log10(sizes)) - 3, 0, 300).astype(np.int64)
    with np.errstate(all="ignore"):
        shifted = (numbers * 10.0**shifts)[:, None]
        exact = np.where(shifts > 0, _EQUAL_WHEN_SHIFTED, 0.0)[:, None]
        rounded = np.rint(shifted * _POWERS) / _POWERS
        is_that_short = np.abs(rounded - shifted) <= exact
    # The first that is: the fewest decimals.
    decimals = np.where(is_that_short.any(axis=1), is_that_short.argmax(axis=1), _MOST_DECIMALS)
    return np.asarray(HALF * 10.0 ** -np.maximum(decimals + shifts, least).astype(np.float64))
