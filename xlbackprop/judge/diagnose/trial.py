"""A slip tried on a tensor, and whether its agreement with the cells could be chance.

Numbers agree by chance, above all where they are small integers, and a page has many cells and
many slips to try. So each cell that a slip explains gets the probability that a number which is
wrong for no reason is just the slip's: one over the numbers as far off that could stand there,
more where the slip's number is one digit away from the right one, or another cell's. Cells with
the same pair of numbers, right and wrong, hardly count more than one of them. A slip is named only
where all its cells together are far less likely by chance than there were slips and places to
choose from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from math import lgamma, log

import numpy as np

from xlbackprop.equation import Array, Mask, Slip
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.general import SIGN, TRANSPOSED, general_slips

# How likely a number found in place of the right one is one digit away from it, or 0, or the
# nearest round one; and how likely it is copied from a cell of an earlier tensor.
_ONE_DIGIT, _ZERO, _ROUND, _COPIED = 0.08, 0.2, 0.2, 0.1

# What each more cell with the same pair of numbers adds, beyond the two that were swapped.
_REPEATED, _MOST_REPEATS = 0.7, 20
_FEW_CELLS = 3

# How likely by chance an explanation may be; less where there was more to choose from.
LIKELY, _LIKELY_OF_OWN = 0.05, 0.1


class Rank(IntEnum):
    """Which slips are named first, of those that give the same numbers."""

    OWN = 0  # one that the tensor's own equation invites
    EARLIER = 1  # one in a tensor that is not on the page, seen in several that are
    ANY = 2  # one that fits any equation, or one that is not on the page and seen here alone
    CONTRADICTED = 3  # one in a tensor that is not on the page, and not seen in all that follow


@dataclass(frozen=True)
class Trial:
    """What came of a slip; the arrays have the tensor's shape."""

    slip: Slip
    rank: Rank
    choices: int  # how many slips as likely as this there were to try
    consistent: Mask  # the slip's number, or no number at all
    explained: Mask  # wrong cells with the slip's number
    nonzero: Mask  # where another number than 0 is right
    chances: Array  # logarithms, one for each explained cell in C order
    pairs: Array  # (cells, 2): which cells have the same numbers
    is_backed: bool = False  # another tensor's cells say so

    @property
    def is_own(self) -> bool:
        """Whether the tensor's own equation invites this slip."""
        return self.rank is Rank.OWN

    def is_supported(self, region: Mask, log_places: float = 0) -> bool:
        """Return whether the explained cells of a region are no chance.

        `log_places` is the logarithm of how many regions there were to choose from.
        """
        if self.is_backed:
            return True
        inside = region[self.explained]
        keys, group = np.unique(self.pairs[inside], axis=0, return_inverse=True)
        weakest = np.full(len(keys), -np.inf)
        np.maximum.at(weakest, group.ravel(), self.chances[inside])
        cells = np.bincount(group.ravel().astype(np.intp), minlength=len(keys))
        repeats = np.clip(cells - 2, 0, _MOST_REPEATS).sum() * log(_REPEATED)
        total = weakest.sum() + repeats
        for zeros in cells[~keys.any(axis=1)].tolist():
            # Where the zeros stand must not be chance, either.
            total -= log_choices(max(zeros, int((region & self.nonzero).sum())), zeros)
        alone = len(keys) == 1 and int(inside.sum()) < _FEW_CELLS
        return bool(total <= self.threshold(log_places, alone=alone))

    def threshold(self, log_places: float = 0, *, alone: bool = True) -> float:
        """Return how likely by chance the explanation may be, as a logarithm.

        A slip that the layer invites needs less to speak for it, unless a single pair of numbers
        does.
        """
        if self.is_own and not alone:
            return log(_LIKELY_OF_OWN) - log_places
        return log(LIKELY / self.choices) - log_places


def log_choices(every: int, some: int) -> float:
    """Return the logarithm of in how many ways some can be chosen out of all."""
    return lgamma(every + 1) - lgamma(some + 1) - lgamma(every - some + 1)


