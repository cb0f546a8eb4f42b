"""A pass through the network while its layers are being made and linked.

Each layer first makes its equations without knowing where its inputs come from. Then the roles of
its ports decide: what the network is given is given here, all else is a link to where it comes
from, and gradients gather at what they are the gradients of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from xlbackprop.contract.invariants import check_layer, check_loss
from xlbackprop.contract.options import read_options
from xlbackprop.contract.synonyms import meant
from xlbackprop.equation import Equation, Kind, Place, Role, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.layers import LAYERS, LayerEquations, Scope
from xlbackprop.losses import LOSSES, Loss
from xlbackprop.network import gather
from xlbackprop.network.chain_rule import with_chain_rule, with_first_step
from xlbackprop.network.freezing import frozen
from xlbackprop.network.gather import Use, gathered, link
from xlbackprop.network.graph import Node
from xlbackprop.network.penalty import Penalty, penalized
from xlbackprop.network.rewriting import rewritten_layer, rewritten_loss
from xlbackprop.network.roles import told_roles
from xlbackprop.network.sharing import (
    borrowed,
    check_shared,
    shared_gradients,
    shared_links,
    with_own_use,
)
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.network.wiring import Wiring
from xlbackprop.spec import INPUT, Spec


def first_step(spec: Spec, nodes: tuple[Node, ...], *, folds: bool = True) -> Step:
    """Return the first step, in which inputs and parameters are the user's.

    `folds` says whether long vectors are folded.
    """
    return _Pass(spec, nodes, 1, folds=folds).step()


def next_step(
    spec: Spec, nodes: tuple[Node, ...], first: Step, before: Step, *, folds: bool = True
) -> Step:
    """Return a further step, on the parameters updated in the step before.

    Its data are those of the first step, or its own where the spec says so.
    """
    origins = _origins(spec, first, before)
    return _Pass(spec, nodes, before.number + 1, origins, folds=folds).step()


def _origins(spec: Spec, first: Step, before: Step) -> dict[str, Tensor]:
    """Return, by its name in the first step, what a later step copies of what was chosen there."""
    chosen = {tensor.name: tensor for tensor in first.tensors() if not tensor.kind.is_computed}
    if _has_own_data(spec):
        chosen = {
            name: one
            for name, one in chosen.items()
            if Kind.GIVEN is not one.kind or one.role is Role.PARAMETER
        }
    return chosen | {name: update.new for name, update in before.updates.items()}


def _has_own_data(spec: Spec) -> bool:
    return spec.training is not None and spec.training.has_own_data


class _Pass:
    """A step while its layers are being linked."""

    def __init__(
        self,
        spec: Spec,
        nodes: tuple[Node, ...],
        number: int,
        origins: Mapping[str, Tensor] | None = None,
        *,
        folds: bool = True,
    ) -> None:
        self.spec, self.nodes, self.number = spec, nodes, number
        self.origins = origins or {}
        in_row = spec.training is not None and spec.training.has_rows
        self.row_lengths: dict[int, int] | None = {} if folds and not in_row else None

    def step(self) -> Step:
        made = self._made()
        out = made.last_output
        loss = chosen_loss(self.spec).equations(self._scope("loss"), out)
        loss = replace(loss, about=". ".join([loss.about, *self.spec.remarks]))
        check_loss(f'loss "{self.spec.loss.type}"', loss, out)
        is_first = self.number == 1
        told = told_roles(
            made,
            loss,
            given=Kind.GIVEN if is_first or _has_own_data(self.spec) else Kind.LINK,
            parameter=Kind.PARAMETER if is_first else Kind.LINK,
        )
        parts = {name: rewritten_layer(part, told) for name, part in made.parts.items()}
        loss, wiring = rewritten_loss(loss, told), replace(made, parts=parts)
        uses = wiring.uses()
        layers = tuple(self._linked(node, wiring, uses) for node in self.nodes)
        links = tuple(self._copies((*loss.givens, wiring.last_output.gradient)))
        layers, loss = penalized(chosen_penalty(self.spec), layers, loss, self._scope)
        loss = with_first_step(loss, wiring.last_output.tensor)
        return Step(self.number, tuple(map(with_chain_rule, layers)), loss, links)

    def _scope(self, name: str) -> Scope:
        training = self.spec.training
        in_row = training is not None and training.has_rows
        is_last, rows = name == self.nodes[-1].name, self.row_lengths
        return Scope(name, self.spec.batch is not None, self.number, in_row, is_last, rows)

    # The layers by themselves.

    def _made(self) -> Wiring:
        samples = () if self.spec.batch is None else (self.spec.batch,)
        parts: dict[str, LayerEquations] = {}
        inputs = {name: (*samples, *own) for name, own in self.spec.sizes_of_inputs.items()}
        wiring = Wiring(self.nodes, inputs, parts)
        for node in self.nodes:
            parts[node.name] = self._part(node, wiring)
        _refuse_class_numbers(wiring)
        return wiring

    def _part(self, node: Node, wiring: Wiring) -> LayerEquations:
        where, shapes = f'layer "{node.name}"', wiring.shapes(node)
        options: Any = read_options(LAYERS[node.spec.type].cls, node.spec.options, where)
        part: LayerEquations = options.equations(self._scope(node.name), *shapes)
        check_layer(where, part, len(shapes))
        for tensor in (port.tensor for port in part.outputs):
            if tensor.row_length and self.row_lengths is not None:
                self.row_lengths[tensor.size] = tensor.row_length
        if not node.spec.trainable:
            return frozen(node, part)
        if node.owner:
            check_shared(node, part, wiring.parts[node.owner])
        return part

    # What links them.

    def _linked(self, node: Node, wiring: Wiring, uses: Mapping[str, list[Use]]) -> NetworkLayer:
        part, scope = wiring.parts[node.name], self._scope(node.name)
        users = [(one.name, wiring.parts[one.name]) for one in self.nodes if one.owner == node.name]
        gradients = [*shared_gradients(part, users, scope)] if users else []
        for name in wiring.inputs:
            gradients += self._gradient_of_input(node, wiring, name, uses[name])
        if users:
            part = with_own_use(part, users, scope)
        elif node.owner:
            part = borrowed(part, node.owner)
        return NetworkLayer(
            node.name,
            node.spec.type,
            node.sources,
            part,
            parameters=() if node.owner else part.parameters,
            forward_links=tuple(self._forward_links(node, wiring)),
            backward_links=tuple(self._backward_links(node, wiring, uses)),
            gathered=tuple(gradients),
        )

    def _forward_links(self, node: Node, wiring: Wiring) -> Iterator[Equation]:
        part = wiring.parts[node.name]
        for source, port in zip(node.sources, part.inputs, strict=True):
            output = wiring.output(node, source)
            origin = output.tensor if output else wiring.shown_input(source.layer)
            if origin and origin != port.tensor:
                yield link(port.tensor, origin)
        chosen = [port.tensor for port in (*part.inputs, *part.parameters)]
        yield from self._copies((*chosen, *part.givens))
        if node.owner:
            yield from shared_links(part, wiring.parts[node.owner])

    def _copies(self, tensors: Iterable[Tensor]) -> Iterator[Equation]:
        """Yield the links of those tensors that were given in the first step."""
        for tensor in tensors:
            if tensor.first_name in self.origins:
                yield link(tensor, self.origins[tensor.first_name])

    def _backward_links(
        self, node: Node, wiring: Wiring, uses: Mapping[str, list[Use]]
    ) -> Iterator[Equation]:
        """Yield the equations of the gradients of a layer's outputs, but for what the loss has."""
        for port in wiring.parts[node.name].outputs:
            if port.flows and port != wiring.last_output:
                scope = self._scope(node.name)
                yield from gathered(scope, port.gradient, uses[port.tensor.name], gather.OUTPUT)

    def _gradient_of_input(
        self, node: Node, wiring: Wiring, name: str, uses: list[Use]
    ) -> Iterator[Equation]:
        """Yield the gradient of an input of the network where it is used more than once."""
        shown = wiring.shown_input(name)
        if shown and shown.layer == node.name and len(uses) > 1:
            scope, about = self._scope(node.name), "gradient of the network's input"
            short = f"dL_d{INPUT}"
            if self.spec.inputs:
                short, about = f"{short}_{name}", f"{about} {name}"
            target = scope.beside(shown, short, Kind.BACKWARD, about, Place.BELOW)
            yield from gathered(scope, target, uses, gather.INPUT)


def _refuse_class_numbers(wiring: Wiring) -> None:
    """Raise SpecError where a gradient would have to flow through class numbers."""
    for feed in wiring.feeds():
        if feed.output and feed.output.flows and not feed.port.flows:
            raise SpecError(
                f'layer "{feed.node.name}": its input are class numbers, through which no gradient'
                f" flows: it must take the network's input, not {feed.output.tensor.layer}"
            )


def chosen_loss(spec: Spec) -> Loss:
    """Return the loss that a spec names. Raises SpecError where there is none."""
    if spec.loss.type not in LOSSES:
        raise SpecError(f"[loss]: unknown type {spec.loss.type!r}{meant(spec.loss.type, LOSSES)}")
    of_weights = {option.name for option in fields(Penalty)}
    own = {key: value for key, value in spec.loss.options.items() if key not in of_weights}
    return read_options(LOSSES[spec.loss.type], own, "[loss]")


def chosen_penalty(spec: Spec) -> Penalty:
    """Return what a spec's loss says of the weights."""
    options = spec.loss.options
    given = {one.name: options[one.name] for one in fields(Penalty) if one.name in options}
    return read_options(Penalty, given, "[loss]")
