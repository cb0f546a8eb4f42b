"""Networks of extremes, by seed: of one unit, tiny, large and saturated, some with training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import xlbackprop
from tests.support.random_networks import random_network
from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Array
from xlbackprop.network import Network
from xlbackprop.network.values import choose_values
from xlbackprop.tolerance import largest_of

Raw = dict[str, Any]

# Inputs are drawn of these sizes; so are parameters, but seldom all of a network's alike.
SIZES = {"tiny": 1e-6, "small": 1e-3, "ordinary": 1.0, "saturated": 30.0, "large": 1e4}
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softmax")

# What changes by so much where its sources change in their last digits is what cancelling left.
_LAST_DIGITS, _LEFT_BY_CANCELLING = 1e-12, 1e-4

# Smaller numbers the engine takes for 0 where it compares: see tests/workbook/test_engine_gaps.py.
_TOO_SMALL_TO_COMPARE, _COMPARING = 1e-15, ("relu", "leaky_relu", "max_pool2d")


def extreme_network(seed: int) -> Raw:
    """Return the spec of a network with numbers of extreme sizes; the same seed gives the same.

    All its numbers are finite.
    """
    random = np.random.default_rng([10, seed])
    while True:
        raw = _layers(random, seed)
        drawn = {**raw, "values": {"arrays": _values(random, raw)}}
        network = xlbackprop.build_network(spec_of(drawn))
        arrays = true_arrays(network)
        is_finite = all(np.isfinite(one).all() for one in arrays.values())
        if is_finite and not _compares_too_small_numbers(network, arrays):
            return drawn


def _compares_too_small_numbers(network: Network, arrays: Mapping[str, Array]) -> bool:
    if not any(layer.type in _COMPARING for layer in network.spec.layers):
        return False
    compared = np.abs(np.concatenate([one.ravel() for one in arrays.values()]))
    return bool(((compared > 0) & (compared < _TOO_SMALL_TO_COMPARE)).any())


def true_arrays(network: Network) -> dict[str, Array]:
    """Return all of a network's numbers, from those in its spec."""
    with np.errstate(all="ignore"):
        return network.evaluate(choose_values(network))


def cancelled(network: Network, arrays: Mapping[str, Array]) -> set[str]:
    """Return the computed tensors that are nothing but last digits, left where terms cancel."""
    random = np.random.default_rng(0)
    other = {tensor.name: arrays[tensor.name] for tensor in network.inputs}
    for name, equation in network.equation_of.items():
        with np.errstate(all="ignore"):
            array = equation.evaluate(other)
        other[name] = array * (1 + _LAST_DIGITS * random.choice([-1.0, 1.0], array.shape))
    return {
        name
        for name in network.equation_of
        if not largest_of(other[name] - arrays[name])
        <= _LEFT_BY_CANCELLING * largest_of(arrays[name])
    }


def _layers(random: np.random.Generator, seed: int) -> Raw:
    if seed % 8 == 0:
        raw = random_network(seed)
        return {key: raw[key] for key in raw if key != "values"}
    head, layers = (_of_vectors if seed % 4 < 3 else _of_images)(random)
    loss = {"type": str(random.choice(["mse", "half_sse", "given"]))}
    raw = {"name": f"extreme{seed}", **head, "layers": layers, "loss": loss}
    if random.random() < 0.3:
        raw["batch"] = int(random.integers(1, 4))
    if random.random() < 0.4 and loss["type"] != "given" and _has_parameters(layers):
        optimizer = str(random.choice(OPTIMIZERS))
        raw["training"] = {"optimizer": optimizer, "lr": 0.1, "steps": int(random.integers(1, 3))}
    return raw


def _has_parameters(layers: list[Raw]) -> bool:
    return any(layer["type"] in ("dense", "conv2d", "conv_transpose2d") for layer in layers)


def _of_vectors(random: np.random.Generator) -> tuple[Raw, list[Raw]]:
    """Return an input and layers of vectors, many of them of one number."""
    layers: list[Raw] = []
    for _ in range(random.integers(1, 4)):
        layers.append({"type": "dense", "units": int(random.integers(1, 4))})
        if random.random() < 0.7:
            layers.append({"type": str(random.choice(ACTIVATIONS))})
    return {"input": [int(random.integers(1, 4))]}, layers


def _of_images(random: np.random.Generator) -> tuple[Raw, list[Raw]]:
    """Return an input and layers of images, many of them of one pixel."""
    side, kernel = int(random.choice([1, 1, 3, 4])), int(random.choice([1, 1, 2]))
    filters = int(random.integers(1, 3))
    kind = "conv_transpose2d" if random.random() < 0.3 else "conv2d"
    layers: list[Raw] = [{"type": kind, "filters": filters, "kernel": min(kernel, side)}]
    layers.append({"type": str(random.choice(ACTIVATIONS[:-1]))})
    pool = str(random.choice(["max_pool2d", "avg_pool2d", "global_avg_pool", "flatten"]))
    layers.append({"type": pool, "kernel": 1} if "2d" in pool else {"type": pool})
    return {"input": [int(random.integers(1, 3)), side, side]}, layers


def _values(random: np.random.Generator, raw: Raw) -> dict[str, Any]:
    """Return numbers of three significant digits for what may have any."""
    network = xlbackprop.build_network(spec_of(raw))
    usual = str(random.choice(list(SIZES)))
    arrays = {}
    for tensor in network.inputs:
        domain = tensor.domain
        is_free = domain.allows(np.array([-1.5, 1e-9, 1e9])).all() and domain.initial is None
        if tensor.name.startswith("training.") or not is_free:
            continue
        size = SIZES[usual if random.random() < 0.6 else str(random.choice(list(SIZES)))]
        if random.random() < 0.05:
            size = 0.0
        drawn = size * random.normal(0, 1, tensor.shape)
        arrays[tensor.name] = _three_digits(drawn).tolist()
    return arrays


def _three_digits(array: Array) -> Array:
    return np.vectorize(lambda one: float(f"{one:.3g}"), otypes=[float])(array)