def trials(case: Case) -> list[Trial]:
    """Return what came of all slips that explain some of the wrong cells."""
    own, general = case.equation.slips, general_slips(case.equation)
    tried = [_try(case, slip, Rank.OWN, len(own)) for slip in own]
    for slip in general:
        choices = 1 if slip.name == SIGN else len(general)
        tried.append(_try(case, slip, Rank.ANY, choices))
    return [_exchanged(case, trial) for trial in tried if trial is not None]


def _exchanged(case: Case, trial: Trial) -> Trial:
    """Return the trial, backed where two numbers of a 2×2 matrix have changed places.

    Numbers of the tensor itself are no evidence elsewhere, since people copy the wrong cell. But
    of four, two that were exchanged are the matrix transposed, whatever the reason.
    """
    if trial.slip.name != TRANSPOSED or case.right.size != 4 or trial.explained.sum() != 2:
        return trial
    off = np.abs(case.numbers - case.right)[trial.explained]
    by_chance = np.maximum(case.units, 2 * case.tolerance)[trial.explained] / (2 * off)
    is_backed = bool(np.log(by_chance).sum() <= log(LIKELY / trial.choices))
    return replace(trial, is_backed=is_backed)


def _try(case: Case, slip: Slip, rank: Rank, choices: int) -> Trial | None:
    values = [case.equation.evaluate_slip(slip, version) for version in case.versions]
    return trial(case, slip, case.nearest(values), rank, choices)


def trial(case: Case, slip: Slip, value: Array, rank: Rank, choices: int) -> Trial | None:
    """Return what came of a slip that gives this value, or None where no wrong cell has it."""
    agrees = case.agrees(value)
    explained = case.wrong & agrees
    if not explained.any():
        return None
    return Trial(
        slip,
        rank,
        choices,
        agrees | ~case.known,
        explained,
        ~(np.abs(case.right) <= case.allowed(case.right)),
        chances(case, value, explained),
        pairs(case, value, explained),
    )


def chances(case: Case, value: Array, cells: Mask) -> Array:
    """Return, for each of the cells, how likely the value stands there by chance: logarithms."""
    wrong, right, allowed = value[cells], case.right[cells], case.allowed(value)[cells]
    off, unit = np.abs(wrong - right), np.maximum(case.units[cells], 2 * allowed)
    with np.errstate(all="ignore"):
        likely = np.fmin(unit / (2 * off), 1.0)
        first_digit = off / 10.0 ** np.floor(np.log10(off))
    is_one_digit = np.abs(first_digit - np.round(first_digit)) < 1e-4
    reasons = (
        np.where(off <= unit / 2, _ROUND, likely),
        np.where(is_one_digit, _ONE_DIGIT, 0),
        _share(case.pool, wrong, allowed),
        _COPIED * _share(case.pool_of_sources, wrong, allowed),
        np.where(np.abs(wrong) <= allowed, _ZERO, 0),
    )
    return np.asarray(np.log(np.fmin(np.max(reasons, axis=0), 1.0)))


def _share(pool: Array, numbers: Array, allowed: Array) -> Array:
    """Return which share of a pool, in order, each number is."""
    first = np.searchsorted(pool, numbers - allowed)
    beyond = np.searchsorted(pool, numbers + allowed, side="right")
    return np.asarray((beyond - first) / pool.size)


def pairs(case: Case, value: Array, cells: Mask) -> Array:
    """Return a pair for each of the cells, equal where the two numbers are, in either order."""
    both = np.stack([value[cells], case.right[cells]], axis=1)
    both = np.where(np.isfinite(both), both, 0)
    both[np.abs(both[:, 0]) <= case.allowed(value)[cells]] = 0
    step = max(case.unit, 1e-9 * float(np.abs(both).max(initial=1e-300)))
    return np.sort(np.round(both / step), axis=1)
