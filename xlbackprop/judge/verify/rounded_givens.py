"""Numbers that were computed from givens with more decimals than are typed on the page.

A printout shows its inputs rounded, and the results of the unrounded ones. Each typed given then
stands for all numbers that round to it. What the results may be is sampled, entry by entry, with
the whole network at once; no tolerance is made wider than that. A formula computes from what is
typed, and is excused by nothing here.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.network import Network
from xlbackprop.tolerance import (
    NEAR,
    allowance,
    half_units,
    is_filled_alike,
    largest_of,
    largest_rounding,
    matches,
)
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

WHY = "right within the rounding of the givens"

# Givens with more decimals are no rounded ones.
_MOST_DECIMALS = 6
_WHOLE, _LEAST_UNIT = 0.4, 0.4 * 10.0**-_MOST_DECIMALS
# A first look, and the samples that bounds are taken from; fewer where the network is large.
_FEW, _MANY, _LEAST, _MOST_NUMBERS = 8, 200, 24, 20_000_000
_FAR = 8.0
# Of samples: where few numbers are rounded the extremes are near the bounds, else far from them.
_BOUNDED, _A_LITTLE_MORE, _DEVIATIONS = 2.3, 1.4, 4.5
# A number tells whether givens were rounded if that can put it off by so many times its own
# rounding; of a tensor's numbers that tell, so many have to be off.
_TELLS, _MANY_OFF = 4, 0.25
# How likely it is, in any tensor, that those which are not off are so by chance.
_UNLIKELY = 0.01
# Of what is off, where a slip stands beside it: worth a note.
_MOSTLY = 0.75
_MOST_EQUATIONS = 500  # of a network for which a hint is looked for
_DENSER = 3  # near the middle of what they may be off by


def excuse_rounded_givens(
    review: Review, handed_out: Mapping[str, Array], *, accepted: bool
) -> Review:
    """Return the review with what is right within the rounding of the typed givens.

    What still holds the number that was `handed_out` is no rounded one. Where `accepted`, those
    cells are right. Otherwise they are carried, and the verdict is left open, if they are all that
    is wrong, and no tensor is right that could not be if givens were rounded; else nothing changes.
    """
    halves = _halves(review, handed_out)
    if not halves or not any(_suspects(one).any() for one in review.judgements.values()):
        return review
    excused = _excused(review, halves, accepted=accepted)
    if not any(mask.any() for mask in excused.values()):
        return review if accepted else _with_a_hint(review, halves)
    judgements = {
        name: _told(judgement, excused[name], accepted=accepted) if name in excused else judgement
        for name, judgement in review.judgements.items()
    }
    count = sum(int(mask.sum()) for mask in excused.values())
    kind = NoteKind.ROUNDED_ACCEPTED if accepted else NoteKind.ROUNDED_GIVENS
    note = Note(kind, count, names=tuple(halves))
    return replace(review, judgements=judgements, notes=(note, *review.notes))


def _with_a_hint(review: Review, halves: Mapping[str, Array]) -> Review:
    """Return the review with a note where rounded givens explain most of what is off, not all."""
    judgements = review.judgements
    if len(review.judged_network.equations) > _MOST_EQUATIONS:
        return review  # each sample takes its time
    off = sum(int(_suspects(one).sum()) for one in judgements.values())
    for samples in (_FEW, _number_of_samples(review.judged_network)):
        spread = Spread(review, halves, list(judgements), samples)
        excused = {name: _within(one, spread.of(name)) for name, one in judgements.items()}
        count = sum(int(mask.sum()) for mask in excused.values())
        if count < _MOSTLY * off:
            return review
    whole = {n: one for n, one in judgements.items() if _are_all({n: one}, excused)}
    if not any(excused[name].any() for name in whole) or not _is_likely(whole, spread):
        return review
    note = Note(NoteKind.ROUNDED_GIVENS, count, names=tuple(halves))
    return replace(review, notes=(note, *review.notes))


def _told(judgement: Judgement, excused: Mask, *, accepted: bool) -> Judgement:
    if not excused.any():
        return judgement
    status = Status.RIGHT if accepted else Status.CARRIED
    statuses = np.where(excused, status, judgement.statuses).astype(np.int8)
    notes = dict(judgement.notes)
    if not accepted:
        notes |= dict.fromkeys(map(tuple, np.argwhere(excused).tolist()), WHY)
    return replace(judgement, statuses=statuses, notes=notes)


def _halves(review: Review, handed_out: Mapping[str, Array]) -> dict[str, Array]:
    """Return half a unit of the last decimal of each given that may be rounded, by entry."""
    found = {}
    for tensor in review.judged_network.inputs:
        domain = tensor.domain
        is_any = domain.labels is None and domain.keep is None and not domain.one_of
        if is_any and tensor.name in review.found:
            own = review.found[tensor.name]
            halves = _half(own) * _may_be_rounded(own, handed_out.get(tensor.name))
            if halves.any():
                found[tensor.name] = halves
    return found


def _half(found: Found) -> float:
    """Return half a unit of the last decimal that any typed number of a tensor has.

    0 where that is a whole number, or has more decimals than anybody rounds to.
    """
    typed = (found.states == State.NUMBER) & ~found.has_formula
    half = float(half_units(found.numbers[typed], least=0).min()) if typed.any() else 0.0
    return half if _LEAST_UNIT < half < _WHOLE else 0.0


def _may_be_rounded(found: Found, was: Array | None) -> Array:
    if was is None:
        return np.ones(found.numbers.shape)
    return (~matches(found.numbers, was)).astype(np.float64)


def _suspects(judgement: Judgement) -> Mask:
    """Return which cells are off, and may be for this reason: typed, or following from such."""
    has_formula = judgement.found.has_formula
    wrong = (judgement.statuses == Status.WRONG) & ~has_formula
    return np.asarray(wrong | (judgement.statuses == Status.CARRIED))


def _excused(review: Review, halves: Mapping[str, Array], *, accepted: bool) -> dict[str, Mask]:
    """Return by tensor which of the suspects are within what rounded givens can give."""
    judgements = review.judgements
    for samples in (_FEW, _number_of_samples(review.judged_network)):
        spread = Spread(review, halves, list(judgements), samples)
        excused = {name: _within(one, spread.of(name)) for name, one in judgements.items()}
        if not accepted and not _are_all(judgements, excused):
            return {}
    return excused if accepted or _is_likely(judgements, spread) else {}


def _are_all(judgements: Mapping[str, Judgement], excused: Mapping[str, Mask]) -> bool:
    """Whether nothing is wrong but what is excused."""
    return not any(
        ((one.statuses == Status.WRONG) & ~excused[name]).any() for name, one in judgements.items()
    )


def _is_likely(judgements: Mapping[str, Judgement], spread: Spread) -> bool:
    """Whether each tensor that rounded givens would put off is so, and none is left as it was.

    A slip puts off its own tensor, and what follows from it.
    """
    for name, judgement in judgements.items():
        found, expected = judgement.found, judgement.expected
        own = _own_rounding(judgement)
        tells = ~found.has_formula & np.isfinite(found.numbers) & (spread.of(name) > _TELLS * own)
        with np.errstate(invalid="ignore"):
            is_off = np.abs(found.numbers - expected) > allowance(expected) + own
        if (tells & is_off).sum() < _MANY_OFF * tells.sum():
            exact = tells & ~is_off
            by_chance = np.minimum(_DENSER * own[exact] / spread.of(name)[exact], 1)
            if np.log(by_chance).sum() < np.log(_UNLIKELY / len(judgements)):
                return False
    return True


def _number_of_samples(network: Network) -> int:
    size = sum(tensor.size for tensor in network.tensors.values())
    return int(np.clip(_MOST_NUMBERS // max(size, 1), _LEAST, _MANY))


def _within(judgement: Judgement, spread: Array) -> Mask:
    found, expected = judgement.found, judgement.expected
    if is_filled_alike(found.numbers, expected):
        return np.zeros(found.numbers.shape, dtype=np.bool_)
    spread = np.minimum(spread, NEAR * largest_of(expected))  # else any number would do
    with np.errstate(invalid="ignore"):
        off = np.abs(found.numbers - expected)
        near = off <= allowance(expected) + spread + _own_rounding(judgement)
    return np.asarray(near & _suspects(judgement))


def _own_rounding(judgement: Judgement) -> Array:
    """Return how far off each number may be for its own decimals; 0 for a formula's."""
    found = judgement.found
    most = largest_rounding(judgement.expected)
    return np.where(found.has_formula, 0.0, np.minimum(half_units(found.numbers), most))


