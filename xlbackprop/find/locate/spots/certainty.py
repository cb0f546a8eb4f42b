"""How sure a place is: `sure` only where the numbers fit there and nowhere else.

A reading that swaps axes or channels in all tensors alike satisfies the same equations, and gives
each cell the same verdict; the page's reading order decides between those. Every other reading
that fits as well is a rival, and where there is one nothing is sure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.find.locate.page.candidates import Candidates
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.spots.inputs import InputSearch
from xlbackprop.find.locate.spots.spots import Located, Spot
from xlbackprop.network import Network
from xlbackprop.tolerance import may_be

NOTHING_FITS = "nothing on the page that is computed from it fits"
ANOTHER_PLACE = "another place fits as well"
_MOSTLY, _PARTLY = 0.9, 0.5
_DIFFERENT = 4
_MOST_ENTRIES = 400


def doubt_of_computed(spot: Spot, located: Located, doubts: Collection[str]) -> str:
    """Return why a computed tensor's place is not sure, or an empty text where it is.

    `doubts` are those of all givens and parameters, empty texts for those that are sure.
    """
    if spot.label <= 0 and (ANOTHER_PLACE in doubts or all(doubts)):
        return "what it is computed from may stand elsewhere"
    if spot.share < _MOSTLY:
        return spot.fitting
    few = spot.different < _DIFFERENT and not (spot.is_told and spot.matched.all())
    supports = (spot.label > 0, spot.references >= _MOSTLY)
    if few and not (all(supports) or (not any(doubts) and any(supports))):
        return "few numbers, which may fit by chance"
    if few and not spot.matched.all():
        return "few numbers, not all of which fit"
    rivals = [one for one in located.considered[spot.tensor.name] if _rivals(one, spot)]
    if rivals and not spot.is_told:
        return "its numbers fit in another place or order as well"
    name = "" if spot.is_told else _same_numbers(spot, located)
    return f"{name} has the same numbers" if name else ""


def _rivals(other: Spot, spot: Spot) -> bool:
    if np.array_equal(other.keys, spot.keys):
        return False
    if np.intersect1d(other.keys, spot.keys).size:
        return bool(other.matched.sum() >= spot.matched.sum())
    return other.share >= (_PARTLY if spot.keys.size >= _DIFFERENT else 1.0)


def _same_numbers(spot: Spot, located: Located) -> str:
    own = located.inputs.arrays[spot.tensor.name].ravel()
    for name, array in located.inputs.arrays.items():
        same = name != spot.tensor.name and array.size == own.size
        if same and name not in located.spots and np.allclose(array.ravel(), own, rtol=1e-6):
            return name
    return ""


class InputCertainty:
    """Tells how sure the places of givens and parameters are."""

    def __init__(self, network: Network, page: Page, search: InputSearch, located: Located) -> None:
        self._network, self._page, self._search, self._located = network, page, search, located

    def doubt(self, tensor: Tensor, label: float) -> str:
        """Return why a given's or parameter's place is not sure, or an empty text where it is.

        `label` is how well the labels there fit. Without one, another part of the page may happen
        to satisfy an equation (a gradient is a convolution, too), but hardly two.
        """
        chain, targets = self._consequences(tensor)
        if not targets:
            return NOTHING_FITS
        if label <= 0 and len(targets) < 2:
            return "no label, and only one tensor speaks for it"
        if tensor.size > _MOST_ENTRIES:
            return "it is too large to try each of its numbers"
        arrays = self._located.inputs.arrays
        if not self._each_entry_tells(tensor, chain, targets):
            return "not all of its numbers have an effect on the page"
        keys = self._located.inputs.keys[tensor.name]
        best = self._fitting(chain, targets, arrays)
        for other, array in self._others(tensor, keys):
            if self._fitting(chain, targets, {**arrays, tensor.name: array}) >= best:
                same_cells = set(other.flat) == set(keys.flat)
                return "another order fits as well" if same_cells else ANOTHER_PLACE
        return ""

    def _consequences(self, tensor: Tensor) -> tuple[list[Equation], dict[str, Spot]]:
        """Return the equations from a tensor to what is on the page and fits, and that."""
        reached, chain, targets = {tensor.name}, [], {}
        for equation in self._network.equations:
            name = equation.target.name
            if name not in self._located.inputs.arrays:
                continue
            if any(source.name in reached for source in equation.sources.values()):
                chain.append(equation)
                spot = self._located.spots.get(name)
                if spot is not None and spot.share >= _MOSTLY:
                    targets[name] = spot
                else:
                    reached.add(name)
        return chain, targets

    def _computed(
        self, chain: list[Equation], targets: Mapping[str, Spot], arrays: Mapping[str, Array]
    ) -> Iterator[tuple[Spot, Array]]:
        known = dict(arrays)
        for equation in chain:
            name = equation.target.name
            computed = equation.evaluate(known)
            if name in targets:
                yield targets[name], computed
            else:
                known[name] = computed

    def _fitting(
        self, chain: list[Equation], targets: Mapping[str, Spot], arrays: Mapping[str, Array]
    ) -> int:
        return sum(
            int(self._fit(spot, computed).sum())
            for spot, computed in self._computed(chain, targets, arrays)
        )

    def _fit(self, spot: Spot, computed: Array) -> Array:
        numbers = self._page.numbers_at(spot.keys)
        return np.asarray(may_be(numbers, computed, self._page.tolerances_at(spot.keys)))

    def _each_entry_tells(
        self, tensor: Tensor, chain: list[Equation], targets: Mapping[str, Spot]
    ) -> bool:
        arrays = self._located.inputs.arrays
        best = self._fitting(chain, targets, arrays)
        for index in np.ndindex(tensor.shape):
            changed = arrays[tensor.name].copy()
            changed[index] += 1.0 + abs(changed[index])
            if self._fitting(chain, targets, {**arrays, tensor.name: changed}) >= best:
                return False
        return True

    def _others(self, tensor: Tensor, keys: Keys) -> Iterator[tuple[Keys, Array]]:
        candidates: Candidates = self._search.candidates(tensor)
        for n in range(len(candidates)):
            if not np.array_equal(candidates.keys[n], keys):
                yield candidates.keys[n], candidates.numbers[n].reshape(tensor.shape)
