"""Decimals as they are mostly written (-12.375, 2.5e-05), very many at once, to the nearest float.

Eight digits at a time become a whole number in three multiplications. Its quotient by a power of
ten has the 64 bits of x87's numbers; where those fall half way between two floats there is no
telling to which the exact quotient is nearer, and the number is left to `float`.
"""

from __future__ import annotations

import sys

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.workbook.read.scan.tags import Mask, Positions, Tags, Words, as_word

# Ten to this power is the last that x87's numbers hold exactly; the other one, that floats do.
_MOST_DECIMALS, _MOST_OF_A_FLOAT = 27, 22
_EIGHT, _TEN = np.uint64(8), np.uint64(10)
_LENGTH_OF_EXPONENT = np.array([0] + [len("e-05")] * 99)
_ZEROS = 0x3030303030303030
# The digits 0 that make so many others eight; they stand first.
_ZEROS_FIRST = np.array([_ZEROS & ((1 << 8 * (8 - count)) - 1) for count in range(9)], np.uint64)
_FIRST = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
# The bits up to those of a point, for each place in a word that it may have.
_POINTS = np.array([(1 << 8 * count + 7) - 1 for count in range(8)], dtype=np.uint64)
_POWERS = np.array([10**exponent for exponent in range(9)], dtype=np.uint64)
# To a number beyond this no so many digits can be added.
_FULL = np.array([(2**63 - 1) // 10**exponent - 1 for exponent in range(9)], dtype=np.uint64)
_DIVISORS = np.cumprod([1] + [10] * _MOST_DECIMALS, dtype=np.longdouble)
HAS_64_BITS = (
    np.finfo(np.longdouble).nmant == 63
    and np.dtype(np.longdouble).itemsize == 16
    and sys.byteorder == "little"
)
_BEYOND_A_FLOAT, _HALF = np.uint64(0x7FF), np.uint64(0x400)
_EXACT = np.uint64(1 << 53)


def read_decimals(tags: Tags, starts: Positions, ends: Positions) -> tuple[Array, Mask]:
    """Return the numbers between each two positions, and which of them have been read."""
    is_negative = tags.bytes_at(starts) == ord("-")
    first, power = starts + is_negative, _exponents(tags, ends)
    size = ends - first - _LENGTH_OF_EXPONENT[power]
    head = tags.words(first) & _FIRST[np.clip(size, 0, 8)]
    whole = _before_point(head)
    has_point = whole < np.minimum(size, 8)
    whole = np.minimum(whole, np.minimum(size, 8))
    decimals = np.where(has_point, size - whole - 1, 0)
    is_plain = np.where(has_point, (whole > 0) & (decimals > 0), (size > 0) & (size == whole))
    is_read = is_plain & (decimals + power <= _MOST_DECIMALS)
    whole, decimals = np.where(is_read, whole, 0), np.where(is_read, decimals, 0)
    numbers, are_digits = _eight(head, whole)
    at = first + whole + 1
    for done in range(0, int(decimals.max(initial=0)), 8):
        count = np.clip(decimals - done, 0, 8)
        more, are_more = _eight(tags.words(np.where(count > 0, at + done, 0)), count)
        are_digits &= are_more & (numbers <= _FULL[count])
        numbers = numbers * _POWERS[count] + more
    values, is_certain = _quotients(numbers, np.where(is_read, decimals + power, 0))
    return np.where(is_negative, -values, values), is_read & are_digits & is_certain


def _exponents(tags: Tags, ends: Positions) -> Positions:
    """Return by how many places the point stands too far to the right: e-05 are five."""
    before = tags.words(np.maximum(ends - 4, 0))
    small = before | np.uint64(as_word(b" "))  # an E is an e
    digits = before >> np.uint64(16)
    ten, one = digits & np.uint64(0xFF), digits >> _EIGHT & np.uint64(0xFF)
    zero = np.uint64(ord("0"))
    has = (small & np.uint64(0xFFFF)) == np.uint64(as_word(b"e-"))
    has &= (ten - zero < _TEN) & (one - zero < _TEN)
    return np.where(has, (ten - zero) * _TEN + one - zero, np.uint64(0)).astype(np.int64)


def _before_point(words: Words) -> Positions:
    """Return how many characters stand before the first point in each word, 8 where none is."""
    other = words ^ np.uint64(0x2E2E2E2E2E2E2E2E)
    found = (other - np.uint64(0x0101010101010101)) & ~other & np.uint64(0x8080808080808080)
    before = (found & (~found + np.uint64(1))) - np.uint64(1)  # ones up to the point's lowest bit
    return np.searchsorted(_POINTS, before)


def _eight(words: Words, count: Positions) -> tuple[Words, Mask]:
    """Return the numbers that the first digits of words are, and whether they are digits."""
    shift = (8 - count).astype(np.uint64) * _EIGHT
    words = np.where(count > 0, words << (shift & np.uint64(63)), np.uint64(0))
    words |= _ZEROS_FIRST[count]
    high, zeros = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(_ZEROS)
    up = words + np.uint64(0x0606060606060606)
    are_digits = ((words & high) == zeros) & ((up & high) == zeros)
    pairs = (words & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(10 << 8 | 1) >> _EIGHT
    fours = (pairs & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(100 << 16 | 1) >> np.uint64(16)
    eights = (fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(10_000 << 32 | 1) >> np.uint64(32)
    return eights, are_digits


def _quotients(numbers: Words, decimals: Positions) -> tuple[Array, Mask]:
    """Return the floats nearest to numbers with decimals, and of which this is certain."""
    divisors = _DIVISORS[decimals]
    if not HAS_64_BITS:  # as of two floats, of which the quotient is the nearest float
        is_certain = (numbers < _EXACT) & (decimals <= _MOST_OF_A_FLOAT)
        return numbers.astype(np.float64) / divisors.astype(np.float64), is_certain
    quotients = numbers.astype(np.longdouble) / divisors
    significands = quotients.view(np.uint64)[::2]
    return quotients.astype(np.float64), (significands & _BEYOND_A_FLOAT) != _HALF
