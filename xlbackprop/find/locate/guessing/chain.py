"""Which chain of layers a page may hold: layer after layer by its numbers, and the loss at its end.

Each next layer is one whose output, computed from the last, is on the page: its own, or that of the
activation or the pool behind it, where people write both in one formula. Nothing is taken for a
layer whose numbers are not there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.locate.guessing.chain_functions import ACTIVATIONS, Layer, activated, pooled
from xlbackprop.find.locate.guessing.chain_links import Links, LinkSearch
from xlbackprop.find.locate.guessing.evidence import Evidence, Fit
from xlbackprop.find.locate.guessing.leaves import NONE, Leaves
from xlbackprop.find.locate.page.candidates import Readings
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.page.tiles import Tiles

_MOST_LAYERS, _MOST_STARTS, _MOST_CHANNELS = 12, 12, 8
_BEFORE_POOLS = ("relu", "sigmoid", "tanh")
_LEAST_IMAGE = 3
_PART = 1.5  # so odd is a part of a block
_CHANCE = 0.01  # a fit that is to be expected more often among numbers that mean nothing is none


@dataclass(frozen=True)
class Chain:
    """Layers that fit one after the other, what the last gives, and the cells that they take."""

    shape: tuple[int, ...]  # of one sample
    batch: int  # 0 for none
    layers: tuple[Layer, ...]
    array: Array
    used: frozenset[int]
    loss: Layer
    net: Array | None = None  # what the last activation is taken of
    chance: float = 0.0  # that what fits does so by chance, as long as nothing behind it tells
    given: Mapping[str, Keys] = field(default_factory=dict)  # of inputs, weights and biases

    @property
    def is_image(self) -> bool:
        """Whether what the last layer gives has channels, rows and columns."""
        return self.array.ndim - bool(self.batch) == 3


@dataclass(frozen=True)
class _Step:
    """Layers that may follow, and what they give with each choice of weights."""

    layers: tuple[Layer, ...]
    arrays: Array
    nets: Array | None = None  # what the activation among them is taken of
    links: Links | None = None

    def cells(self, hypothesis: int) -> frozenset[int]:
        return self.links.cells(hypothesis) if self.links else frozenset()


class Chains:
    """Finds the chains that a page's numbers are of, until a time is over.

    What layers give is looked for among formulas, or among numbers that were typed.
    """

    def __init__(
        self, page: Page, tiles: Tiles, references: PageReferences, ends: float, *, in_typed: bool
    ) -> None:
        self._ends_at, self._in_typed = ends, in_typed
        readings = Readings(page, tiles)
        self._sizes = {tile.size for tile in tiles.whole}
        leaves = Leaves(page, references)
        self.links = LinkSearch(page, readings, self._sizes, None if in_typed else leaves)
        self.evidence = Evidence(page, readings, leaves, in_typed=in_typed)

    def from_inputs(self) -> Iterator[Chain]:
        """Yield the longest chain that begins with each block of typed numbers.

        An image that is a part of a chain, as filters are, begins none.
        """
        taken = NONE
        for shape, batch in self._shapes():
            keys, numbers, oddities = self.links.given((batch, *shape) if batch else shape)
            for n in np.flatnonzero(oddities < _PART)[:_MOST_STARTS].tolist():
                if self.is_over:
                    return
                used = frozenset(keys[n].ravel().tolist())
                if used <= taken and len(shape) > 1:
                    continue
                start = Chain(
                    shape, batch, (), numbers[n], used, {"type": "given"}, given={"h": keys[n]}
                )
                if (chain := self.grown(start)).layers:
                    taken |= chain.used
                    yield chain

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.process_time() > self._ends_at

    def grown(self, chain: Chain) -> Chain:
        """Return a chain with all layers that follow and that no chance explains."""
        firm = chain
        while len(chain.layers) < _MOST_LAYERS and not self.is_over:
            longer = self._longer(chain)
            if longer is None:
                break
            chain = longer
            self.evidence.begin()
            firm = chain if chain.chance < _CHANCE else firm
        return firm

    def _shapes(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield the shapes of one sample that typed blocks may have, and how many samples.

        Where formulas tell, the largest come first; elsewhere those of which few fit by chance.
        """
        sizes = sorted(self._sizes, key=lambda one: (-prod(one), one))
        lines: list[tuple[tuple[int, ...], int]] = [
            ((max(size),), 0) for size in sizes if min(size) == 1
        ]
        batches = [(size[1:], size[0]) for size in sizes if min(size) > 1]
        if self._in_typed:
            yield from (*lines, *batches)
        for size in sizes:
            blocks = len(self.links.given(size)[0]) if min(size) >= _LEAST_IMAGE else 0
            for channels in range(min(blocks, _MOST_CHANNELS), 0, -1):
                yield (channels, *size), 0
        if not self._in_typed:
            yield from (*batches, *lines)

    def _longer(self, chain: Chain) -> Chain | None:
        """Return the chain with what follows: the first that is no chance, or the least one."""
        best: Chain | None = None
        for step in self._steps(chain):
            for fit in self.evidence.fits(
                step.arrays, step.arrays.shape[1:], step.cells, chain.used
            ):
                chance = fit.chance * max(1.0, chain.chance)
                if best is None or chance < best.chance:
                    best = _with(chain, step, fit, chance)
            if best is not None and best.chance < _CHANCE:
                break
            if self.is_over:
                break
        return best if best is not None and best.chance < 1 else None

    def _steps(self, chain: Chain) -> Iterator[_Step]:
        last = str(chain.layers[-1]["type"]) if chain.layers else ""
        if last in ("dense", "conv2d"):
            yield from _activations(chain.array[None])
        if chain.is_image and chain.layers:
            yield from _pools(chain.array[None])
        if chain.is_image and last == "conv2d":
            for one in _activations(chain.array[None]):
                yield from (_behind(one, own) for own in _pools(one.arrays))
        for links in self._links(chain):
            linear = _Step((links.layer,), links.arrays, None, links)
            yield linear
            yield from (_behind(linear, one) for one in _activations(linear.arrays))
        if chain.is_image:
            yield from self._pooled(chain)

    def _pooled(self, chain: Chain) -> Iterator[_Step]:
        """Yield conv layers of which only what a pool makes of them is on the page."""
        for links in self.links.conv(chain.array, chain.used):
            if links.layer["stride"] == links.layer["dilation"] == 1:
                linear = _Step((links.layer,), links.arrays, None, links)
                for one in (linear, *_activations(linear.arrays, _BEFORE_POOLS)):
                    both = one if one is linear else _behind(linear, one)
                    yield from (_behind(both, own) for own in _pools(one.arrays))

    def _links(self, chain: Chain) -> Iterator[Links]:
        rows = chain.array.reshape(chain.batch or 1, -1)
        yield from self.links.dense(rows, chain.used, has_batch=bool(chain.batch))
        if chain.is_image:
            yield from self.links.conv(chain.array, chain.used)


