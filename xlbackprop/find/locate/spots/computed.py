"""Which cells hold the computed tensors: by their numbers, their labels and their references."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Mask, Role, Tensor
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.candidates import Candidates, Readings
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.spots.by_numbers import placed_by_numbers
from xlbackprop.find.locate.spots.claims import Claims, is_claim
from xlbackprop.find.locate.spots.disputes import Disputes
from xlbackprop.find.locate.spots.followed import Followed
from xlbackprop.find.locate.spots.inputs import InputReading
from xlbackprop.find.locate.spots.repeated import Repeated
from xlbackprop.find.locate.spots.spots import ENOUGH, Located, Spot, uncontradicted
from xlbackprop.find.locate.spots.unexplained import say_unexplained
from xlbackprop.find.locate.spots.weighing import Weighing, matching
from xlbackprop.find.locate.steps.told import Told
from xlbackprop.network import Network

_MOST_WEIGHED, _MOST_LABELS_READ = 60, 200
_NEARLY_ALL = 0.9
_OF_UNITS = {Role.OUTPUT_GRADIENT, Role.INPUT_GRADIENT}
_OTHER_ORDER = (
    "its numbers fit only with rows and columns, or blocks, exchanged against the page's other"
    " tensors: if that is meant, say so in a map"
)


class ComputedSearch:
    """The search for the computed tensors, once the givens and parameters are known."""

    def __init__(
        self,
        network: Network,
        page: Page,
        references: PageReferences,
        readings: Readings,
        captions: Captions,
        told: Told,
    ) -> None:
        self._network, self._page, self._references = network, page, references
        self._readings, self._captions, self._told = readings, captions, told
        self._weighing = Weighing(network, page, references, readings, captions)
        self._followed = Followed(network, page, readings)

    def run(self, inputs: InputReading) -> Located:
        """Return where the computed tensors stand: each cell is one tensor's at most."""
        located = Located(inputs, counted={n: inputs.arrays[n] for n in self._given(inputs)})
        for equation in self._network.equations:
            if all(source.name in located.counted for source in equation.sources.values()):
                self._consider(equation, located)
        disputes = Disputes(self._network, inputs.keys)
        self._consider_told(located, disputes)
        located.spots = self._undisputed(located, disputes)
        Claims(self._network, self._page, self._captions, disputes).settle(located)
        repeated = Repeated(self._network, self._page, self._references, self._captions)
        repeated.settle(located, disputes, partial(self._weighing.spot_at, located))
        say_unexplained(self._network, self._page, self._readings, self._captions, located)
        return located

    def _undisputed(self, located: Located, disputes: Disputes) -> dict[str, Spot]:
        """Return the best spots in an order in which a reader of the page would read them.

        What fits by its formulas in another order is not judged: it may be meant so. Numbers that
        were typed are judged in the order in which they stand.
        """
        first = self._assigned(located, located.considered)
        keys = {name: spot.keys for name, spot in first.items()}

        def is_disputed(spot: Spot) -> bool:
            return not spot.is_said and disputes.is_disputed(spot.tensor, spot.keys, keys)

        fitting = [one for one in first.values() if one.share >= _NEARLY_ALL and is_disputed(one)]
        located.exchanged = {one.tensor.name: one for one in fitting if one.formulas > 0.5}
        located.unsettled = dict.fromkeys(located.exchanged, _OTHER_ORDER)
        kept = {
            name: [spot for spot in spots if not is_disputed(spot)]
            for name, spots in located.considered.items()
            if name not in located.unsettled
        }
        return self._assigned(located, kept)

    def _given(self, inputs: InputReading) -> list[str]:
        return [t.name for t in self._network.inputs if t.name in inputs.arrays]

    def _consider(self, equation: Equation, located: Located) -> None:
        name = equation.target.name
        true, own = located.inputs.arrays[name], equation.evaluate(located.counted)
        as_deltas = self._told.are_deltas and equation.target.role in _OF_UNITS
        spots = self._spots(equation, (true, own, -true) if as_deltas else (true, own), located)
        located.considered[name] = spots
        located.counted[name] = own
        place = next((spot for spot in spots if spot.is_counted_with), None)
        if place is None and (followed := self._followed.spot(equation, spots, located)):
            place = replace(followed, is_followed=True)
            located.considered[name] = [place, *(one for one in spots if one is not followed)]
        if place is not None:
            on_page = self._page.numbers_at(place.keys)
            located.counted[name] = np.where(np.isfinite(on_page), on_page, own)

    def _consider_told(self, located: Located, disputes: Disputes) -> None:
        """Put first where the page's own derivatives say that tensors stand."""
        forward = {
            name: spots
            for name, spots in located.considered.items()
            if self._network.tensors[name].kind is Kind.FORWARD
        }
        placed = {name: spot.keys for name, spot in self._assigned(located, forward).items()}
        placed |= located.inputs.keys
        for name, spots in located.considered.items():
            tensor = self._network.tensors[name]
            partner = placed.get(disputes.partner(tensor, placed) or "")
            keys = self._told.places_of(tensor, partner, self._page)
            if tensor.kind is Kind.LINK:  # a copy does not stand where another gradient is
                kept = [one for one in spots if not self._told.claim_another(one.keys, keys)]
                located.considered[name] = kept
            elif keys is None and partner is not None and tensor.kind is Kind.BACKWARD:
                located.considered[name] = [
                    one
                    for one in spots
                    if one.share == 1 or not self._told.are_of_others(one.keys, partner)
                ]
            elif keys is not None and (self._page.find(keys) >= 0).all():
                is_usual = not disputes.is_disputed(tensor, keys, placed)
                located.considered[name] = self._with_told(
                    tensor, keys, spots, located, is_usual=is_usual
                )

    def _with_told(
        self, tensor: Tensor, keys: Keys, spots: list[Spot], located: Located, *, is_usual: bool
    ) -> list[Spot]:
        """Return a tensor's spots with the one that the derivatives tell of marked, or added.

        It is no place of its own where others fit and it lies as no block does: among gradients
        that are zeros, one is as good as another. But in a usual order, what updates or labels say
        goes before what fits.
        """
        is_said = set(keys.ravel().tolist()) <= self._told.said
        same = [spot for spot in spots if np.array_equal(spot.keys, keys)]
        if not same and ((is_said and is_usual) or not any(one.share == 1 for one in spots)):
            same = [self._weighing.spot_at(located, tensor, keys)]
        told = [replace(one, is_told=True, is_said=is_said) for one in same[:1]]
        others = [spot for spot in spots if not np.array_equal(spot.keys, keys)]
        repeat = [self._references.do_repeat(spot.keys, keys) for spot in others]
        return [*told, *map(_as_told, others, repeat)]

    def _spots(
        self, equation: Equation, expected: tuple[Array, ...], located: Located
    ) -> list[Spot]:
        tensor = equation.target
        candidates = self._readings.of(tensor.shape)
        matched = matching(candidates, expected)
        if not len(candidates) or matched.mean(axis=1).max() < 1:
            placed = [one for array in expected for one in placed_by_numbers(self._page, array)]
            candidates = self._with(candidates, placed, tensor)
            matched = matching(candidates, expected)
        if not len(candidates):
            return []
        worth = np.array(self._worth_weighing(tensor, candidates, matched), dtype=np.int64)
        own = candidates.keys[worth].reshape(len(worth), tensor.size)
        is_free = ~np.isin(own, _cells(located.inputs.keys)).any(axis=1)
        if tensor.kind in (Kind.FORWARD, Kind.BACKWARD, Kind.UPDATE):
            # What no label names is sooner a part of what fits throughout than an input; but not
            # than an input that it is computed from.
            of = {source.name for source in equation.sources.values()}
            kept = _cells(self._named(located.inputs, of))
            fits = matched[worth].mean(axis=1) >= _NEARLY_ALL
            is_free |= fits & ~np.isin(own, kept).any(axis=1)
        worth, sources = worth[is_free], self._weighing.source_cells(equation, located)
        labels = self._captions.fits(candidates.keys[worth], tensor)
        spots = [
            self._weighing.spot(tensor, candidates, n, matched[n], label, sources)
            for n, label in zip(worth.tolist(), labels.tolist(), strict=True)
        ]
        return sorted(spots, key=lambda spot: -spot.rank)

    def _named(self, inputs: InputReading, also: Collection[str] = ()) -> dict[str, Keys]:
        """Return the places of the inputs beside which a label says so, and of some others."""
        tensors = self._network.tensors
        return {
            name: keys
            for name, keys in inputs.keys.items()
            if name in also or self._captions.fit(keys, tensors[name]) > 0
        }

    def _undoubted(self, located: Located) -> dict[str, Keys]:
        """Return the places of the inputs but those on which something computed fits throughout."""
        named = self._named(located.inputs)
        spots = [spot for own in located.considered.values() for spot in own]
        fitting = _cells({f"{n}": one.keys for n, one in enumerate(spots) if one.fits})
        return {
            name: keys
            for name, keys in located.inputs.keys.items()
            if name in named or not np.isin(keys, fitting).any()
        }

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
        return list(
            dict.fromkeys(
                [
                    *(n for n in by_numbers if shares[n] > 0),
                    *self._labelled(tensor, candidates),
                    *self._referring(candidates),
                ]
            )
        )

    def _labelled(self, tensor: Tensor, candidates: Candidates) -> list[int]:
        """Return the readings beside labels that fit, the best labelled and plainest first."""
        fits = self._captions.fits(candidates.keys[:_MOST_LABELS_READ], tensor).tolist()
        order = sorted(range(len(fits)), key=lambda n: candidates.oddities[n] - 5 * fits[n])
        return [n for n in order[:_MOST_WEIGHED] if fits[n] > 0]

    def _referring(self, candidates: Candidates) -> list[int]:
        """Return the plain readings of cells that all have a formula."""
        plain = np.flatnonzero(candidates.oddities < 1)[:_MOST_LABELS_READ]
        have = [n for n in plain.tolist() if self._page.formulas_at(candidates.keys[n]).all()]
        return have[:_MOST_WEIGHED]

    def _assigned(
        self, located: Located, considered: Mapping[str, Collection[Spot]]
    ) -> dict[str, Spot]:
        taken = set(_cells(self._undoubted(located)).tolist())
        found: dict[str, Spot] = {}
        spots = uncontradicted(spot for own in considered.values() for spot in own)
        # A copy that no label names has only what nothing else takes: its numbers fit there, too.
        for spot in sorted(spots, key=lambda one: (one.is_nameless_copy, -one.rank)):
            cells = spot.keys.ravel().tolist()
            wanted = spot.tensor.name not in found and spot.evidence >= ENOUGH
            speaks = (spot.fits or is_claim(spot)) and not spot.is_idle_copy
            if wanted and speaks and taken.isdisjoint(cells):
                found[spot.tensor.name] = spot
                taken.update(cells)
        return found


def _as_told(spot: Spot, is_told: bool) -> Spot:
    return replace(spot, is_told=True) if is_told else spot


def _cells(keys: Mapping[str, Keys]) -> Keys:
    flat = [own.ravel() for own in keys.values()]
    return np.concatenate(flat) if flat else np.empty(0, dtype=np.int64)
