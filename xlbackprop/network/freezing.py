"""Layers whose parameters stay as they are: given numbers, with no gradient and no update."""

from __future__ import annotations

from dataclasses import replace

from xlbackprop.equation import Equation
from xlbackprop.errors import SpecError
from xlbackprop.layers import LayerEquations
from xlbackprop.network.graph import Node


def frozen(node: Node, part: LayerEquations) -> LayerEquations:
    """Return a layer's equations without the gradients of its parameters, which are given.

    Raises SpecError where there are none, or other layers share them.
    """
    where = f'layer "{node.name}": trainable = false'
    if not part.parameters:
        raise SpecError(f"{where}: {node.spec.type} has no parameters")
    if node.spec.share:
        raise SpecError(f"{where}: layers that share their parameters are trained")
    note = "Its parameters are frozen: they have no gradient, and nothing updates them."
    return replace(
        part,
        parameters=(),
        givens=(*part.givens, *(port.tensor for port in part.parameters)),
        backward=_for_inputs(part),
        note=" ".join(filter(None, [part.note, note])),
    )


def _for_inputs(part: LayerEquations) -> tuple[Equation, ...]:
    """Return the equations of the way back that the inputs' gradients need."""
    needed = {port.gradient.name for port in part.inputs if port.flows}
    kept: list[Equation] = []
    for equation in reversed(part.backward):
        if equation.target.name in needed:
            needed |= {tensor.name for tensor in equation.sources.values()}
            kept.append(equation)
    gone = {equation.target.name for equation in part.backward} - needed
    return tuple(_without_slips_of(gone, equation) for equation in reversed(kept))


def _without_slips_of(gone: set[str], equation: Equation) -> Equation:
    slips = tuple(
        slip
        for slip in equation.slips
        if not any(tensor.name in gone for tensor in slip.sources.values())
    )
    return replace(equation, slips=slips)
