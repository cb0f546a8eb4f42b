"""Slips that explain a tensor throughout, or throughout one filter, channel, row or column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, prod

import numpy as np

from xlbackprop.equation import Index, Mask, Shape, Slip
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.trial import Trial
from xlbackprop.judge.diagnosis import Diagnosis, named

_MOST_PLACES = 3

# In how many ways a tensor is divided into parts, about: each is one more chance to be mistaken.
_DIVISIONS = 5

Axes = tuple[int, ...]


@dataclass(frozen=True)
class _Region:
    """The part of a tensor at one index along some of its axes; all of it along none."""

    shape: Shape
    axes: Axes
    index: Index

    def mask(self) -> Mask:
        """Return where the part is, in the tensor's shape."""
        at: list[int | slice] = [slice(None)] * len(self.shape)
        for axis, position in zip(self.axes, self.index, strict=True):
            at[axis] = position
        mask = np.zeros(self.shape, dtype=np.bool_)
        mask[tuple(at)] = True
        return mask

    def text(self, letters: Sequence[str]) -> str:
        """Return the part in words: `k = 1, c = 0`."""
        pairs = zip(self.axes, self.index, strict=True)
        return ", ".join(f"{letters[axis]} = {position}" for axis, position in pairs)


@dataclass(frozen=True)
class _Explained:
    """A region, its wrong cells, and the slips that explain them."""

    region: _Region
    wrong: Mask
    slips: tuple[Slip, ...]


def explain_regions(case: Case, tried: Sequence[Trial], left: Mask) -> Iterator[Diagnosis]:
    """Yield a diagnosis of each part of the tensor that slips explain without contradiction."""
    for divisions in _divisions(case):
        choices = [_explained(case, tried, left, axes) for axes in divisions]
        best = max(choices, key=lambda found: sum(int(one.wrong.sum()) for one in found))
        for diagnosis in _diagnoses(case, best):
            left &= ~diagnosis.where
            yield diagnosis
        if not left.any():
            return


def _divisions(case: Case) -> Iterator[list[Axes]]:
    """Yield the axes of which each index is a region by itself, those to choose from together."""
    axes = tuple(range(len(case.right.shape)))
    lead = axes[: len(case.equation.target.leading)]
    yield [()]
    if len(axes) > 1:
        yield [(axis,) for axis in axes]
    if len(lead) > 1:
        yield [lead]
    if len(axes) > 2:
        yield [axes[:-1], (*axes[:-2], axes[-1])]


def _explained(case: Case, tried: Sequence[Trial], left: Mask, axes: Axes) -> list[_Explained]:
    shape = case.right.shape
    summed = tuple(axis for axis in range(len(shape)) if axis not in axes)
    # One wrong cell in a part of a tensor is a matter of that cell, not of the part.
    enough = left.sum(axis=summed) > (1 if axes else 0)
    fitting: dict[_Region, list[Trial]] = {}
    for trial in tried:
        fits = trial.consistent.all(axis=summed) & enough
        for index in map(tuple, np.argwhere(fits).tolist()):
            region = _Region(shape, axes, index)
            places = _DIVISIONS * prod(shape[axis] for axis in axes) if axes else 1
            if trial.is_supported(region.mask(), log(places)):
                fitting.setdefault(region, []).append(trial)
    return [
        _Explained(region, left & region.mask(), preferred(trials))
        for region, trials in fitting.items()
    ]


def preferred(tried: Sequence[Trial]) -> tuple[Slip, ...]:
    """Return the slips to name: the layer's own, where any of them explains the cells."""
    first = min(trial.rank for trial in tried)
    return tuple(trial.slip for trial in tried if trial.rank is first)


def _diagnoses(case: Case, explained: list[_Explained]) -> Iterator[Diagnosis]:
    """Yield one diagnosis for all regions that the same slips explain."""
    by_names: dict[frozenset[str], list[_Explained]] = {}
    for one in explained:
        by_names.setdefault(frozenset(slip.name for slip in one.slips), []).append(one)
    for same in by_names.values():
        where = np.logical_or.reduce([one.wrong for one in same])
        yield named(same[0].slips, where, _places(case, where, same))


def _places(case: Case, where: Mask, explained: list[_Explained]) -> str:
    if not explained[0].region.axes:
        return ""
    if len(explained) > _MOST_PLACES:
        return f" in {int(where.sum())} cells"
    letters = case.equation.target.axes
    return f" in {' and in '.join(one.region.text(letters) for one in explained)}"
