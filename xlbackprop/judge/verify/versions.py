"""The arrays that equations are evaluated on: one tensor, as what follows may take it.

    true      what the givens and parameters lead to
    decided   the same, with ties decided as the user decided them
    accepted  the user's number where it is right, else the true one
    rounded   the same, and where it is not right for rounding alone
    counted   what the user's cells hold; blanks and texts count as 0, an error as NaN
    masked    the same, but an error counts as 0 (LibreOffice's SUMPRODUCT of error and text)
    absent    the same, but blanks and texts count as minus infinity, as they do for MAX
    larger    the same, but a text counts as infinity, as it does where it is compared
    coerced   the same, but a text that reads as a number counts as that number, money, times
              and dates included
    grouped   the same, but of a text that may mean two (`1,234`) it is the other one
    strict    the same, but a text counts as NaN, as it does for + and *
    hollow    counted, but NaN for what no credit can rest on: blank, invalid or all-equal cells
    unrounded the true number where the user's is right, else the user's
    nudged    the same, each typed number that is not right moved within its rounding, in turn

Spreadsheets differ in what they make of texts and errors, hence so many; where there are none of
these, the versions are the same array and cost nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Index, Mask
from xlbackprop.equation.indices import indices
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.verify.noise import noise
from xlbackprop.tolerance import ABSOLUTE, half_units, largest_of, matches
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.coercion import in_arithmetic
from xlbackprop.workbook.read.found import Found
from xlbackprop.workbook.read.numerals import read_text

_ALONE = " of "
NUDGED = ("nudged_0", "nudged_1", "nudged_2")
# How much of a tensor's largest number its rounding may be, to be an excuse for what follows.
_SMALL = 0.005
_USERS_VERSIONS = ("counted", "masked", "absent", "larger", "coerced", "grouped", "strict")


@dataclass
class Versions:
    """The arrays of one tensor, as the equations that follow will take them."""

    true: Array
    decided: Array
    accepted: Array
    rounded: Array
    counted: Array
    masked: Array
    absent: Array
    larger: Array
    coerced: Array
    grouped: Array
    strict: Array
    hollow: Array
    unrounded: Array
    nudged_0: Array
    nudged_1: Array
    nudged_2: Array


_NAMES = tuple(one.name for one in fields(Versions))


class Evaluation:
    """An equation on versions of its sources, each distinct one evaluated once."""

    def __init__(self, equation: Equation, versions: Mapping[str, Versions]) -> None:
        self._equation = equation
        self._sources = {t.name: versions[t.name] for t in equation.sources.values()}
        self._done: dict[tuple[int, ...], Array] = {}
        self._noise: dict[tuple[int, ...], Array] = {}

    def __call__(self, version: str) -> Array:
        """Return the target's array on that version of its sources."""
        arrays = self.arrays(version)
        key = _key(arrays)
        if key not in self._done:
            self._done[key] = self._equation.evaluate(arrays)
        return self._done[key]

    def gives(self, version: str, numbers: Array, tolerance: Array) -> Mask:
        """Return where numbers are what that version gives, each within its tolerance.

        The scale is that of the tensor's true numbers, where they are not 0 throughout: one large
        number of the user's is no excuse for a small one beside it.
        """
        expected = self(version)
        agrees = matches(numbers, expected, tolerance, largest_of(self("true")) or None)
        if agrees.all():
            return agrees
        with np.errstate(invalid="ignore"):
            off = np.where(agrees, np.nan, np.abs(numbers - expected))
            largest = max([1.0, *map(largest_of, self.arrays(version).values())])
            if (off <= ABSOLUTE * largest).any():
                agrees |= off <= self._noise_of(version)
        return agrees

    def _noise_of(self, version: str) -> Array:
        arrays = self.arrays(version)
        key = _key(arrays)
        if key not in self._noise:
            self._noise[key] = noise(self._equation, arrays)
        return self._noise[key]

    def arrays(self, version: str) -> dict[str, Array]:
        """Return that version of the sources' arrays."""
        version, _, alone = version.partition(_ALONE)
        return {
            name: getattr(one, "counted" if alone and name != alone else version)
            for name, one in self._sources.items()
        }

    @cached_property
    def of_the_user(self) -> tuple[str, ...]:
        """The versions of what the user has, one of those that are the same.

        Where texts are in several sources, one may be summed, which passes texts over, and another
        added: `coerced` by itself is each in turn, with the others `counted`.
        """
        texts = [name for name, one in self._sources.items() if one.coerced is not one.counted]
        alone = [f"coerced{_ALONE}{name}" for name in texts] if texts[1:] else []
        by_arrays: dict[tuple[int, ...], str] = {}
        for version in (*_USERS_VERSIONS, *alone):
            by_arrays.setdefault(_key(self.arrays(version)), version)
        return tuple(by_arrays.values())


