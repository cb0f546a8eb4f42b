"""Which cells are right, which are wrong, and which are wrong only because an earlier cell is.

Each equation is evaluated with whole arrays on several versions of its sources:

    true      what the givens and parameters lead to
    accepted  the user's number where it is right, else the true one
    counted   what the user's cells hold; blanks and texts count as 0, an error as NaN
    masked    the same, but an error counts as 0 (LibreOffice's SUMPRODUCT of error and text)
    absent    the same, but blanks and texts count as minus infinity, as they do for MAX
    larger    the same, but a text counts as infinity, as it does where it is compared
    coerced   the same, but a text that reads as a number counts as that number
    strict    the same, but a text counts as NaN, as it does for + and *
    hollow    counted, but NaN for what no credit can rest on: blank, invalid or all-equal cells

A cell is right where it matches true or accepted, and carried where it matches one of the user's
own versions. Spreadsheets differ in what they make of texts and errors, hence so many; where there
are none of these, the versions are the same array and cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Equation, Index, Mask, Tensor
from xlbackprop.network import Network
from xlbackprop.numerals import read_numeral
from xlbackprop.tolerance import ABSOLUTE, HALF, LEAST_DECIMALS, RELATIVE
from xlbackprop.workbook.cells import State
from xlbackprop.workbook.found import Found

_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+")

_MOST_DECIMALS = 15

USERS_VERSIONS = ("counted", "masked", "absent", "larger", "coerced", "strict")


class Status(IntEnum):
    """What is said of a cell; reports list them in this order."""

    WRONG = 0
    INVALID = 1
    BLANK = 2
    TYPED = 3
    CARRIED = 4
    RIGHT = 5

    @property
    def word(self) -> str:
        """The status as reports write it."""
        return self.name.lower()


@dataclass(frozen=True)
class Judgement:
    """What is said of one tensor's cells; the arrays have its shape."""

    found: Found
    statuses: NDArray[np.int8]
    expected: Array  # NaN where it cannot be known
    from_user: Array  # what follows from the user's own earlier cells
    uncredited: Mask  # follows, but only from cells on which no credit can rest
    tie_rule: str = ""  # where another answer than this rule's was accepted
    notes: Mapping[Index, str] = field(default_factory=dict)  # what else to say of a cell

    @property
    def tensor(self) -> Tensor:
        """The tensor that was judged."""
        return self.found.tensor


@dataclass
class _Versions:
    """The arrays of one tensor, as the equations that follow will take them."""

    true: Array
    accepted: Array
    counted: Array
    masked: Array
    absent: Array
    larger: Array
    coerced: Array
    strict: Array
    hollow: Array


_VERSIONS = tuple(one.name for one in fields(_Versions))


def verify(
    network: Network,
    found: Mapping[str, Found],
    chosen: Mapping[str, Array] = MappingProxyType({}),
) -> dict[str, Judgement]:
    """Return a judgement of each computed tensor, and of givens that hold no number.

    A tensor that is not found is not judged: it is computed from those that are, or, where it is
    a given, has the numbers in `chosen`.
    """
    judgements: dict[str, Judgement] = {}
    versions: dict[str, _Versions] = {}
    for tensor in network.inputs:
        if tensor.name not in found:
            versions[tensor.name] = _same_versions(chosen[tensor.name])
            continue
        judgement = _judge_input(found[tensor.name])
        versions[tensor.name] = _versions(judgement)
        if (judgement.statuses != Status.RIGHT).any():
            judgements[tensor.name] = judgement
    for equation in network.equations:
        name = equation.target.name
        if name not in found:
            versions[name] = _computed_versions(equation, versions)
            continue
        judgements[name] = _judge(equation, found[name], versions)
        versions[name] = _versions(judgements[name])
    return judgements


def _judge_input(found: Found) -> Judgement:
    statuses = np.select(
        [found.tensor.domain.allows(found.numbers), found.states == State.BLANK],
        [Status.RIGHT, Status.BLANK],
        Status.INVALID,
    ).astype(np.int8)
    known = np.where(statuses == Status.RIGHT, found.numbers, np.nan)
    # A number typed as text is known all the same: what does not rest on it stays judged.
    for index in _indices(found.states == State.TEXT):
        number = np.asarray(_as_number(found, index))
        known[index] = number if found.tensor.domain.allows(number).all() else np.nan
    nowhere = np.zeros(found.numbers.shape, dtype=np.bool_)
    return Judgement(found, statuses, known, known, nowhere)


def _judge(equation: Equation, found: Found, versions: Mapping[str, _Versions]) -> Judgement:
    evaluate = _Evaluation(equation, versions)
    expected, counted = evaluate("true"), evaluate("counted")
    typed = (found.states == State.NUMBER) & ~found.has_formula
    tolerance = typed_tolerance(found.numbers, typed)
    right = matches(found.numbers, expected, tolerance)
    right |= matches(found.numbers, evaluate("accepted"), tolerance)
    ties = np.zeros_like(right)
    if equation.accepts is not None and not right.all():
        for version in ("true", "accepted"):
            ties |= equation.accepted(found.numbers, tolerance, evaluate.arrays(version)) & ~right
        right |= ties
    follows = np.zeros_like(right)
    for version in USERS_VERSIONS:
        follows |= matches(found.numbers, evaluate(version), tolerance)
    follows |= _follows_from_invalid(
        equation, found, np.isnan(counted) | np.isnan(evaluate("strict"))
    )
    # What a formula gives does follow, whatever from; a number that was typed may be a guess.
    uncredited = ~right & follows & ~found.has_formula
    if uncredited.any():
        uncredited &= np.isnan(evaluate("hollow"))
    statuses = np.select(
        [right, follows & ~uncredited, found.states == State.NUMBER, _is_blank(found)],
        [Status.RIGHT, Status.CARRIED, Status.WRONG, Status.BLANK],
        Status.INVALID,
    ).astype(np.int8)
    tie_rule = equation.tie_rule if ties.any() else ""
    return Judgement(found, statuses, expected, counted, uncredited, tie_rule)


