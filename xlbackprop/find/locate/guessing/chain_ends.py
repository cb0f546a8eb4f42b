"""The loss at a chain's end: of which target and which loss L, or the gradient of it, is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import tomli_w

from xlbackprop.equation import Array, Shape
from xlbackprop.find.locate.guessing.chain import Chain, Chains
from xlbackprop.find.locate.guessing.chain_functions import ACTIVATIONS, Layer, activated
from xlbackprop.network import Network, build_network
from xlbackprop.spec import parse_spec

_MOST_TARGETS = 100
_CHANCE = 0.01
_L_SHOWS = 3  # as much as so many gradients
_SHARES = {"target": "probabilities"}
_LOSSES: tuple[Layer, ...] = (
    {"type": "half_sse"},
    {"type": "mse"},
    {"type": "cross_entropy", **_SHARES},
    {"type": "cross_entropy"},
    {"type": "bce"},
    {"type": "mse", "reduction": "sum"},
    {"type": "half_sse", "reduction": "mean"},
    {"type": "bce_with_logits"},
    {"type": "cross_entropy", "reduction": "sum", **_SHARES},
    {"type": "bce", "reduction": "sum"},
    {"type": "l1"},
    {"type": "l1", "reduction": "sum"},
    {"type": "huber"},
    {"type": "huber", "reduction": "sum"},
    {"type": "hinge"},
)


def with_loss(chains: Chains, chain: Chain) -> Chain:
    """Return the chain with its loss, if L or a gradient of it is on the page; or as it is.

    A softmax whose numbers are there and that no cross-entropy explains is a layer before it.
    """
    chains.evidence.begin()
    if found := _best(chains, chain):
        return found
    soft = activated("softmax", chain.array)
    is_first = not chain.layers or chain.layers[-1]["type"] not in ACTIVATIONS
    fits = chains.evidence.fits(soft[None], soft.shape, lambda _: frozenset(), chain.used)
    fit = min(fits, key=lambda one: one.chance, default=None)
    if chain.is_image or not is_first or soft.shape[-1] == 1 or not fit or fit.chance > _CHANCE:
        return _without_sum(chain) if _is_sum(chain) else chain
    used = chain.used | frozenset(fit.keys.ravel().tolist())
    layers = (*chain.layers, {"type": "softmax"})
    longer = replace(chain, layers=layers, array=soft, net=chain.array, used=used)
    return _best(chains, longer) or longer


def _is_sum(chain: Chain) -> bool:
    """Return whether the last layer is but L = Σ dL/dout · out, of a gradient that is given."""
    is_linear = chain.layers[-1].get("bias") is False
    return is_linear and chain.array.size == 1 and len(chain.layers) > 1


def _without_sum(chain: Chain) -> Chain:
    layers = chain.layers[:-1]
    return replace(chain, layers=layers[:-1] if layers[-1]["type"] == "flatten" else layers)


def _best(chains: Chains, chain: Chain) -> Chain | None:
    """Return the chain with the loss of which most is on the page: L counts most."""
    best: tuple[int, Chain] | None = None
    for loss in _LOSSES:
        if chains.is_over:
            break
        if (end := _network(chain, loss)) is not None:
            found = _Ends(chains, chain, loss, end).best()
            if found is not None and (best is None or found[0] > best[0]):
                best = found
    return best[1] if best else None


class _Ends:
    """One kind of loss, with each block of numbers that may be its target."""

    def __init__(self, chains: Chains, chain: Chain, loss: Layer, network: Network) -> None:
        self._chains, self._chain, self._loss, self._network = chains, chain, loss, network
        target = network.tensors["loss.target"]
        keys, numbers, _ = chains.links.given(target.shape)
        flat = numbers.reshape(len(numbers), target.size)
        allowed = target.domain.allows(flat).all(axis=1)
        if target.domain.shares:
            allowed &= np.isclose(numbers.sum(axis=-1), 1).all(
                axis=tuple(range(1, len(target.shape)))
            )
        apart = [chain.used.isdisjoint(own.ravel().tolist()) for own in keys]
        chosen = np.flatnonzero(allowed & np.array(apart, dtype=np.bool_))[:_MOST_TARGETS]
        self._keys, self._targets = keys[chosen], numbers[chosen]

    def best(self) -> tuple[int, Chain] | None:
        """Return the chain with the target that most speaks for, and how much, if anything does."""
        chances: dict[int, float] = {}
        signs: dict[int, int] = {}
        for weight, shape, arrays in self._signs() if len(self._targets) else ():
            own: dict[int, float] = {}
            for fit in self._chains.evidence.fits(arrays, shape, self._cells, self._chain.used):
                own[fit.hypothesis] = min(fit.chance, own.get(fit.hypothesis, 1.0))
            for target, chance in own.items():
                chances[target] = chances.get(target, max(1.0, self._chain.chance)) * chance
                signs[target] = signs.get(target, 0) + weight
        likely = [one for one in chances if chances[one] < _CHANCE]
        if not likely:
            return None
        best = max(likely, key=lambda one: (signs[one], -chances[one]))
        used = self._chain.used | self._cells(best)
        given = {**self._chain.given, "loss.target": self._keys[best]}
        chance = chances[best]
        return signs[best], replace(
            self._chain, loss=self._loss, used=used, chance=chance, given=given
        )

    def _cells(self, target: int) -> frozenset[int]:
        return frozenset(self._keys[target].ravel().tolist())

    def _signs(self) -> Iterator[tuple[int, Shape, Array]]:
        """Yield what shows that a loss is the page's: L, and the gradients at the chain's end.

        Each comes with how much it shows: a gradient may be an error that is squared.
        """
        last = self._network.layers[-1]
        out, net_gradient = last.equations.outputs[0].gradient, f"{last.name}.dL_dh"
        names = ["loss.L", out.name, *([net_gradient] if self._chain.net is not None else [])]
        net = self._chain.array if self._chain.net is None else self._chain.net
        given = {one.name: net for one in self._network.inputs}
        found = [self._network.evaluate(given | {"loss.target": one}) for one in self._targets]
        for name in names:
            weight = _L_SHOWS if name == "loss.L" else 1
            yield weight, self._network.tensors[name].shape, np.array([one[name] for one in found])


def _network(chain: Chain, loss: Layer) -> Network | None:
    """Return a network of a chain's last activation and of a loss, if they may stand together."""
    if chain.is_image and loss["type"] == "cross_entropy":
        return None
    shape = chain.array.shape[1:] if chain.batch else chain.array.shape
    layers: list[Layer] = [{"type": "scale", "factor": 1.0}]
    layers += [chain.layers[-1]] if chain.net is not None else []
    head: dict[str, object] = {"name": "end", "input": list(shape)}
    head |= {"batch": chain.batch} if chain.batch else {}
    return build_network(parse_spec(tomli_w.dumps({**head, "layers": layers, "loss": loss})))
