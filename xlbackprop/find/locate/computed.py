"""Which cells hold the computed tensors: by their numbers, their labels and their references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Mask, Tensor
from xlbackprop.find.locate.by_numbers import placed_by_numbers
from xlbackprop.find.locate.candidates import Candidates, Readings
from xlbackprop.find.locate.captions import Captions
from xlbackprop.find.locate.inputs import InputReading
from xlbackprop.find.locate.page import Keys, Page
from xlbackprop.find.locate.references import PageReferences
from xlbackprop.network import Network
from xlbackprop.tolerance import may_be

_ENOUGH = 0.8  # evidence below this is none
_MOST_WEIGHED = 60


@dataclass(frozen=True)
class Spot:
    """A place where a computed tensor may stand, and what speaks for it."""

    tensor: Tensor
    keys: Keys
    matched: Mask  # which entries are what the equation gives
    label: float
    references: float  # from 0 to 1: how far the formulas refer to the equation's sources
    formulas: float  # the share of cells with a formula
    oddity: float
    different: int  # how many different numbers match

    @property
    def share(self) -> float:
        """The share of entries that are what the equation gives."""
        return float(self.matched.mean())

    @property
    def evidence(self) -> float:
        """How much speaks for this place, whatever else there is."""
        numbers = self.share * min(self.different, 4) / 4 if self.share >= 0.5 else 0.0
        plain = 0.25 if self.oddity < 1 else 0.0
        return numbers + 0.5 * max(0.0, self.label) + 0.5 * self.references + plain

    @property
    def rank(self) -> float:
        """What places are ordered by: numbers count most."""
        numbers = 2.5 * self.share * min(self.different, 4) / 4 if self.share >= 0.5 else 0.0
        copy = 0.2 if self.tensor.kind in (Kind.LINK, Kind.HELPER) else 0.0
        return (
            numbers + 0.5 * self.label + 0.6 * self.references + 0.3 * self.formulas
            - 0.08 * self.oddity - copy
        )  # fmt: skip


@dataclass
class Located:
    """What was made of a page: the tensors' spots, and all spots that were thought of."""

    inputs: InputReading
    spots: dict[str, Spot] = field(default_factory=dict)
    considered: dict[str, list[Spot]] = field(default_factory=dict)
    counted: dict[str, Array] = field(default_factory=dict)


