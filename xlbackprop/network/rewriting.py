"""Equations told of tensors that are not what their layer took them for.

A layer makes its tensors before the network knows where they come from and where they go. Once it
does, the equations are rewritten with the tensors as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from xlbackprop.contract.port import Port
from xlbackprop.equation import Equation, Slip, Tensor
from xlbackprop.layers import LayerEquations
from xlbackprop.losses import LossEquations

Changes = Mapping[str, Tensor]  # the tensors as they are, by the names that they have so far


def rewritten_layer(part: LayerEquations, changes: Changes) -> LayerEquations:
    """Return a layer's ports and equations with the tensors that have changed."""
    return replace(
        part,
        inputs=_ports(part.inputs, changes),
        outputs=_ports(part.outputs, changes),
        parameters=_ports(part.parameters, changes),
        givens=tuple(_new(tensor, changes) for tensor in part.givens),
        forward=rewritten(part.forward, changes),
        backward=rewritten(part.backward, changes),
    )


def rewritten_loss(loss: LossEquations, changes: Changes) -> LossEquations:
    """Return a loss's tensors and equations with the tensors that have changed."""
    return replace(
        loss,
        givens=tuple(_new(tensor, changes) for tensor in loss.givens),
        forward=rewritten(loss.forward, changes),
        backward=rewritten(loss.backward, changes),
    )


def rewritten(equations: Iterable[Equation], changes: Changes) -> tuple[Equation, ...]:
    """Return equations with the tensors that have changed."""
    return tuple(_equation(equation, changes) for equation in equations)


def _ports(ports: Iterable[Port], changes: Changes) -> tuple[Port, ...]:
    return tuple(
        Port(_new(port.tensor, changes), _new(port.gradient, changes), port.flows) for port in ports
    )


def _equation(equation: Equation, changes: Changes) -> Equation:
    return replace(
        equation,
        target=_new(equation.target, changes),
        sources=_sources(equation.sources, changes),
        slips=tuple(_slip(slip, changes) for slip in equation.slips),
    )


def _slip(slip: Slip, changes: Changes) -> Slip:
    return replace(slip, sources=_sources(slip.sources, changes)) if slip.sources else slip


def _sources(sources: Changes, changes: Changes) -> dict[str, Tensor]:
    return {letter: _new(tensor, changes) for letter, tensor in sources.items()}


def _new(tensor: Tensor, changes: Changes) -> Tensor:
    return changes.get(tensor.name, tensor)