class _Evaluation:
    """An equation on versions of its sources, each distinct one evaluated once."""

    def __init__(self, equation: Equation, versions: Mapping[str, _Versions]) -> None:
        self._equation = equation
        self._sources = {t.name: versions[t.name] for t in equation.sources.values()}
        self._done: dict[tuple[int, ...], Array] = {}

    def __call__(self, version: str) -> Array:
        arrays = self.arrays(version)
        key = tuple(map(id, arrays.values()))
        if key not in self._done:
            self._done[key] = self._equation.evaluate(arrays)
        return self._done[key]

    def arrays(self, version: str) -> dict[str, Array]:
        """Return that version of the sources' arrays."""
        return {name: getattr(versions, version) for name, versions in self._sources.items()}


def _same_versions(numbers: Array) -> _Versions:
    return _Versions(**dict.fromkeys(_VERSIONS, numbers))


def _computed_versions(equation: Equation, versions: Mapping[str, _Versions]) -> _Versions:
    """Return a tensor that the workbook does not have, from each version of what it has."""
    evaluate = _Evaluation(equation, versions)
    return _Versions(**{version: evaluate(version) for version in _VERSIONS})


def _versions(judgement: Judgement) -> _Versions:
    """Return the tensor as later equations take it; equal versions are the same array."""
    found, statuses, true = judgement.found, judgement.statuses, judgement.expected
    right = statuses == Status.RIGHT
    accepted = found.numbers if right.all() else np.where(right, found.numbers, true)
    is_error = found.states == State.ERROR
    is_text = (found.states == State.TEXT) | (found.states == State.BOOLEAN)
    is_number = found.states == State.NUMBER
    masked = found.numbers if is_number.all() else np.where(is_number, found.numbers, 0.0)
    counted = np.where(is_error, np.nan, masked) if is_error.any() else masked
    is_nothing = ~(is_number | is_error)
    absent = np.where(is_nothing, -np.inf, counted) if is_nothing.any() else counted
    larger = coerced = strict = counted
    if is_text.any():
        larger = np.where(is_text, np.inf, counted)
        strict = np.where(is_text, np.nan, counted)
        coerced = counted.copy()
        for index in _indices(is_text):
            coerced[index] = _as_number(found, index)
    hollow = _hollow(judgement, counted)
    return _Versions(true, accepted, counted, masked, absent, larger, coerced, strict, hollow)


def _hollow(judgement: Judgement, counted: Array) -> Array:
    states, right = judgement.found.states, judgement.statuses == Status.RIGHT
    if right.all():
        return counted
    is_number = states == State.NUMBER
    numbers = counted[is_number]
    if counted.size > 1 and numbers.size and (numbers == numbers[0]).all():
        return np.where(right, counted, np.nan)
    return counted if is_number.all() else np.where(is_number, counted, np.nan)


def _as_number(found: Found, index: Index) -> float:
    text = found.text(index) or ""
    if found.states[index] == State.BOOLEAN:
        return float(text == "TRUE")
    number = read_numeral(text)
    return np.nan if number is None else number


def matches(numbers: Array, expected: Array, tolerance: Array) -> Mask:
    """Return where numbers are what is expected, give or take the tolerance of each."""
    with np.errstate(invalid="ignore"):
        off = np.abs(numbers - expected)
        allowed = np.maximum(np.maximum(RELATIVE * np.abs(expected), ABSOLUTE), tolerance)
        return np.asarray(off <= allowed)


def typed_tolerance(numbers: Array, typed: Mask) -> Array:
    """Return half a unit of the last decimal typed, two decimals at least; 0 if not typed."""
    tolerance = np.zeros(numbers.shape)
    if typed.any():
        numbers = numbers[typed]
        decimals = np.full(numbers.shape, _MOST_DECIMALS)
        with np.errstate(all="ignore"):
            for count in range(_MOST_DECIMALS - 1, LEAST_DECIMALS - 1, -1):
                decimals[np.round(numbers, count) == numbers] = count
        tolerance[typed] = HALF * 10.0**-decimals
    return tolerance


def _follows_from_invalid(equation: Equation, found: Found, expects_none: Mask) -> Mask:
    """Return where an error (or a text) is what an error or a text upstream leads to."""
    is_invalid = (found.states == State.ERROR) | (found.states == State.TEXT)
    candidates = np.array(found.has_formula & expects_none & is_invalid)
    if candidates.any():
        at = found.addresses(equation)
        for index in _indices(candidates):
            formula = (found.formula(index) or "").removeprefix("=")
            expected = str(equation.formula(at, *index)) if at else ""
            candidates[index] = not _is_broken(formula, expected)
    return candidates


def _is_broken(formula: str, expected: str) -> bool:
    """Return whether a formula is wrong in itself, which an error upstream would hide.

    It is where a reference is lost, and where it is the page's own but for what it refers to.
    """
    if "#REF!" in formula:
        return True
    ours, theirs = (_REFERENCE.sub("#", text) for text in (expected, formula))
    if ours != theirs:
        return False  # the user's own way to write it: nothing to be said
    return expected.replace("$", "") != formula.replace("$", "")


def _is_blank(found: Found) -> Mask:
    # A formula without a saved value is there, but nobody has computed it.
    return np.asarray((found.states == State.BLANK) & ~found.has_formula)


def _indices(mask: Mask) -> list[Index]:
    return [tuple(map(int, index)) for index in np.argwhere(mask)]
