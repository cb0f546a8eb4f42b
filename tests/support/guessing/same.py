"""Whether two networks are the same but for names: of the same numbers they give the same."""

import numpy as np

from xlbackprop.network import build_network
from xlbackprop.spec import parse_spec

_DRAWS = 3


def same(one, other):
    """Return whether two networks give the same output and L of any numbers, in their order."""
    first, second = ([t for t in own.inputs if t.name != "training.lr"] for own in (one, other))
    shapes = [[(t.shape, t.kind) for t in own] for own in (first, second)]
    return shapes[0] == shapes[1] and all(
        _agree(one, other, first, second, seed) for seed in range(_DRAWS)
    )


def without_training(spec):
    """Return a network of one pass alone."""
    text = spec.to_toml().partition("[training]")[0].partition("[values")[0]
    return build_network(parse_spec(text))


def _agree(one, other, first, second, seed):
    random = np.random.default_rng(seed)
    own, others = {}, {}
    for left, right in zip(first, second, strict=True):
        numbers = np.round(random.normal(0, 1, left.shape), 2)
        if left.name == "loss.target":
            numbers = np.abs(numbers) / np.abs(numbers).sum(axis=-1, keepdims=True)
        own[left.name], others[right.name] = numbers, numbers
    with np.errstate(all="ignore"):
        own, others = one.evaluate(own), other.evaluate(others)
    ends = [network.layers[-1].equations.outputs[0].tensor.name for network in (one, other)]
    pairs = ((own["loss.L"], others["loss.L"]), (own[ends[0]], others[ends[1]]))
    return all(np.allclose(*pair, rtol=1e-9) for pair in pairs)
