"""What the roles of the ports make of their tensors: given, linked, computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xlbackprop.equation import Kind, Role, Tensor
from xlbackprop.losses import LossEquations
from xlbackprop.network.rewriting import Changes
from xlbackprop.network.wiring import Wiring


def told_roles(wiring: Wiring, loss: LossEquations, *, given: Kind, parameter: Kind) -> Changes:
    """Return the tensors of all ports and givens as they are in the network, by their names.

    `given` and `parameter` are what is chosen in the first training step, and in the later ones
    links to it, or to the step before.
    """
    told = (*_inputs(wiring, given), *_parts(wiring, given, parameter), *_loss(wiring, loss, given))
    return {tensor.name: replace(tensor, kind=kind, role=role) for tensor, kind, role in told}


Told = Iterator[tuple[Tensor, Kind, Role]]


def _inputs(wiring: Wiring, given: Kind) -> Told:
    for feed in wiring.feeds():
        is_shown = feed.port.tensor == wiring.shown_input(feed.source.layer)
        yield feed.port.tensor, given if is_shown else Kind.LINK, Role.INPUT
        yield feed.port.gradient, Kind.BACKWARD, Role.INPUT_GRADIENT


def _parts(wiring: Wiring, given: Kind, parameter: Kind) -> Told:
    uses = wiring.uses()
    for node in wiring.nodes:
        part = wiring.parts[node.name]
        for port in part.parameters:
            yield port.tensor, Kind.LINK if node.owner else parameter, Role.PARAMETER
            about = f"{port.gradient.about}, from this use" if node.owner else port.gradient.about
            gradient = replace(port.gradient, about=about)
            yield gradient, Kind.BACKWARD, Role.PARAMETER_GRADIENT
        for port in part.outputs:
            is_linked = len(uses[port.tensor.name]) == 1
            yield port.tensor, Kind.FORWARD, Role.OUTPUT
            yield port.gradient, Kind.LINK if is_linked else Kind.BACKWARD, Role.OUTPUT_GRADIENT
        for tensor in part.givens:
            if tensor.kind is Kind.PARAMETER:  # a frozen one: the same in all steps
                stays = Kind.GIVEN if parameter is Kind.PARAMETER else Kind.LINK
                yield tensor, stays, Role.PARAMETER
            else:
                yield tensor, given, Role.GIVEN


def _loss(wiring: Wiring, loss: LossEquations, given: Kind) -> Told:
    for tensor in loss.givens:
        yield tensor, given, Role.GIVEN
    upstream = wiring.last_output.gradient
    is_computed = any(equation.target.name == upstream.name for equation in loss.backward)
    yield upstream, Kind.BACKWARD if is_computed else given, Role.OUTPUT_GRADIENT
