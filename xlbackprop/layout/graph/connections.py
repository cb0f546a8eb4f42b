"""What is in the graph: its boxes by name, and what flows between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlbackprop.contract.port import Port
from xlbackprop.equation import Shape, Tensor
from xlbackprop.layout.graph.drawing import Run, Way
from xlbackprop.network import Network
from xlbackprop.network.graph import Source
from xlbackprop.network.steps import NetworkLayer

LOSS = "L"
_MOST_BESIDE = 4
# Layers that are an operation and nothing else, and its sign.
_SIGNS = {"add": "+", "multiply": "×"}


@dataclass(frozen=True)
class Connection:
    """What flows between two boxes: the shape of the values, the name of their gradient."""

    source: str
    user: str
    shape: Shape
    gradient: str = ""
    output: str = ""  # the source's, where it is named

    @property
    def runs(self) -> tuple[Run, ...]:
        """What is written beside it: first what flows forward, then what flows back."""
        value = f"{self.output} {sizes(self.shape)}".strip()
        back: tuple[Run, ...] = ((self.gradient, Way.BACKWARD),) if self.gradient else ()
        return ((value, Way.FORWARD), *back)


@dataclass(frozen=True)
class Node:
    """A box to be: its name, what it is, and the lines of what is given to it from beside."""

    name: str
    about: str
    look: str
    beside: tuple[tuple[Run, ...], ...] = ()
    learns: bool = False  # whether gradients flow to what stands beside it


def nodes_of(network: Network) -> list[Node]:
    """Return the boxes in the order in which they are computed, from the inputs to L."""
    samples = () if network.spec.batch is None else (network.spec.batch,)
    inputs = [
        Node(name, sizes((*samples, *shape)), "input")
        for name, shape in network.spec.sizes_of_inputs.items()
    ]
    given = _lines(network.loss.givens)
    loss = Node(LOSS, network.spec.loss.type, "loss", given)
    return [*inputs, *map(_node, network.layers), loss]


def connections(network: Network) -> list[Connection]:
    """Return all connections, from the inputs to L."""
    found = [
        _connection(source, layer.name, port)
        for layer in network.layers
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True)
    ]
    last = network.layers[-1]
    return [*found, _connection(Source(last.name), LOSS, last.equations.outputs[0])]


def sizes(shape: Shape) -> str:
    """Return a shape as people write it: 2×5×5."""
    return "×".join(map(str, shape)) or "1"


def _node(layer: NetworkLayer) -> Node:
    part, sign = layer.equations, _SIGNS.get(layer.type, "")
    lines = [
        ((f"{port.tensor.title} {sizes(port.tensor.shape)}  ", Way.FORWARD),
         (port.gradient.title, Way.BACKWARD))
        for port in layer.parameters
    ]  # fmt: skip
    beside = (*lines, *_lines(part.givens))
    if len(beside) > _MOST_BESIDE:
        more: Run = (f"and {len(beside) - _MOST_BESIDE + 1} more", Way.NEITHER)
        beside = (*beside[: _MOST_BESIDE - 1], (more,))
    look = "sum" if sign else "layer"
    return Node(layer.name, sign or layer.type, look, beside, bool(lines))


def _lines(givens: Iterable[Tensor]) -> tuple[tuple[Run, ...], ...]:
    return tuple(((f"{one.title} {sizes(one.shape)}", Way.FORWARD),) for one in givens)


def _connection(source: Source, user: str, port: Port) -> Connection:
    gradient = port.gradient.title if port.flows else ""
    return Connection(source.layer, user, port.tensor.shape, gradient, source.output)
