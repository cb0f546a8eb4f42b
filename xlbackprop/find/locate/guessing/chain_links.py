"""The layers with weights that may follow in a chain, as hypotheses of what they give.

Weights are blocks of typed numbers. Where formulas lead back to them, these tell which weights and
which bias belong together. Elsewhere what may be added is tried: the numbers of a typed vector,
nothing, or one typed number for all units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from xlbackprop.equation import Array, Shape
from xlbackprop.find.locate.guessing.chain_functions import Layer, correlated
from xlbackprop.find.locate.guessing.leaves import NONE, Leaves, Units
from xlbackprop.find.locate.page.candidates import Readings
from xlbackprop.find.locate.page.page import Keys, Page

_MOST_TRIED, _MOST_TOLD, _MOST_BIASES = 40, 60, 24
_MOST_FILTERS, _MOST_NUMBERS = 16, 2_000_000
_GEOMETRIES = sorted(product((1, 2, 3), (0, 1, 2), (1, 2)), key=sum)
_USUAL_GEOMETRIES = ((1, 0, 1), (1, 1, 1), (2, 0, 1))

Size = tuple[int, int]
Choice = tuple[int, Keys | None]  # the number of some weights, and the cells of a bias


@dataclass(frozen=True)
class Links:
    """A layer with weights, and what it gives with each choice of weights and of a bias."""

    layer: Layer
    arrays: Array  # (choices, *output)
    weights: tuple[Keys, ...]
    biases: tuple[Keys | None, ...]  # None for no bias

    def of(self, choice: int) -> tuple[Layer, Mapping[str, Keys]]:
        """Return the layer of a choice, and the cells of its weights and of its bias."""
        bias = self.biases[choice]
        own = {"w": self.weights[choice]} | ({} if bias is None else {"b": bias})
        return {**self.layer, "bias": bias is not None}, own

    def cells(self, choice: int) -> frozenset[int]:
        """Return the cells of a choice's weights and bias."""
        _, own = self.of(choice)
        return frozenset(key for keys in own.values() for key in keys.ravel().tolist())


