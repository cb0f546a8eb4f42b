"""Gradients whose own numbers do not fit, found by what is computed from them.

A gradient with a slip in it stands where the right numbers are not. But what the page computes
from it is right for the numbers that stand there. Where that fits nothing else, it was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Role, Tensor
from xlbackprop.find.locate.page.candidates import Readings
from xlbackprop.find.locate.page.page import Page
from xlbackprop.find.locate.spots.spots import Located, Spot
from xlbackprop.find.locate.spots.weighing import matching
from xlbackprop.network import Network

_ROLES = (Role.INPUT_GRADIENT, Role.OUTPUT_GRADIENT)
_MOST_ENTRIES, _MOST_TRIED, _MOST_FOLLOWERS = 400, 12, 12
_REFERS = 0.25
_ENOUGH = 4  # so many different numbers that follow are no chance


class Followed:
    """Finds gradients by what follows from the numbers that stand in their place."""

    def __init__(self, network: Network, page: Page, readings: Readings) -> None:
        self._network, self._page, self._readings = network, page, readings

    def spot(self, equation: Equation, spots: list[Spot], located: Located) -> Spot | None:
        """Return the place whose numbers lead to others on the page; None where there is none.

        There is none where what follows fits with the right numbers as well: then nothing is wrong,
        and the gradient is not on the page.
        """
        tensor = equation.target
        if tensor.kind is not Kind.BACKWARD or tensor.role not in _ROLES:
            return None
        tried = [one for one in spots if one.formulas == 1 and one.references >= _REFERS]
        if not tried or tensor.size > _MOST_ENTRIES:
            return None
        known = {**located.inputs.arrays, **located.counted}
        right = dict(self._following(tensor, known))
        if not right or self._fitting(right, right, None):
            return None
        found = [(self._led_to(tensor, one, known, right), one) for one in tried[:_MOST_TRIED]]
        best, spot = max(found, key=lambda each: each[0])
        return spot if best >= _ENOUGH else None

    def _led_to(
        self, tensor: Tensor, spot: Spot, known: Mapping[str, Array], right: Mapping[str, Array]
    ) -> int:
        numbers = self._page.numbers_at(spot.keys)
        if not np.isfinite(numbers).all():
            return 0
        following = dict(self._following(tensor, {**known, tensor.name: numbers}))
        return self._fitting(following, right, spot)

    def _following(self, tensor: Tensor, known: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
        """Yield what is computed from a tensor, the nearest first."""
        arrays, reached = dict(known), {tensor.name}
        for equation in self._network.equations:
            sources = {source.name for source in equation.sources.values()}
            if len(reached) > _MOST_FOLLOWERS:
                return
            if sources & reached and sources <= arrays.keys():
                name = equation.target.name
                arrays[name] = equation.evaluate(arrays)
                reached.add(name)
                if equation.target.kind is not Kind.LINK:
                    yield name, arrays[name]

    def _fitting(
        self, following: Mapping[str, Array], right: Mapping[str, Array], spot: Spot | None
    ) -> int:
        """Return how many different numbers of what follows stand on the page, whole tensors each.

        Not in the cells of the tensor itself, of which a bias' gradient is a copy.
        """
        fitting: list[float] = []
        for name, array in following.items():
            candidates = self._readings.of(array.shape)
            if not len(candidates) or (spot and np.allclose(array, right[name])):
                continue
            fits = matching(candidates, (array,)).all(axis=1)
            if spot is not None:
                own = np.isin(candidates.keys.reshape(len(candidates), -1), spot.keys)
                fits &= ~own.any(axis=1)
            fitting += np.round(array, 9).ravel().tolist() if fits.any() else []
        return len({*fitting} - {0.0})
