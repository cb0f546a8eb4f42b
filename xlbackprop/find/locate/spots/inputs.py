"""Which cells hold the givens and parameters: those from which the page's own numbers follow.

Layer by layer, the likeliest readings of a layer's givens and parameters are tried together: what
is computed from them is looked for among the page's numbers. A number of best joint readings is
kept, because what tells them apart may only come later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import prod

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Tensor
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.candidates import Candidates, Readings
from xlbackprop.find.locate.page.page import Keys, Page, is_compact
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.spots.choices import (
    Choice,
    are_apart,
    classes_of_ones,
    has_room,
    is_one_hot_of,
)
from xlbackprop.find.locate.steps.told import Told
from xlbackprop.network import Network
from xlbackprop.tolerance import may_be

_KEPT, _PER_TENSOR = 40, 36
_MOST_TRIED, _MOST_COMPUTED = 2_500, 2_000_000
_MOST_COMBINED = 400_000
_ENOUGH = 6.0
_AFTERWARDS = 240
_ABSENT = -0.7
_PARTLY = 0.5
_UPDATED = {Kind.PARAMETER: 4.0, Kind.GIVEN: -4.0}  # what the page's own updates change
_LOSS, _OF_LOSS = "loss", 4.0  # what L's own formula takes
_NAMED = 8.0  # so much a plain label counts against a few numbers that happen to fit elsewhere


@dataclass(frozen=True)
class InputReading:
    """Where givens and parameters stand, and the numbers of all that follows from them."""

    keys: Mapping[str, Keys] = field(default_factory=dict)  # of those that stand on the page
    arrays: Mapping[str, Array] = field(default_factory=dict)
    counted: Mapping[str, Array] = field(default_factory=dict)  # the same, from the page's numbers
    score: float = 0.0  # how much of what follows is on the page
    prior: float = 0.0  # how well labels and shapes fit

    @property
    def rank(self) -> float:
        """What readings are ordered by."""
        return self.score + 0.5 * self.prior

    @cached_property
    def cells(self) -> frozenset[int]:
        """The keys of all cells that are taken for a given or a parameter."""
        return frozenset(key for keys in self.keys.values() for key in keys.ravel().tolist())


class InputSearch:
    """The search for a network's givens and parameters on a page."""

    def __init__(
        self,
        network: Network,
        page: Page,
        references: PageReferences,
        readings: Readings,
        captions: Captions,
        fixed: Mapping[str, Array],
        told: Told,
    ) -> None:
        self._network, self._page, self._references = network, page, references
        self._readings, self._captions, self._fixed = readings, captions, fixed
        self._told = told

    def run(self) -> list[InputReading]:
        """Return the best joint readings, the best first."""
        beam = [InputReading()]
        for inputs, equations in self._stages():
            beam = self._extended(beam, inputs, equations)
        return [self._with_cells_of_fixed(beam[0]), *beam[1:]]

    def _with_cells_of_fixed(self, reading: InputReading) -> InputReading:
        """Return the reading with the places where the spec's own numbers stand, if they do."""
        keys = dict(reading.keys)
        for tensor in self._network.inputs:
            if tensor.name in keys or tensor.name not in reading.arrays:
                continue
            taken = np.concatenate([[], *(own.ravel() for own in keys.values())])
            for choice in self._choices(tensor, reading):
                fits = np.allclose(choice.array, reading.arrays[tensor.name], rtol=1e-9)
                if choice.keys is not None and fits and not np.isin(choice.keys, taken).any():
                    keys[tensor.name] = choice.keys
                    break
        return replace(reading, keys=keys)

    def candidates(self, tensor: Tensor) -> Candidates:
        """Return the readings of a given or parameter; filters may be turned."""
        if tensor.name in self._told.placed:
            return self._readings.read(self._told.placed[tensor.name][None], np.zeros(1))
        turned = tensor.kind is Kind.PARAMETER and len(tensor.shape) == 4
        typed = self._readings.of(tensor.shape, typed=True, turned=turned)
        return typed if len(typed) else self._readings.of(tensor.shape, turned=turned)

    def priors(self, tensor: Tensor, candidates: Candidates) -> Array:
        """Return how well each reading fits by labels, arrangement, and the formulas' use of it."""
        flat = candidates.keys.reshape(len(candidates), tensor.size)
        typed = 1.0 - self._page.formulas_at(flat).mean(axis=1)
        used = self._references.are_used(flat).mean(axis=1) if self._references.used.size else 0.0
        whole = np.isfinite(candidates.numbers).all(axis=1)
        allowed = tensor.domain.allows(candidates.numbers).all(axis=1)
        fits = self._captions.fits(candidates.keys, tensor)
        is_rate = partial(self._told.is_rate, tensor)
        named = [self._is_named(keys, tensor) or is_rate(keys) for keys in candidates.keys]
        scores = 2.0 * fits + typed + used + _NAMED * np.array(named) - 0.3 * candidates.oddities
        scores += self._told.updated(flat) * _UPDATED.get(tensor.kind, 0.0)
        if tensor.layer == _LOSS:
            of_loss = self._references.from_cells(np.array(self._told.losses, dtype=np.int64))
            scores += _OF_LOSS * np.isin(flat, of_loss).mean(axis=1)
        return np.where(whole & allowed, scores, -np.inf)

    def _is_named(self, keys: Keys, tensor: Tensor) -> bool:
        """Return whether a label plainly names the tensor, and nothing stands between its cells."""
        return is_compact(keys) and self._captions.head(keys, tensor)

    def _stages(self) -> list[tuple[list[Tensor], list[Equation]]]:
        """Return the inputs that are needed one after the other, and what follows from each."""
        inputs = {tensor.name: tensor for tensor in self._network.inputs}
        stages: list[tuple[list[Tensor], list[Equation]]] = []
        known: set[str] = set()
        waiting = list(self._network.equations)
        while waiting:
            needed = {t.name for t in waiting[0].sources.values() if t.name in inputs} - known
            known |= needed
            following: list[Equation] = []
            rest: list[Equation] = []
            for equation in waiting:
                computable = all(source.name in known for source in equation.sources.values())
                if computable:
                    known.add(equation.target.name)
                (following if computable else rest).append(equation)
            stages.append(([inputs[name] for name in sorted(needed)], following))
            waiting = rest
        return stages

    def _extended(
        self, beam: list[InputReading], inputs: list[Tensor], equations: list[Equation]
    ) -> list[InputReading]:
        choices = [self._choices(tensor, beam[0]) for tensor in inputs]
        if not all(choices):
            return beam  # what cannot be found: nothing follows from it
        targets = self._targets(equations)
        size = sum(equation.target.size for equation in equations) + 1
        most = max(60, min(_MOST_TRIED, _MOST_COMPUTED // size))
        found: list[InputReading] = []
        last = most
        for number, (before, chosen) in enumerate(_combinations(beam, choices, most)):
            if number > last:
                break
            if not are_apart(before.cells, chosen):
                continue
            reading, complete = self._tried(before, chosen, equations, targets)
            found.append(reading)
            if complete:  # a few more: another order of the axes may only fail later
                last = min(last, number + _AFTERWARDS)
        # An input that is nowhere on the page takes no cells from a reading that has all of them.
        found += [one for one in beam if not all(has_room(one.cells, own) for own in choices)]
        found.sort(key=lambda reading: -reading.rank)
        return found[:_KEPT] or beam

    def _choices(self, tensor: Tensor, before: InputReading) -> list[Choice]:
        """Return the likeliest places, of all and of those apart from what was read before."""
        candidates = self.candidates(tensor)
        priors = self.priors(tensor, candidates)
        order = np.argsort(-priors, kind="stable")[: np.isfinite(priors).sum()].tolist()
        free = [n for n in order if before.cells.isdisjoint(candidates.keys[n].ravel().tolist())]
        best = dict.fromkeys([*order[:_PER_TENSOR], *free[:_PER_TENSOR]])
        choices = [
            Choice(
                tensor,
                candidates.keys[n],
                candidates.numbers[n].reshape(tensor.shape),
                float(priors[n]),
            )
            for n in best
        ]
        choices += self._classes_of_ones(tensor)
        if tensor.name in self._fixed:
            choices.append(Choice(tensor, None, self._fixed[tensor.name], _ABSENT))
        return choices

    def _classes_of_ones(self, tensor: Tensor) -> list[Choice]:
        """Return the classes that typed ones and zeros say, where the classes are wanted."""
        equations = self._network.equations
        ones = next((e.target for e in equations if is_one_hot_of(e, tensor)), None)
        if ones is None:
            return []
        candidates = self._readings.of(ones.shape, typed=True)
        named = np.array([self._captions.head(keys, tensor) for keys in candidates.keys])
        # A label of the target names all of the column, and not its first cell.
        priors = self.priors(ones, candidates) + 1.5 * _NAMED * named
        return classes_of_ones(tensor, ones, candidates, priors)

    def _targets(self, equations: list[Equation]) -> dict[str, Candidates]:
        found = {one.target.name: self._readings.of(one.target.shape) for one in equations}
        return {name: candidates for name, candidates in found.items() if len(candidates)}

    def _tried(
        self,
        before: InputReading,
        chosen: tuple[Choice, ...],
        equations: list[Equation],
        targets: Mapping[str, Candidates],
    ) -> tuple[InputReading, bool]:
        own = {choice.tensor.name: choice.array for choice in chosen}
        arrays, counted = {**before.arrays, **own}, {**before.counted, **own}
        score, most = 0.0, 0.0
        keys = {c.name: c.keys for c in chosen if c.keys is not None}
        for equation in equations:
            if any(source.name not in arrays for source in equation.sources.values()):
                continue
            name = equation.target.name
            arrays[name] = true = equation.evaluate(arrays)
            same = all(arrays[t.name] is counted[t.name] for t in equation.sources.values())
            counted[name] = true if same else equation.evaluate(counted)
            if name in targets and equation.target.kind is not Kind.LINK:
                own_cells = [*keys.values(), *before.keys.values()]
                share, weight, on_page = _share_of(true, counted[name], targets[name], own_cells)
                score += weight * max(0.0, 2 * share - 1)
                most += weight if share > 0.5 else 0.0
                if _PARTLY <= share < 1 and weight > 1:
                    counted[name] = np.where(np.isfinite(on_page), on_page, counted[name])
        reading = InputReading(
            {**before.keys, **keys},
            arrays,
            counted,
            before.score + score,
            before.prior + sum(choice.prior for choice in chosen),
        )
        return reading, most >= _ENOUGH and score >= 0.999 * most


def _combinations(
    beam: list[InputReading], choices: list[list[Choice]], most: int
) -> Iterator[tuple[InputReading, tuple[Choice, ...]]]:
    """Yield what may be read together, the most that are likeliest, the likeliest first."""
    sizes = (len(beam), *map(len, choices))
    numbers = np.unravel_index(np.arange(min(prod(sizes), _MOST_COMBINED)), sizes)
    ranks = -np.array([one.rank for one in beam])[numbers[0]]
    priors = [np.array([one.prior for one in own]) for own in choices]
    likely = sum((own[at] for own, at in zip(priors, numbers[1:], strict=True)), np.zeros(1))
    for n in np.argsort(ranks - 0.5 * likely, kind="stable")[:most].tolist():
        rest = zip(choices, numbers[1:], strict=True)
        yield beam[numbers[0][n]], tuple(own[at[n]] for own, at in rest)


def _share_of(
    true: Array, counted: Array, candidates: Candidates, apart_from: list[Keys]
) -> tuple[float, float, Array]:
    """Return the largest share of expected numbers a reading has, its worth, and its numbers.

    Cells of the inputs themselves are no evidence that they are the inputs.
    """
    fits = may_be(candidates.numbers, true.ravel(), candidates.tolerances)
    if counted is not true:
        fits |= may_be(candidates.numbers, counted.ravel(), candidates.tolerances)
    shares = fits.mean(axis=1)
    best = int(np.argmax(shares))
    if apart_from and shares[best] > _PARTLY:
        best = _best_apart(shares, candidates.keys, apart_from)
    on_page = candidates.numbers[best]
    if shares[best] < _PARTLY:  # then nobody asks what it is worth
        return float(shares[best]), 0.0, on_page.reshape(true.shape)
    # Of numbers that are rounded to zeros, one is no more evidence than all.
    different = min(len(np.unique(np.round(one, 9))) for one in (true, on_page))
    worth = float(min(different, 30) - 0.8)
    return float(shares[best]), worth, on_page.reshape(true.shape)


def _best_apart(shares: Array, readings: Keys, apart_from: list[Keys]) -> int:
    """Return the number of the best reading that is apart from some cells or has hardly a share."""
    order = np.argsort(-shares, kind="stable")
    high = order[shares[order] > _PARTLY]
    taken = np.concatenate([own.ravel() for own in apart_from])
    free = ~np.isin(readings[high].reshape(len(high), readings[0].size), taken).any(axis=1)
    place = int(np.argmax(free)) if free.any() else min(len(high), len(order) - 1)
    return int(order[place])
