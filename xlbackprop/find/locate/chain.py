"""Which chain of layers a page may hold: layer after layer by its numbers, and the loss at its end.

Each next layer is one whose output, computed from the last, is on the page. Nothing is taken for a
layer whose numbers are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.locate.candidates import Candidates, Readings
from xlbackprop.find.locate.page import Page
from xlbackprop.find.locate.tiles import Tiles
from xlbackprop.tolerance import may_be

Layer = Mapping[str, object]

_MOST_LAYERS, _MOST_READINGS, _MOST_OUTPUTS = 12, 12, 200
_FEW = 3  # so few typed numbers may fit by chance
_WINDOW = 2
_PART = 1.5  # so odd is a part of a block


@dataclass(frozen=True)
class Chain:
    """Layers that fit one after the other, what the last gives, and the cells that they take."""

    shape: tuple[int, ...]  # of one sample
    batch: int  # 0 for none
    layers: tuple[Layer, ...]
    array: Array
    used: frozenset[int]
    loss: Layer


class Chains:
    """Finds the chains that a page's numbers are of."""

    def __init__(self, page: Page, tiles: Tiles) -> None:
        self._page, self._readings = page, Readings(page, tiles)
        self._sizes = {tile.size for tile in tiles.whole}
        self._is_typed_only = not page.has_formula.any()

    def from_inputs(self) -> Iterator[Chain]:
        """Yield the longest chain that begins with each block of typed numbers."""
        shapes = {one if min(one) > 1 else (max(one),) for one in self._sizes}
        for shape in sorted(shapes):
            given = self._typed(shape)
            whole = np.flatnonzero(given.oddities < _PART)[:_MOST_READINGS]
            for n in whole.tolist():
                array = given.numbers[n].reshape(shape)
                batch = shape[0] if len(shape) > 1 else 0
                used = frozenset(given.keys[n].ravel().tolist())
                start = Chain(shape[-1:], batch, (), array, used, {"type": "given"})
                if np.isfinite(array).all() and (chain := self.grown(start)).layers:
                    yield chain

    def grown(self, chain: Chain) -> Chain:
        """Return a chain with all layers that follow, and with its loss."""
        while len(chain.layers) < _MOST_LAYERS:
            longer = next(self._longer(chain), None)
            if longer is None:
                break
            chain = longer
        return self._with_loss(chain)

    def _typed(self, shape: tuple[int, ...]) -> Candidates:
        return self._readings.of(shape, typed=not self._is_typed_only)

    def _longer(self, chain: Chain) -> Iterator[Chain]:
        is_active = bool(chain.layers) and chain.layers[-1]["type"] in _ACTIVATIONS
        for kind, function in _ACTIVATIONS.items() if chain.layers and not is_active else ():
            array = function(chain.array)
            if not np.allclose(array, chain.array):
                yield from self._with({"type": kind}, chain, array)
        if chain.array.ndim == 3 and min(chain.array.shape[1:]) >= _WINDOW:
            for kind, of_window in _POOLS.items():
                layer = {"type": kind, "kernel": _WINDOW}
                yield from self._with(layer, chain, _pooled(chain.array, of_window))
        yield from self._with_dense(chain)

    def _with(self, layer: Layer, chain: Chain, array: Array) -> Iterator[Chain]:
        """Yield the chain with a layer, if what it gives is on the page."""
        places = self._readings.of(array.shape)
        fits = may_be(places.numbers, array.ravel(), places.tolerances).all(axis=1)
        for n in np.flatnonzero(fits).tolist():
            cells = frozenset(places.keys[n].ravel().tolist())
            if cells.isdisjoint(chain.used) and self._is_evidence(places, n):
                used = chain.used | cells
                yield replace(chain, layers=(*chain.layers, layer), array=array, used=used)

    def _is_evidence(self, places: Candidates, n: int) -> bool:
        """Return whether numbers that fit are no chance: formulas, or several that differ."""
        is_computed = bool(self._page.formulas_at(places.keys[n]).all())
        return is_computed or len(np.unique(places.numbers[n])) > _FEW

    def _with_dense(self, chain: Chain) -> Iterator[Chain]:
        rows = chain.array.reshape(chain.batch or 1, -1)
        inputs = rows.shape[1]
        flat = ({"type": "flatten"},) if chain.array.ndim == 3 else ()
        sides = {
            other for size in self._sizes for one, other in (size, size[::-1]) if one == inputs
        }
        for units in sorted(sides, reverse=True):  # a row of a matrix would be a unit by itself
            weights = self._typed((units, inputs))
            for n in range(min(len(weights), _MOST_READINGS)):
                net = rows @ weights.numbers[n].reshape(units, inputs).T
                taken = chain.used | frozenset(weights.keys[n].ravel().tolist())
                is_apart = len(taken) == len(chain.used) + units * inputs
                if not is_apart or not np.isfinite(net).all():
                    continue
                for bias, cells in self._biases(units):
                    layer = {"type": "dense", "units": units, "bias": bool(cells)}
                    if cells.isdisjoint(taken):
                        array = (net + bias).reshape(
                            (chain.batch, units) if chain.batch else (units,)
                        )
                        wider = replace(chain, layers=chain.layers + flat, used=taken | cells)
                        yield from self._with(layer, wider, array)

    def _biases(self, units: int) -> Iterator[tuple[Array, frozenset[int]]]:
        """Yield what may be added: the numbers of a typed vector, and nothing."""
        vectors = self._typed((units,))
        for n in range(min(len(vectors), _MOST_READINGS * 3)):
            if np.isfinite(vectors.numbers[n]).all():
                yield vectors.numbers[n], frozenset(vectors.keys[n].ravel().tolist())
        yield np.zeros(units), frozenset()

    def _with_loss(self, chain: Chain) -> Chain:
        """Return the chain with a loss, if a target of typed numbers gives an L on the page."""
        targets, single = self._typed(chain.array.shape), self._readings.of(())
        for n in range(min(len(targets), _MOST_OUTPUTS)):
            target = targets.numbers[n].reshape(chain.array.shape)
            cells = frozenset(targets.keys[n].ravel().tolist())
            if not cells.isdisjoint(chain.used):
                continue
            for loss, function in _LOSSES.items():
                value = np.array(function(chain.array, target, chain.batch))
                fits = may_be(single.numbers, value.ravel(), single.tolerances).all(axis=1)
                if any(self._page.formulas_at(single.keys[at]) for at in np.flatnonzero(fits)):
                    more = {"target": "probabilities"} if loss == "cross_entropy" else {}
                    return replace(chain, loss={"type": loss, **more})
        return chain


