"""Random networks of three to ten layers, by seed: chains with residual branches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.specs_and_values import spec_of
from xlbackprop.network.graph import order_layers
from xlbackprop.network.passes import first_step

Raw = dict[str, Any]

ANYWHERE: list[Raw] = [
    {"type": "relu"},
    {"type": "leaky_relu", "slope": 0.1},
    {"type": "sigmoid"},
    {"type": "tanh"},
    {"type": "gelu"},
    {"type": "softmax"},
    {"type": "dropout", "rate": 0.25},
]
NEWER: list[Raw] = [
    {"type": "silu"},
    {"type": "elu", "alpha": 0.5},
    {"type": "softplus"},
    {"type": "prelu"},
    {"type": "relu6"},
    {"type": "hardsigmoid"},
    {"type": "hardswish"},
    {"type": "gelu", "approximate": "none"},
    {"type": "scale", "factor": -0.5},
]
# What takes (T, D).
SEQUENCES: list[Raw] = [{"type": kind, "units": 2} for kind in ("rnn", "lstm", "gru")]


def random_network(seed: int) -> Raw:
    """Return the spec of a random network; the same seed gives the same."""
    return _Drawing(seed, ANYWHERE, []).network()


def mixed_network(seed: int) -> Raw:
    """Return the spec of a random network of all layers, those too that `random_network` lacks."""
    return _Drawing(seed, [*ANYWHERE, *NEWER, *NEWER], SEQUENCES * 4).network()


class _Drawing:
    def __init__(self, seed: int, anywhere: list[Raw], sequences: list[Raw]) -> None:
        self.anywhere, self.sequences = anywhere, sequences
        self.random = np.random.default_rng(seed)
        self.seed = seed
        self.layers: list[Raw] = []
        self.head: Raw = {"input": self._input()}
        if self.random.random() < 0.5:
            self.head["batch"] = int(self.random.integers(1, 4))

    def _input(self) -> list[int]:
        self.has_tokens = self.seed % 5 == 0
        if self.has_tokens:
            return [int(self.random.integers(2, 5))]
        if self.seed % 5 == 1:
            return [int(self.random.integers(2, 6))]
        if self.seed % 5 == 2 and self.sequences:
            return [int(n) for n in self.random.integers(2, 5, 2)]
        return [int(n) for n in self.random.integers([1, 5, 5], [4, 8, 8])]

    def _pick(self, options: list[Any]) -> Any:
        return options[int(self.random.integers(len(options)))]

    def network(self) -> Raw:
        if self.has_tokens:
            self._add({"type": "embedding", "vocabulary": 5, "width": 3})
        wanted = int(self.random.integers(3, 9))
        while len(self.layers) < wanted:
            if self.random.random() < 0.3 and len(self.layers) + 2 <= 9 and self.layers:
                self._branch()
            else:
                self._add(self._pick(self._candidates()))
        return self._raw(self._loss())

    def _raw(self, loss: Raw) -> Raw:
        return {
            "name": f"random{self.seed}",
            **self.head,
            "layers": self.layers,
            "loss": loss,
            "values": {"style": "normal", "seed": self.seed},
        }

    def _shape(self) -> tuple[int, ...]:
        """Return the shape of the last layer's output, without the batch."""
        if not self.layers:
            return tuple(self.head["input"])
        spec = spec_of(self._raw({"type": "mse"}))
        layers = first_step(spec, order_layers(spec.layers)).layers
        return layers[-1].equations.outputs[0].tensor.shape["batch" in self.head :]

    def _add(self, layer: Raw, name: str | None = None) -> str:
        name = name or f"{layer['type'].replace('_', '')}x{len(self.layers)}"
        self.layers.append({**layer, "name": name})
        return name

    def _candidates(self) -> list[Raw]:
        return self._by_shape() + self._exponential()

    def _exponential(self) -> list[Raw]:
        """Return exp where what it takes is small, else nothing."""
        is_small = self.layers and self.layers[-1]["type"] in ("tanh", "sigmoid", "softmax")
        return [{"type": "exp"}] * 3 if self.sequences and is_small else []

    def _by_shape(self) -> list[Raw]:
        shape = self._shape()
        if len(shape) == 3:
            return self._for_images(shape)
        if len(shape) == 2:
            flatten = {"type": "flatten"}
            if self.sequences and self.random.random() < 0.6:
                return self._for_matrices(shape)
            if self.sequences and self.random.random() < 0.6:
                return self._for_rows(shape)
            return [*self.anywhere, flatten, flatten, *self.sequences]
        dense = {"type": "dense", "units": int(self.random.integers(1, 6))}
        norms = [{"type": "layer_norm"}] if shape[0] > 1 else []
        if self.head.get("batch", 1) > 1:
            norms.append({"type": "batch_norm"})
        if self.sequences and shape[0] > 1:
            norms += [{"type": "rms_norm"}] * 2
        return [*self.anywhere, *norms, dense, dense, dense]

    def _for_matrices(self, shape: tuple[int, ...]) -> list[Raw]:
        """Return what cuts, turns and adds up a matrix."""
        axis = int(self.random.integers(2))
        attention: Raw = {"type": "attention", "heads": 2 - shape[1] % 2, "causal": axis == 0}
        cut: Raw = {"type": "slice", "axis": axis, "stop": shape[axis], "start": shape[axis] // 2}
        return [
            cut,
            attention,
            {"type": "position", "kind": self._pick(["learned", "sinusoidal"])},
            {"type": "transpose", "axes": [1, 0]},
            {"type": "reshape", "shape": [shape[0] * shape[1]]},
            *({"type": kind, "axis": axis} for kind in ("sum", "sum", "mean")),
        ]

    def _for_rows(self, shape: tuple[int, ...]) -> list[Raw]:
        """Return what slides along rows: channels, and their length."""
        conv = {"type": "conv1d", "filters": 2, "kernel": min(2, shape[1]), "padding": "same"}
        kinds = ("max_pool1d", "avg_pool1d") if shape[1] > 1 else ()
        pools = [{"type": kind, "kernel": 2, "ceil_mode": True} for kind in kinds]
        return [conv, conv, *pools * 2, {"type": "global_max_pool"}]

    def _for_images(self, shape: tuple[int, ...]) -> list[Raw]:
        channels, height, width = shape
        filters = int(self.random.integers(1, 4))
        candidates: list[Raw] = [
            *self.anywhere,
            {"type": "flatten"},
            {"type": "global_avg_pool"},
            {"type": "conv2d", "filters": filters, "kernel": [min(3, height), min(2, width)]},
            {"type": "conv2d", "filters": channels, "kernel": 1, "groups": channels},
        ]
        if height * width > 1:
            candidates += [{"type": "batch_norm"}, {"type": "layer_norm"}]
        if self.sequences and height * width > 1:
            candidates += [{"type": "global_max_pool"}] * (2 if height * width <= 60 else 0)
            candidates += [{"type": "instance_norm"}, {"type": "group_norm", "groups": 1}] * 3
        if min(height, width) >= 2:
            kind = self._pick(["max_pool2d", "avg_pool2d"])
            candidates += [{"type": kind, "kernel": 2, "stride": self._pick([1, 2])}] * 2
        if max(height, width) <= 4:
            up = {"type": "conv_transpose2d", "filters": filters, "kernel": 2}
            candidates += [{**up, "stride": self._pick([1, 2])}] * 3
        return candidates

    def _branch(self) -> None:
        """Add a layer that keeps the shape, and join it with the layer before."""
        before = self.layers[-1]["name"]
        shape = self._shape()
        same: list[Raw] = [*self.anywhere]
        if len(shape) == 3:
            conv = {"type": "conv2d", "filters": shape[0], "kernel": 3, "padding": 1}
            same = [conv, conv, self._pick(self.anywhere)]
        after = self._add(self._pick(same))
        joins: list[Raw] = [{"type": "add"}, {"type": "concat"}]
        if self.sequences:
            joins.append({"type": "multiply"})
            if len(shape) == 2:
                joins += [{"type": "matmul", "transpose": True, "scale": 0.5}] * 3
        self._add(self._pick(joins) | {"from": [before, after]})

    def _loss(self) -> Raw:
        if len(self._shape()) == 1 and self._shape()[0] > 1 and self.random.random() < 0.4:
            return {"type": "cross_entropy"}
        if self.layers[-1]["type"] == "sigmoid":
            return {"type": "bce"}
        return {"type": self._pick(["mse", "half_sse"])}
