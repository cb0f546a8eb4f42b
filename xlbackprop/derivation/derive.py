"""A network's equations in the order in which one derives them, with the sizes of their tensors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlbackprop.equation import Equation, Tensor
from xlbackprop.network import Network
from xlbackprop.network.steps import NetworkLayer, Step


@dataclass(frozen=True)
class Part:
    """The equations of one layer in one pass, or of the loss."""

    title: str  # "conv1 · conv2d"
    remarks: tuple[str, ...]  # a sentence each
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Chapter:
    """One pass through the network: forward, the loss, backward, updates."""

    title: str
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Derivation:
    """All equations of a network; those of training steps after the second repeat the second's."""

    name: str
    about: str
    remarks: tuple[str, ...]
    chapters: tuple[Chapter, ...]


REMARKS = (
    "Indices start at 0. Shapes are those of PyTorch: channels, rows, columns, and samples before"
    " them where there is a batch; the weights of a convolution are filters, channels, rows,"
    " columns, those of a dense layer outputs, inputs.",
    "h is a layer's input, w its weights, b its bias, out its output, L the loss. Every gradient"
    " has the size of what it is the gradient of.",
)


def derive(network: Network) -> Derivation:
    """Return the derivation of a network, forward and backward, losses and updates."""
    first = network.steps[0]
    chapters = [
        _chapter("Forward pass", (_forward(layer) for layer in first.layers)),
        _chapter("Loss", [_loss(network, first)]),
        _chapter("Backward pass", (_backward(layer) for layer in reversed(first.layers))),
        _updates(network),
        _next_step(network),
    ]
    return Derivation(
        network.spec.name,
        network.spec.about,
        REMARKS,
        tuple(chapter for chapter in chapters if chapter.parts),
    )


def size_of(tensor: Tensor) -> str:
    """Return a tensor's size as people write it: `3×2×3×3`, `5`, or `a single number`."""
    return "×".join(map(str, tensor.shape)) or "a single number"


def sources_of(equation: Equation) -> tuple[Tensor, ...]:
    """Return the tensors that an equation is made from, each once."""
    return tuple({tensor.name: tensor for tensor in equation.sources.values()}.values())


def name_in(equation: Equation, tensor: Tensor) -> str:
    """Return what the equation calls a tensor: its title, or its full name (`conv1.out`)."""
    return tensor.name if tensor.name in equation.math.text else tensor.title


def _chapter(title: str, parts: Iterable[Part], *remarks: str) -> Chapter:
    return Chapter(title, remarks, tuple(part for part in parts if part.equations))


def _title(layer: NetworkLayer) -> str:
    return f"{layer.name} · {layer.type}"


def _forward(layer: NetworkLayer) -> Part:
    part = layer.equations
    remarks = (f"{part.about}.", part.note) if part.note else (f"{part.about}.",)
    return Part(_title(layer), remarks, layer.forward())


def _loss(network: Network, step: Step) -> Part:
    about = (f"{step.loss.about}.",)
    return Part(network.spec.loss.type, about, (*step.loss.forward, *step.loss.backward))


def _backward(layer: NetworkLayer) -> Part:
    return Part(_title(layer), (), layer.backward())


def _updates(network: Network) -> Chapter:
    parts = [Part(_title(layer), (), layer.updates) for layer in network.layers]
    if not network.training:
        return _chapter("Updates", parts)
    training = network.training
    shared = (*training.before, *network.steps[0].clipping)
    parts = [Part("training", (), shared), *parts] if shared else parts
    rates = ", ".join(
        f"{rate.short} = {rate.domain.initial:g}"
        for rate in training.rates.values()
        if rate.domain.initial is not None
    )
    return _chapter("Updates", parts, f"The optimizer is {training.name}, with {rates}.")


def _next_step(network: Network) -> Chapter:
    """Return what is different in the second training step, and in all that follow."""
    if len(network.steps) < 2:
        return _chapter("Further steps", [])
    known = {equation.math.text for equation in network.steps[0].equations()}
    parts = [
        Part(
            _title(layer),
            (),
            tuple(
                equation
                for equation in (*layer.forward_links, *layer.updates)
                if equation.math.text not in known
            ),
        )
        for layer in network.steps[1].layers
    ]
    return _chapter(
        "Further steps",
        parts,
        "The second step is the first with updated parameters. These equations are new in it, and"
        " each step after it has the same, on the step before.",
    )