def _sigmoid(array: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-array)))


def _tanh(array: Array) -> Array:
    return np.asarray(np.tanh(array))


def _relu(array: Array) -> Array:
    return np.maximum(array, 0.0)


def _pooled(array: Array, of_window: Callable[..., Array]) -> Array:
    channels, height, width = array.shape
    rows, columns = height // _WINDOW, width // _WINDOW
    cut = array[:, : rows * _WINDOW, : columns * _WINDOW]
    windows = cut.reshape(channels, rows, _WINDOW, columns, _WINDOW)
    return np.asarray(of_window(windows, axis=(2, 4)))


def _half_squares(out: Array, target: Array, _batch: int) -> float:
    return float(0.5 * ((out - target) ** 2).sum())


def _mean_squares(out: Array, target: Array, _batch: int) -> float:
    return float(((out - target) ** 2).mean())


def _cross_entropy(out: Array, target: Array, batch: int) -> float:
    powers = np.exp(out - out.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    is_shares = np.allclose(target.sum(axis=-1), 1) and (target >= 0).all()
    return float(-(target * np.log(shares)).sum() / max(1, batch)) if is_shares else float("nan")


_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
}
_POOLS: Mapping[str, Callable[..., Array]] = {"max_pool2d": np.max, "avg_pool2d": np.mean}
_LOSSES: Mapping[str, Callable[[Array, Array, int], float]] = {
    "half_sse": _half_squares,
    "mse": _mean_squares,
    "cross_entropy": _cross_entropy,
}