def _key(arrays: Mapping[str, Array]) -> tuple[int, ...]:
    return tuple(map(id, arrays.values()))


def same_versions(numbers: Array) -> Versions:
    """Return numbers that are beyond doubt."""
    return Versions(**dict.fromkeys(_NAMES, numbers))


def computed_versions(equation: Equation, versions: Mapping[str, Versions]) -> Versions:
    """Return a tensor that the workbook does not have, from each version of what it has."""
    evaluate = Evaluation(equation, versions)
    return Versions(**{version: evaluate(version) for version in _NAMES})


def versions_of(judgement: Judgement) -> Versions:
    """Return the tensor as later equations take it; equal versions are the same array."""
    found, statuses, true = judgement.found, judgement.statuses, judgement.expected
    right = statuses == int(Status.RIGHT)
    accepted = found.numbers if right.all() else np.where(right, found.numbers, true)
    rounded = accepted
    if judgement.rounded.any():
        rounded = np.where(judgement.rounded, found.numbers, accepted)
    is_error = found.states == int(State.ERROR)
    is_text = (found.states == int(State.TEXT)) | (found.states == int(State.BOOLEAN))
    is_number = found.states == int(State.NUMBER)
    masked = found.numbers if is_number.all() else np.where(is_number, found.numbers, 0.0)
    counted = np.where(is_error, np.nan, masked) if is_error.any() else masked
    is_nothing = ~(is_number | is_error)
    absent = np.where(is_nothing, -np.inf, counted) if is_nothing.any() else counted
    larger = coerced = grouped = strict = counted
    if is_text.any():
        larger = np.where(is_text, np.inf, counted)
        strict = np.where(is_text, np.nan, counted)
        coerced, grouped = counted.copy(), counted.copy()
        for index in indices(is_text):
            # What reads as no number is passed over by sums; for + and * see `strict`.
            coerced[index], grouped[index] = np.nan_to_num(as_numbers(found, index))
    hollow = _hollow(judgement, counted)
    decided = true if judgement.decided is None else judgement.decided
    return Versions(
        true,
        decided,
        accepted,
        rounded,
        counted,
        masked,
        absent,
        larger,
        coerced,
        grouped,
        strict,
        hollow,
        *_unrounded(judgement, counted),
    )


def _unrounded(judgement: Judgement, counted: Array) -> list[Array]:
    """Return the numbers before they were rounded, as far as is known, and those they may be."""
    right = judgement.statuses == Status.RIGHT
    if right.all():
        return [judgement.expected] * (1 + len(NUDGED))
    found, numbers = judgement.found, np.where(right, judgement.expected, counted)
    typed = ~right & (found.states == State.NUMBER) & ~found.has_formula
    if not typed.any():
        return [numbers] * (1 + len(NUDGED))
    half = np.zeros(numbers.shape)
    half[typed] = np.minimum(half_units(numbers[typed]), _SMALL * largest_of(numbers))
    random = np.random.default_rng(zlib.crc32(judgement.tensor.name.encode()))
    nudges = [half * random.choice([-1.0, 1.0], half.shape) for _ in NUDGED]
    return [numbers, *(numbers + nudge for nudge in nudges)]


def _hollow(judgement: Judgement, counted: Array) -> Array:
    states, right = judgement.found.states, judgement.statuses == int(Status.RIGHT)
    if right.all():
        return counted
    is_number = states == int(State.NUMBER)
    numbers = counted[is_number]
    if counted.size > 1 and numbers.size and (numbers == numbers[0]).all():
        return np.where(right, counted, np.nan)
    return counted if is_number.all() else np.where(is_number, counted, np.nan)


def as_numbers(found: Found, index: Index) -> tuple[float, float]:
    """Return the number that a text or a truth value reads as, and the other one that it may mean.

    Mostly that is the same one; NaN where it reads as none.
    """
    text = found.text(index) or ""
    if found.states[index] == int(State.BOOLEAN):
        return float(text == "TRUE"), float(text == "TRUE")
    numbers = (*read_text(text).numbers, *in_arithmetic(text)) or (np.nan,)
    return numbers[0], numbers[-1]


def counted(found: Found) -> Array:
    """Return the tensor's numbers, a blank or a text as 0 and an error as NaN."""
    numbers = np.where(found.states == int(State.NUMBER), found.numbers, 0.0)
    return np.where(found.states == int(State.ERROR), np.nan, numbers)
