"""A network as summaries show it: layers, shapes, parameters, multiply-adds, cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlbackprop.equation import Shape
from xlbackprop.models.products import multiply_adds
from xlbackprop.network import Network, build_network
from xlbackprop.network.steps import NetworkLayer
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec


@dataclass(frozen=True)
class LayerSummary:
    """A layer: its output's shape, and what it takes; `cells` are those of all training steps.

    `parameters` are its own, not those that it shares with an earlier layer; `multiply_adds` are
    those of one forward pass.
    """

    name: str
    type: str
    output: Shape
    parameters: int
    multiply_adds: int
    cells: int


@dataclass(frozen=True)
class Summary:
    """A network and its layers; `cells` are those of the whole workbook, the loss's included."""

    name: str
    steps: int
    layers: tuple[LayerSummary, ...]
    parameters: int
    multiply_adds: int
    cells: int

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain lists and dictionaries."""
        return asdict(self)


def describe(spec: Spec | str | Path) -> Summary:
    """Return what the network of a spec consists of, layer by layer.

    `spec` is a Spec, a template's name or a path. Raises SpecError where the network cannot be
    built.
    """
    return summary_of(build_network(spec if isinstance(spec, Spec) else load_spec(spec)))


def summary_of(network: Network) -> Summary:
    """Return what a network consists of."""
    cells: Counter[str] = Counter()
    for tensor in network.tensors.values():
        cells[tensor.layer] += tensor.size
    layers = tuple(_layer(layer, cells[layer.name]) for layer in network.layers)
    return Summary(
        network.spec.name,
        len(network.steps),
        layers,
        sum(layer.parameters for layer in layers),
        sum(layer.multiply_adds for layer in layers),
        cells.total(),
    )


def _layer(layer: NetworkLayer, cells: int) -> LayerSummary:
    return LayerSummary(
        layer.name,
        layer.type,
        layer.equations.outputs[0].tensor.shape,
        sum(port.tensor.size for port in layer.parameters),
        multiply_adds(layer.equations.forward),
        cells,
    )
