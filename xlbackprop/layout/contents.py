"""What stands on each sheet: the bands of tensors, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlbackprop.equation import Kind, Tensor
from xlbackprop.network import Network
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.network.training import OWNER as TRAINING


@dataclass(frozen=True)
class SheetContent:
    """What stands on one sheet: its head, and its bands of tensors from top to bottom."""

    name: str
    title: str
    about: str
    bands: tuple[tuple[str, list[Tensor]], ...]


def sheet_contents(network: Network) -> Iterator[SheetContent]:
    """Yield what stands on each sheet: the layers in order, then the training."""
    for number, layer in enumerate(network.layers):
        part = layer.equations
        bands = [band for step in network.steps for band in bands_of(step, number)]
        about = ". ".join(filter(None, [part.about, part.note]))
        yield SheetContent(layer.name, f"{layer.name} · {layer.type}", about, tuple(bands))
    if network.training:
        training = network.training
        yield SheetContent(
            TRAINING,
            f"training · {training.name}",
            f"{training.steps} step{'s' * (training.steps > 1)}; turn a hyperparameter, and all"
            " steps follow",
            (("TRAINING", training.shown(network.steps)),),
        )


def bands_of(step: Step, number: int) -> Iterator[tuple[str, list[Tensor]]]:
    """Yield the bands of a layer, by its number, in a step: forward, backward, update."""
    layer = step.layers[number]
    prefix = f"STEP {step.number} · " if step.number > 1 or layer.updates else ""
    yield f"{prefix}FORWARD  →", _forward(step, layer)
    yield f"{prefix}BACKWARD  ←", _backward(layer)
    if layer.updates:
        of_layer = [e.target for e in step.clipping if e.target.layer == layer.name]
        updates = [equation.target for equation in layer.updates]
        yield f"{prefix}UPDATE  ↓", [*layer.states, *of_layer, *updates]


def _forward(step: Step, layer: NetworkLayer) -> list[Tensor]:
    part = layer.equations
    outputs = [port.tensor for port in part.outputs]
    targets = [equation.target for equation in part.forward if equation.target not in outputs]
    inputs = [port.tensor for port in part.inputs]
    parameters = [port.tensor for port in part.parameters]
    tensors = [*inputs, *part.givens, *parameters, *targets, *outputs]
    if layer is step.layers[-1]:
        tensors += [*step.loss.givens, *(equation.target for equation in step.loss.forward)]
    return tensors


def _backward(layer: NetworkLayer) -> list[Tensor]:
    part = layer.equations
    upstream = [port.gradient for port in part.outputs if port.flows]
    links = [e.target for e in layer.backward_links if e.target not in upstream]
    # A sum comes below what it is the sum of, and a gradient before the helpers that stand below
    # it in the same column.
    targets = [equation.target for equation in (*part.backward, *layer.gathered)]
    ordered = sorted(targets, key=lambda tensor: tensor.kind is Kind.HELPER)
    return [*upstream, *links, *ordered]
