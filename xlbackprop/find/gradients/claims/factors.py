"""Constants by which rows of numbers are multiples of others, as people would write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import isfinite

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.differentiation.drawing import FAMILIES, columns_of
from xlbackprop.find.gradients.findings import Family
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.training.updates import Update

_DIGITS, _MORE_DIGITS = 6, 10
_TOGETHER = 100_000  # pairs of an update and a gradient
# So many numbers that are not zero have to be in proportion: of one alone, anything is a multiple.
_FEWEST = 2
_CLOSE = 1e-6


def ratios_of(own: Array, by: Array) -> Array:
    """Return the constants by which rows are others, of shape (rows,); NaN where there is none."""
    with np.errstate(all="ignore"):
        ratio = np.einsum("ij,ij->i", own, by) / np.einsum("ij,ij->i", by, by)
        apart = np.abs(own - ratio[:, None] * by).max(axis=1)
        fits = (apart <= _CLOSE * np.abs(own).max(axis=1)) & np.isfinite(own).all(axis=1)
    fits &= (ratio != 0) & ((by != 0).sum(axis=1) >= _FEWEST)
    return np.where(fits, ratio, np.nan)


def steps_of(choice: Choice, updates: Sequence[Update]) -> dict[int, tuple[int, float]]:
    """Return the target of which each update takes a constant multiple, and the constant.

    They are by the updates' cells; those that take no such thing are left out.
    """
    found: dict[int, tuple[int, float]] = {}
    pairs: list[tuple[int, int, int]] = []
    for one in updates:
        pairs += [(one.cell, one.of, at) for at in choice.flow.by_cell.get(one.of, ())]
        if len(pairs) > _TOGETHER or one is updates[-1]:
            for (cell, _, at), ratio in zip(pairs, _ratios_of(choice, pairs), strict=True):
                if np.isfinite(ratio):
                    found.setdefault(cell, (at, ratio))
            pairs.clear()
    return found


def _ratios_of(choice: Choice, pairs: Sequence[tuple[int, int, int]]) -> list[float]:
    """Return the constant of each update and gradient, by the first family in which there is one.

    NaN where there is none.
    """
    if not pairs:
        return []
    cells, weights, targets = np.array(pairs).T
    taken = choice.study.board.numbers[weights] - choice.study.own[cells]
    gradients = choice.flow.values[targets]
    found = np.full(len(pairs), np.nan)
    for family in FAMILIES:
        if family is not Family.PAGE:
            draws = columns_of(family)
            found = np.where(
                np.isnan(found), ratios_of(taken[:, draws], gradients[:, draws]), found
            )
    result: list[float] = found.tolist()
    return result


def usual_of(factors: Iterable[float], preferred: float = 1.0) -> float:
    """Return the factor that most have; 1 or -1 where a good part of them has that.

    Of several, it is one with the sign that most have, and with the preferred one at last.
    """
    counted = Counter(factors)
    if not counted:
        return 0.0
    plain = Counter({one: number for one, number in counted.items() if abs(one) == 1})
    few = counted.total() / 4
    best = plain if plain and plain.total() >= few else counted
    signs = Counter[float]()
    for own, number in counted.items():
        signs[_sign(own)] += number
    return max(best, key=lambda one: (best[one], signs[_sign(one)], preferred * one))


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0))


def rounded(number: float) -> float:
    """Return a factor with the digits that count, a whole one where it is all but that."""
    if not isfinite(number):
        return number
    whole = round(number)
    return float(whole) if whole and is_near(number, whole) else float(f"{number:.{_DIGITS}g}")


def all_rounded(numbers: Iterable[float]) -> list[float]:
    """Return factors with the digits that count, as `rounded` does one by one."""
    own = np.array(list(numbers), dtype=np.float64)
    with np.errstate(all="ignore"):
        scale = 10.0 ** (_MORE_DIGITS - np.floor(np.log10(np.abs(own))))
        short = np.rint(own * scale) / scale  # so that few are left to be written out
    few, at = np.unique(np.where(np.isfinite(short), short, own), return_inverse=True)
    found = np.array([rounded(one) for one in few.tolist()], dtype=np.float64)
    result: list[float] = found[at].tolist()
    return result


def is_near(one: float, other: float) -> bool:
    """Whether two factors are the same but for their last digits."""
    return abs(one - other) <= _CLOSE * max(abs(one), abs(other))