class Spread:
    """How far off each entry of some tensors may be, from samples of the rounded givens."""

    def __init__(
        self, review: Review, halves: Mapping[str, Array], names: list[str], samples: int
    ) -> None:
        network = review.judged_network
        exact = {
            tensor.name: review.found[tensor.name].numbers
            if tensor.name in review.found
            else review.chosen[tensor.name]
            for tensor in network.inputs
        }
        truth = network.evaluate(exact)
        self._few = samples <= _FEW
        self._samples = samples
        self._most = {name: np.zeros(truth[name].shape) for name in names}
        self._squares = {name: np.zeros(truth[name].shape) for name in names}
        for number in range(samples):
            arrays = network.evaluate(exact | _drawn(exact, halves, number))
            for name in names:
                off = np.nan_to_num(np.abs(arrays[name] - truth[name]))
                self._most[name] = np.maximum(self._most[name], off)
                with np.errstate(over="ignore"):
                    self._squares[name] += off**2

    def of(self, name: str) -> Array:
        """Return what the entries of a tensor may be off by."""
        most = self._most[name]
        deviation = np.sqrt(self._squares[name] / self._samples)
        if self._few:
            return _FAR * np.maximum(most, deviation)
        is_bounded = most < _BOUNDED * deviation
        return np.where(is_bounded, _A_LITTLE_MORE * most, _DEVIATIONS * deviation)


def _drawn(
    exact: Mapping[str, Array], halves: Mapping[str, Array], number: int
) -> dict[str, Array]:
    drawn = {}
    for name, half in halves.items():
        random = np.random.default_rng([zlib.crc32(name.encode()), number])
        drawn[name] = exact[name] + half * random.uniform(-1, 1, half.shape)
    return drawn