class ComputedSearch:
    """The search for the computed tensors, once the givens and parameters are known."""

    def __init__(
        self,
        network: Network,
        page: Page,
        references: PageReferences,
        readings: Readings,
        captions: Captions,
    ) -> None:
        self._network, self._page, self._references = network, page, references
        self._readings, self._captions = readings, captions

    def run(self, inputs: InputReading) -> Located:
        """Return where the computed tensors stand: each cell is one tensor's at most."""
        located = Located(inputs, counted={n: inputs.arrays[n] for n in self._given(inputs)})
        for equation in self._network.equations:
            if all(source.name in located.counted for source in equation.sources.values()):
                self._consider(equation, located)
        located.spots = self._assigned(located)
        return located

    def _given(self, inputs: InputReading) -> list[str]:
        return [t.name for t in self._network.inputs if t.name in inputs.arrays]

    def _consider(self, equation: Equation, located: Located) -> None:
        name = equation.target.name
        true, own = located.inputs.arrays[name], equation.evaluate(located.counted)
        spots = self._spots(equation, (true, own), located)
        located.considered[name] = spots
        located.counted[name] = own
        if spots and spots[0].share >= 0.5 and spots[0].different > 1:
            on_page = self._page.numbers_at(spots[0].keys)
            located.counted[name] = np.where(np.isfinite(on_page), on_page, own)

    def _spots(
        self, equation: Equation, expected: tuple[Array, ...], located: Located
    ) -> list[Spot]:
        tensor = equation.target
        candidates = self._readings.of(tensor.shape)
        matched = _matched(candidates, expected)
        if not len(candidates) or matched.mean(axis=1).max() < 1:
            placed = [one for array in expected for one in placed_by_numbers(self._page, array)]
            candidates = self._with(candidates, placed, tensor)
            matched = _matched(candidates, expected)
        if not len(candidates):
            return []
        sources = self._source_cells(equation, located)
        taken = _cells(located.inputs.keys)
        spots = [
            self._spot(tensor, candidates, n, matched[n], sources)
            for n in self._worth_weighing(tensor, candidates, matched)
            if not np.isin(candidates.keys[n], taken).any()
        ]
        return sorted(spots, key=lambda spot: -spot.rank)

    def _with(
        self, candidates: Candidates, placed: list[tuple[Keys, float]], tensor: Tensor
    ) -> Candidates:
        if not placed:
            return candidates
        keys = np.concatenate([candidates.keys, [one for one, _ in placed]])
        oddities = np.append(candidates.oddities, [oddity for _, oddity in placed])
        _, first = np.unique(keys.reshape(len(keys), -1), axis=0, return_index=True)
        order = np.sort(first)
        return self._readings.read(keys[order].reshape(-1, *tensor.shape), oddities[order])

    def _worth_weighing(self, tensor: Tensor, candidates: Candidates, matched: Mask) -> list[int]:
        shares = matched.mean(axis=1)
        by_numbers = np.lexsort((candidates.oddities, -shares))[:_MOST_WEIGHED].tolist()
        plain = np.flatnonzero(candidates.oddities < 1.5)[:_MOST_WEIGHED].tolist()
        labelled = [n for n in plain if self._captions.fit(candidates.keys[n], tensor) > 0]
        return list(dict.fromkeys([*(n for n in by_numbers if shares[n] > 0), *labelled]))

    def _spot(
        self, tensor: Tensor, candidates: Candidates, n: int, matched: Mask, sources: list[Keys]
    ) -> Spot:
        keys, numbers = candidates.keys[n], candidates.numbers[n]
        return Spot(
            tensor,
            keys,
            matched.reshape(tensor.shape),
            self._captions.fit(keys, tensor),
            self._refers(keys, sources),
            float(self._page.formulas_at(keys).mean()),
            float(candidates.oddities[n]),
            len(np.unique(np.round(numbers[matched], 9))),
        )

    def _refers(self, keys: Keys, sources: list[Keys]) -> float:
        """Return how far formulas refer to the sources, to all of them and to nothing else."""
        used = self._references.from_cells(keys)
        if not used.size or not sources:
            return 0.0
        touched = [bool(np.isin(source, used).any()) for source in sources]
        inside = np.isin(used, np.concatenate(sources)).mean()
        return float(inside * np.mean(touched))

    def _source_cells(self, equation: Equation, located: Located) -> list[Keys]:
        """Return the cells of each source; of one that is not on the page, its own sources'."""
        cells = []
        for source in equation.sources.values():
            if source.name in located.inputs.keys:
                cells.append(located.inputs.keys[source.name].ravel())
            elif self._is_on_page(located.considered.get(source.name)):
                cells.append(located.considered[source.name][0].keys.ravel())
            elif source.name in self._network.equation_of:
                cells += self._source_cells(self._network.equation_of[source.name], located)
        return cells

    def _is_on_page(self, spots: list[Spot] | None) -> bool:
        return bool(spots) and spots is not None and spots[0].evidence >= _ENOUGH

    def _assigned(self, located: Located) -> dict[str, Spot]:
        taken = set(_cells(located.inputs.keys).tolist())
        found: dict[str, Spot] = {}
        spots = [spot for own in located.considered.values() for spot in own]
        for spot in sorted(spots, key=lambda one: -one.rank):
            cells = spot.keys.ravel().tolist()
            wanted = spot.tensor.name not in found and spot.evidence >= _ENOUGH
            if wanted and taken.isdisjoint(cells):
                found[spot.tensor.name] = spot
                taken.update(cells)
        return found


def _matched(candidates: Candidates, expected: tuple[Array, ...]) -> Mask:
    matched = [may_be(candidates.numbers, one.ravel(), candidates.tolerances) for one in expected]
    return np.asarray(np.any(matched, axis=0))


def _cells(keys: Mapping[str, Keys]) -> Keys:
    flat = [own.ravel() for own in keys.values()]
    return np.concatenate(flat) if flat else np.empty(0, dtype=np.int64)
