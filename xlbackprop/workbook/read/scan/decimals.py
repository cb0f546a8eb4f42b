"""Decimals as they are mostly written (-12.375), very many at once, each to the nearest float.

Eight digits at a time become a whole number in three multiplications. Its quotient by a power of
ten has the 64 bits of x87's numbers; where those fall half way between two floats there is no
telling to which the exact quotient is nearer, and the number is left to `float`.
"""

from __future__ import annotations

import sys

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.workbook.read.scan.tags import Mask, Positions, Tags, Words

_MOST_DIGITS = 18
_EIGHT = np.uint64(8)
_ZEROS = 0x3030303030303030
# The digits 0 that make so many others eight; they stand first.
_ZEROS_FIRST = np.array([_ZEROS & ((1 << 8 * (8 - count)) - 1) for count in range(9)], np.uint64)
_FIRST = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
# The bits up to those of a point, for each place in a word that it may have.
_POINTS = np.array([(1 << 8 * count + 7) - 1 for count in range(8)], dtype=np.uint64)
_POWERS = np.array([10**exponent for exponent in range(_MOST_DIGITS + 1)], dtype=np.uint64)
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
    first = starts + is_negative
    size = ends - first
    head = tags.words(first) & _FIRST[np.clip(size, 0, 8)]
    whole = _before_point(head)
    has_point = whole < np.minimum(size, 8)
    whole = np.minimum(whole, np.minimum(size, 8))
    decimals = np.where(has_point, size - whole - 1, 0)
    is_plain = np.where(has_point, (whole > 0) & (decimals > 0), (size > 0) & (size == whole))
    is_read = is_plain & (whole + decimals <= _MOST_DIGITS)
    whole, decimals = np.where(is_read, whole, 0), np.where(is_read, decimals, 0)
    numbers, are_digits = _eight(head, whole)
    at = first + whole + 1
    for done in range(0, int(decimals.max(initial=0)), 8):
        count = np.clip(decimals - done, 0, 8)
        more, are_more = _eight(tags.words(np.where(count > 0, at + done, 0)), count)
        numbers = numbers * _POWERS[count] + more
        are_digits &= are_more
    values, is_certain = _quotients(numbers, _POWERS[decimals])
    return np.where(is_negative, -values, values), is_read & are_digits & is_certain


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


def _quotients(numbers: Words, powers: Words) -> tuple[Array, Mask]:
    """Return the floats nearest to quotients, and of which this is certain."""
    if not HAS_64_BITS:  # as of two floats, of which the quotient is the nearest float
        return numbers.astype(np.float64) / powers.astype(np.float64), numbers < _EXACT
    quotients = numbers.astype(np.longdouble) / powers.astype(np.longdouble)
    significands = quotients.view(np.uint64)[::2]
    return quotients.astype(np.float64), (significands & _BEYOND_A_FLOAT) != _HALF
