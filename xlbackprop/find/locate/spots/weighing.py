"""What speaks for a place where a computed tensor may stand: its numbers, labels and references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Mask, Role, Tensor
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.candidates import Candidates, Readings
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.spots.spots import ENOUGH, Located, Spot
from xlbackprop.network import Network
from xlbackprop.tolerance import may_be


@dataclass(frozen=True)
class Source:
    """The cells of what a tensor is made from; `earlier` gives what this is made from in turn.

    `is_passed` says that a formula may as well refer to that.
    """

    cells: Keys
    earlier: Callable[[], list[Source]] = list
    is_passed: bool = False

    @property
    def with_earlier(self) -> Keys:
        """All cells to which a formula may refer instead of this source's."""
        earlier = self.earlier() if self.is_passed else []
        return np.concatenate([self.cells, *(source.with_earlier for source in earlier)])


class Weighing:
    """Makes spots of readings of a page."""

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

    def spot(
        self,
        tensor: Tensor,
        candidates: Candidates,
        n: int,
        matched: Mask,
        label: float,
        sources: list[Source],
    ) -> Spot:
        """Return what speaks for one of the readings of a tensor."""
        keys, numbers = candidates.keys[n], candidates.numbers[n]
        return Spot(
            tensor,
            keys,
            matched.reshape(tensor.shape),
            label,
            self._captions.name(keys, tensor),
            self._refers(keys, sources),
            float(self._page.formulas_at(keys).mean()),
            float((self._page.find(keys) < 0).mean()),
            float(candidates.oddities[n]),
            len(np.unique(np.round(numbers[matched], 9))),
            is_loose=self._references.are_loose(keys),
        )

    def spot_at(self, located: Located, tensor: Tensor, keys: Keys) -> Spot:
        """Return what speaks for a tensor in some cells."""
        equation = self._network.equation_of[tensor.name]
        expected = (located.inputs.arrays[tensor.name], equation.evaluate(located.counted))
        candidates = self._readings.read(keys[None], np.zeros(1))
        matched, label = matching(candidates, expected)[0], self._captions.fit(keys, tensor)
        sources = self.source_cells(equation, located)
        return self.spot(tensor, candidates, 0, matched, label, sources)

    def source_cells(self, equation: Equation, located: Located) -> list[Source]:
        """Return the cells of each source; of one that is not on the page, its own sources'.

        Where it is a copy or a step between, a formula may as well refer to what it is made from.
        """
        return list(self._sources_by_name(equation, located, {}).values())

    def _sources_by_name(
        self, equation: Equation, located: Located, known: dict[str, Source | None]
    ) -> dict[str, Source]:
        """Return the sources by name, each once, by however many ways it leads to the tensor."""
        for source in equation.sources.values():
            if source.name in known:
                continue
            own = self._network.equation_of.get(source.name)
            known[source.name] = None
            if source.name in located.inputs.keys:
                known[source.name] = Source(located.inputs.keys[source.name].ravel())
            elif _is_on_page(located.considered.get(source.name)):
                place = located.considered[source.name][0].keys.ravel()
                passed = source.kind is Kind.LINK or source.role is Role.INNER
                earlier = partial(self.source_cells, own, located) if own else list
                known[source.name] = Source(place, earlier, is_passed=passed)
            elif own is not None:
                self._sources_by_name(own, located, known)
        return {name: source for name, source in known.items() if source is not None}

    def _refers(self, keys: Keys, sources: list[Source]) -> float:
        """Return how far formulas refer to the sources, to all of them and to nothing else."""
        used = self._references.from_cells(keys)
        if not used.size or not sources:
            return 0.0
        cells = self._apart_from(keys, used, sources)
        touched = [_meet(one, used) for one in cells]
        inside = np.isin(used, np.concatenate(cells)).mean()
        return float(inside * np.mean(touched))

    def _apart_from(self, keys: Keys, used: Keys, sources: list[Source]) -> list[Keys]:
        """Return the sources' cells, for a tensor that stands in some cells itself and uses some.

        A source that seems to stand in those same cells, or to be made from them, is not on the
        page, and its own sources are meant, if the formulas use what else the tensor is made from.
        """
        cells = [source.with_earlier for source in sources]
        is_none = [self._is_made_from(keys, source) for source in sources]
        others = [own for own, none in zip(cells, is_none, strict=True) if not none]
        if not any(_meet(own, used) for own in others):
            return cells
        return [
            one
            for source, own, none in zip(sources, cells, is_none, strict=True)
            for one in (self._before(keys, source) if none else [own])
        ]

    def _before(self, keys: Keys, source: Source) -> list[Keys]:
        """Return the cells of what comes before a source and is not made from some cells."""
        earlier = source.earlier() if self._is_made_from(keys, source) else []
        if not earlier:
            return [source.with_earlier]
        return [cells for one in earlier for cells in self._before(keys, one)]

    def _is_made_from(self, keys: Keys, source: Source) -> bool:
        used = self._references.from_cells(source.cells)
        return _meet(keys, source.cells) or _meet(keys, used)


def matching(candidates: Candidates, expected: tuple[Array, ...]) -> Mask:
    """Return which numbers of the readings are any of those that are expected."""
    matched = [may_be(candidates.numbers, one.ravel(), candidates.tolerances) for one in expected]
    return np.asarray(np.any(matched, axis=0))


def _meet(some: Keys, others: Keys) -> bool:
    """Return whether any cell is one of both; of the few cells of a tensor, sets tell soonest."""
    return not set(some.ravel().tolist()).isdisjoint(others.ravel().tolist())


def _is_on_page(spots: list[Spot] | None) -> bool:
    return bool(spots) and spots is not None and spots[0].evidence >= ENOUGH
