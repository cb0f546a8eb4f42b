"""The layers of one pass as they made themselves, and what feeds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlbackprop.contract.port import Port
from xlbackprop.equation import Shape, Tensor
from xlbackprop.errors import SpecError, suggestion
from xlbackprop.layers import LayerEquations
from xlbackprop.network.gather import Use
from xlbackprop.network.graph import Node, Source


@dataclass(frozen=True)
class Feed:
    """An input of a layer, and the output that it takes: None for the network's input."""

    node: Node
    port: Port
    output: Port | None
    source: Source


@dataclass(frozen=True)
class Wiring:
    """The layers by name, those before the last being complete while they are being made."""

    nodes: tuple[Node, ...]
    inputs: Mapping[str, Shape]  # the network's by name, with the batch
    parts: Mapping[str, LayerEquations]

    @property
    def last_output(self) -> Port:
        """What the network gives to the loss."""
        return self.parts[self.nodes[-1].name].outputs[0]

    def shown_input(self, name: str) -> Tensor | None:
        """Return the first tensor that shows an input of the network: the others are copies."""
        shows = (feed.port.tensor for feed in self.feeds() if feed.source.layer == name)
        return next(shows, None) if name in self.inputs else None

    def output(self, node: Node, source: Source) -> Port | None:
        """Return the output that a node takes, None for the network's input.

        Raises SpecError where the layer has no such output.
        """
        if source.layer in self.inputs:
            return None
        outputs = {port.tensor.short: port for port in self.parts[source.layer].outputs}
        if source.output and source.output not in outputs:
            raise SpecError(
                f'layer "{node.name}": from = "{source}": {source.layer} has no output'
                f" {source.output!r}{suggestion(source.output, outputs)}"
            )
        return outputs[source.output] if source.output else next(iter(outputs.values()))

    def shapes(self, node: Node) -> list[Shape]:
        """Return the shapes of what a node takes."""
        outputs = [(source, self.output(node, source)) for source in node.sources]
        return [
            output.tensor.shape if output else self.inputs[source.layer]
            for source, output in outputs
        ]

    def feeds(self) -> Iterator[Feed]:
        """Yield all inputs of all layers, in order."""
        for node in self.nodes:
            inputs = self.parts[node.name].inputs
            for source, port in zip(node.sources, inputs, strict=True):
                yield Feed(node, port, self.output(node, source), source)

    def uses(self) -> dict[str, list[Use]]:
        """Return where each output is used, by tensor; the network's inputs by their names."""
        uses: dict[str, list[Use]] = {name: [] for name in self.inputs}
        for part in self.parts.values():
            uses |= {port.tensor.name: [] for port in part.outputs}
        for feed in self.feeds():
            if feed.port.flows:
                used = feed.output.tensor.name if feed.output else feed.source.layer
                uses[used].append(Use(feed.node.name, feed.port.gradient))
        return uses
