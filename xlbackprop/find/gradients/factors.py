"""Constants by which rows of numbers are multiples of others, as people would write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.drawing import FAMILIES, columns_of
from xlbackprop.find.gradients.findings import Family
from xlbackprop.find.gradients.losses import Choice
from xlbackprop.find.gradients.updates import Update

_DIGITS = 6
_CLOSE = 1e-6


def ratio_of(taken: Array, gradient: Array, draws: list[int]) -> float | None:
    """Return the constant by which one is the other in some draws; None where it is none."""
    own, by = taken[draws], gradient[draws]
    below = float(by @ by)
    if not np.isfinite(own).all() or not below > 0:
        return None
    ratio = float(own @ by) / below
    scale = float(np.abs(own).max(initial=0.0))
    return ratio if ratio and np.abs(own - ratio * by).max() <= _CLOSE * scale else None


def step_of(choice: Choice, update: Update, targets: Iterable[int]) -> tuple[int, float] | None:
    """Return the target of which an update takes a constant multiple, and the constant."""
    study, flow = choice.study, choice.flow
    taken = study.board.numbers[update.of] - study.own[update.cell]
    for at in targets:
        for family in FAMILIES:
            ratio = ratio_of(taken, flow.values[at], columns_of(family))
            if family is not Family.PAGE and ratio is not None:
                return at, ratio
    return None


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
    signs = Counter(np.sign(own) for own in counted.elements())
    return max(best, key=lambda one: (best[one], signs[np.sign(one)], preferred * one))


def rounded(number: float) -> float:
    """Return a factor with the digits that count, a whole one where it is all but that."""
    if not np.isfinite(number):
        return number
    whole = round(number)
    return float(whole) if whole and is_near(number, whole) else float(f"{number:.{_DIGITS}g}")


def is_near(one: float, other: float) -> bool:
    """Whether two factors are the same but for their last digits."""
    return abs(one - other) <= _CLOSE * max(abs(one), abs(other))
