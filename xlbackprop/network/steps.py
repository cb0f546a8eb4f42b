"""One pass through the network, forward and back: its layers, its loss, and what links them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xlbackprop.contract.port import Port
from xlbackprop.equation import Equation, Tensor
from xlbackprop.layers import LayerEquations
from xlbackprop.losses import LossEquations
from xlbackprop.network.graph import Source
from xlbackprop.optimizers import Update


@dataclass(frozen=True)
class NetworkLayer:
    """A layer in its place: its equations, and the links that feed it."""

    name: str
    type: str
    sources: tuple[Source, ...]
    equations: LayerEquations
    parameters: tuple[Port, ...]  # those that it owns: not what it shares with an earlier layer
    forward_links: tuple[Equation, ...]  # inputs, parameters and givens that are copies
    backward_links: tuple[Equation, ...]  # the upstream gradients from the layers after
    gathered: tuple[Equation, ...] = ()  # gradients of what other layers use, too: their sums
    updates: tuple[Equation, ...] = ()
    states: tuple[Tensor, ...] = ()  # of the optimizer, given before the first step

    def forward(self) -> tuple[Equation, ...]:
        """Return the equations of the forward pass, links first."""
        return (*self.forward_links, *self.equations.forward)

    def backward(self) -> tuple[Equation, ...]:
        """Return the equations of the backward pass, links first."""
        return (*self.backward_links, *self.equations.backward, *self.gathered)


@dataclass(frozen=True)
class Step:
    """One training step, or the only pass where nothing is trained."""

    number: int
    layers: tuple[NetworkLayer, ...]  # in the order of the forward pass
    loss: LossEquations
    loss_links: tuple[Equation, ...]  # what was given in the first step: a target, or dL/dout
    updates: Mapping[str, Update] = field(default_factory=dict)  # by the parameter's first name
    clipping: tuple[Equation, ...] = ()  # what the gradients' norm makes of all of them

    def equations(self) -> list[Equation]:
        """Return all equations in order."""
        forward = [e for layer in self.layers for e in layer.forward()]
        backward = [e for layer in reversed(self.layers) for e in layer.backward()]
        updates = [e for layer in self.layers for e in layer.updates]
        loss = [*self.loss_links, *self.loss.forward, *self.loss.backward]
        return [*forward, *loss, *backward, *self.clipping, *updates]

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all tensors, layer by layer, the loss's last."""
        targets = [equation.target for equation in self.equations()]
        found: dict[str, Tensor] = {}
        for layer in self.layers:
            part = layer.equations
            own = [port.tensor for port in part.inputs]
            own += part.givens
            own += [port.tensor for port in part.parameters]
            own += [port.gradient for port in part.outputs if port.flows]
            own += [tensor for tensor in targets if tensor.layer == layer.name]
            own += layer.states
            found |= {tensor.name: tensor for tensor in own}
        found |= {tensor.name: tensor for tensor in (*self.loss.givens, *targets)}
        return tuple(found.values())