class LinkSearch:
    """Finds the layers with weights that fit what comes before them, by their shapes.

    With `leaves` only weights are tried to which formulas lead back.
    """

    def __init__(
        self, page: Page, readings: Readings, sizes: Iterable[Size], leaves: Leaves | None
    ) -> None:
        self._page, self._readings, self._leaves = page, readings, leaves
        self._sizes = sorted(set(sizes))
        self._is_typed_only = not page.has_formula.any()
        self._known_biases: dict[int, list[Keys | None]] = {}
        self._known_told: dict[Shape, list[Choice]] = {}
        self._told_of, self._units = NONE, Units(())

    def dense(self, rows: Array, used: frozenset[int], *, has_batch: bool) -> Iterator[Links]:
        """Yield the dense layers that take rows of shape (samples, inputs)."""
        inputs = rows.shape[1]
        sides = {b for size in self._sizes for a, b in (size, size[::-1]) if a == inputs}

        def net(weights: Array) -> Array:
            nets = np.einsum("ni,xui->xnu", rows, weights)
            return np.asarray(nets if has_batch else nets[:, 0])

        for units in sorted(sides, reverse=True):  # a row of a matrix would be a unit by itself
            layer: Layer = {"type": "dense", "units": units}
            yield from self._links(layer, (units, inputs), used, net, -1)

    def conv(self, images: Array, used: frozenset[int]) -> Iterator[Links]:
        """Yield the conv layers that take images of shape (C, H, W), or a batch of them."""
        channels, *image = images.shape[-3:]
        geometries = _GEOMETRIES if self._leaves else _USUAL_GEOMETRIES
        for (stride, padding, dilation), kernel in product(geometries, self._sizes):
            spans = [dilation * (length - 1) + 1 for length in kernel]
            out = [(n + 2 * padding - d) // stride + 1 for n, d in zip(image, spans, strict=True)]
            least = max(kernel) if self._leaves else min(kernel)  # too much fits a single weight
            is_plain = least > 1 or (self._leaves is not None and stride == dilation == 1)
            is_whole = any(a >= b for a, b in zip(kernel, image, strict=True))  # a dense layer
            if min(out) < 1 or padding >= max(spans) or not is_plain or is_whole:
                continue
            geometry = {"stride": stride, "padding": padding, "dilation": dilation}

            def net(weights: Array, own: Mapping[str, int] = geometry) -> Array:
                return correlated(images, weights, **own)

            most = min(self._count(kernel) // channels, _MOST_FILTERS)
            for filters in range(most, 0, -1):  # a filter of several would be one by itself
                shape = (filters, channels, *kernel)
                layer = {"type": "conv2d", "filters": filters, "kernel": list(kernel), **geometry}
                yield from self._links(layer, shape, used, net, -3)

    def given(self, shape: Shape) -> tuple[Keys, Array, Array]:
        """Return the readings of typed numbers of a shape: keys, numbers, oddities."""
        found = self._readings.of(shape, typed=not self._is_typed_only)
        whole = np.isfinite(found.numbers).all(axis=1)
        return found.keys[whole], found.numbers[whole].reshape(-1, *shape), found.oddities[whole]

    def _count(self, kernel: Size) -> int:
        return len(self.given(kernel)[0])

    def _links(
        self,
        layer: Layer,
        shape: Shape,
        used: frozenset[int],
        net: Callable[[Array], Array],
        axis: int,
    ) -> Iterator[Links]:
        """Yield a layer with all choices of weights of a shape; its units are along an axis."""
        if self._leaves and not self._units_of(self._leaves, used).may_have(prod(shape[1:])):
            return
        keys, numbers, _ = self.given(shape)
        pairs = self._told(keys) if self._leaves else self._tried(keys[:_MOST_TRIED])
        if not pairs:
            return
        own = sorted({number for number, _ in pairs})
        nets = net(numbers[own])
        along = [1] * (nets.ndim - 1)
        along[axis] = shape[0]
        most = max(1, _MOST_NUMBERS // max(1, nets[0].size))
        chosen = pairs[:most]
        arrays = nets[[own.index(number) for number, _ in chosen]]
        added = np.array([self._numbers(bias, shape[0]) for _, bias in chosen])
        arrays = arrays + added.reshape(len(chosen), *along)
        weights = tuple(keys[number] for number, _ in chosen)
        yield Links(layer, arrays, weights, tuple(bias for _, bias in chosen))

    def _numbers(self, bias: Keys | None, units: int) -> Array:
        return np.zeros(units) if bias is None else self._page.numbers_at(bias)

    def _units_of(self, leaves: Leaves, used: frozenset[int]) -> Units:
        if self._told_of != used:
            self._told_of, self._units, self._known_told = used, leaves.units(used), {}
        return self._units

    def _told(self, keys: Keys) -> list[Choice]:
        """Return the weights, with their biases, that formulas are made of besides used cells."""
        shape = keys.shape[1:]
        if shape not in self._known_told:
            found = [(number, *self._units.bias(own)) for number, own in enumerate(keys)]
            told = [(number, bias) for number, is_told, bias in found if is_told]
            self._known_told[shape] = told[:_MOST_TOLD]
        return self._known_told[shape]

    def _tried(self, keys: Keys) -> list[Choice]:
        """Return all weights with all that may be added."""
        units = keys.shape[1]
        if units not in self._known_biases:
            vectors = [*self.given((units,))[0][:_MOST_BIASES], None]
            single = self.given(())[0][:_MOST_BIASES] if units > 1 else ()
            self._known_biases[units] = [*vectors, *(np.full(units, one) for one in single)]
        return list(product(range(len(keys)), self._known_biases[units]))