def _activations(arrays: Array, kinds: tuple[str, ...] = ACTIVATIONS) -> Iterator[_Step]:
    for kind in kinds:
        found = activated(kind, arrays)
        if kind != "softmax" and not np.array_equal(found, arrays):
            yield _Step(({"type": kind},), found, arrays)


def _pools(arrays: Array) -> Iterator[_Step]:
    yield from (_Step((layer,), found) for layer, found in pooled(arrays))


def _behind(first: _Step, second: _Step) -> _Step:
    nets = second.nets if second.nets is not None else first.nets
    return _Step(first.layers + second.layers, second.arrays, nets, first.links)


def _with(chain: Chain, step: _Step, fit: Fit, chance: float) -> Chain:
    """Return a chain with the layers of a fit."""
    layers, given, used = list(step.layers), dict(chain.given), chain.used
    number = len(chain.layers)
    if step.links:
        layers[0], own = step.links.of(fit.hypothesis)
        if chain.is_image and layers[0]["type"] == "dense":
            layers.insert(0, {"type": "flatten"})
            number += 1
        given |= {f"{number}.{short}": keys for short, keys in own.items()}
        used |= step.cells(fit.hypothesis)
    ends_in_activation = str(step.layers[-1]["type"]) in ACTIVATIONS
    net = step.nets[fit.hypothesis] if ends_in_activation and step.nets is not None else None
    return replace(
        chain,
        layers=(*chain.layers, *layers),
        array=step.arrays[fit.hypothesis],
        used=used | frozenset(fit.keys.ravel().tolist()),
        net=net,
        chance=chance,
        given=given,
    )
