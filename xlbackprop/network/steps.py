"""One pass through the network, forward and back: its layers, its loss, and what links them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xlbackprop.contract.options import read_options
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Shape, Slip, Tensor
from xlbackprop.errors import SpecError, suggestion
from xlbackprop.layers import LAYERS, LayerEquations, Scope
from xlbackprop.losses import LOSSES, Loss, LossEquations
from xlbackprop.network.graph import Node
from xlbackprop.optimizers import Update
from xlbackprop.spec import INPUT, Spec


@dataclass(frozen=True)
class NetworkLayer:
    """A layer in its place: its equations, and the links that feed it."""

    name: str
    type: str
    sources: tuple[str, ...]
    equations: LayerEquations
    forward_links: tuple[Equation, ...]  # inputs, parameters and givens that are copies
    backward_links: tuple[Equation, ...]  # the upstream gradient from the layers after
    updates: tuple[Equation, ...] = ()

    def forward(self) -> tuple[Equation, ...]:
        """Return the equations of the forward pass, links first."""
        return (*self.forward_links, *self.equations.forward)

    def backward(self) -> tuple[Equation, ...]:
        """Return the equations of the backward pass, links first."""
        return (*self.backward_links, *self.equations.backward)


@dataclass(frozen=True)
class Step:
    """One training step, or the only pass where nothing is trained."""

    number: int
    layers: tuple[NetworkLayer, ...]  # in the order of the forward pass
    loss: LossEquations
    loss_links: tuple[Equation, ...]  # what was given in the first step: a target, or dL/dout
    updates: Mapping[str, Update] = field(default_factory=dict)  # by the parameter's first name

    def equations(self) -> list[Equation]:
        """Return all equations in order."""
        forward = [e for layer in self.layers for e in layer.forward()]
        backward = [e for layer in reversed(self.layers) for e in layer.backward()]
        updates = [e for layer in self.layers for e in layer.updates]
        loss = [*self.loss_links, *self.loss.forward, *self.loss.backward]
        return [*forward, *loss, *backward, *updates]

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all tensors, layer by layer, the loss's last."""
        targets = [equation.target for equation in self.equations()]
        found: dict[str, Tensor] = {}
        for layer in self.layers:
            part = layer.equations
            own = (*part.inputs, *part.givens, *part.parameters, part.dL_dout)
            found |= {tensor.name: tensor for tensor in own}
            found |= {tensor.name: tensor for tensor in targets if tensor.layer == layer.name}
        found |= {tensor.name: tensor for tensor in (*self.loss.givens, *targets)}
        return tuple(found.values())


def first_step(spec: Spec, nodes: tuple[Node, ...]) -> Step:
    """Return the first step, in which inputs and parameters are the user's."""
    return _Pass(spec, nodes, 1).step()


def next_step(spec: Spec, nodes: tuple[Node, ...], first: Step, before: Step) -> Step:
    """Return a further step, on the same data and the parameters updated in the step before."""
    return _Pass(spec, nodes, before.number + 1, _origins(first, before)).step()


def _origins(first: Step, before: Step) -> dict[str, Tensor]:
    """Return, for each given and parameter of the first step, what a later step copies."""
    origins = {name: update.new for name, update in before.updates.items()}
    for layer in first.layers:
        part = layer.equations
        given = (*part.inputs, *part.givens, part.dL_dout)
        origins |= {tensor.name: tensor for tensor in given if tensor.kind is Kind.GIVEN}
    return origins | {tensor.name: tensor for tensor in first.loss.givens}


class _Pass:
    """A step while its layers are being linked."""

    def __init__(
        self,
        spec: Spec,
        nodes: tuple[Node, ...],
        number: int,
        origins: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.spec, self.nodes, self.number = spec, nodes, number
        self.origins = origins or {}
        self.loss = _loss(spec)
        self.uses = Counter(source for node in nodes for source in node.sources)
        self.output = nodes[-1].name
        self.parts: dict[str, LayerEquations] = {}
        self.input: Tensor | None = None

    def step(self) -> Step:
        for node in self.nodes:
            self.parts[node.name] = self._part(node)
            self._note_input(node)
        last = self.parts[self.output]
        scope = self._scope("loss", {})
        loss = self.loss.equations(scope, last.out, last.dL_dout)
        return Step(
            self.number,
            tuple(self._linked(node) for node in self.nodes),
            loss,
            self._copies((*loss.givens, last.dL_dout)),
        )

    def _scope(self, name: str, kinds: Mapping[str, Kind]) -> Scope:
        return Scope(name, kinds, self.spec.batch is not None, self.number)

    def _shape(self, source: str) -> Shape:
        if source != INPUT:
            return self.parts[source].out.shape
        samples = () if self.spec.batch is None else (self.spec.batch,)
        return (*samples, *self.spec.input)

    def _part(self, node: Node) -> LayerEquations:
        options: Any = read_options(
            LAYERS[node.spec.type].cls, node.spec.options, f'layer "{node.name}"'
        )
        scope = self._scope(node.name, self._kinds(node))
        part: LayerEquations = options.equations(scope, *map(self._shape, node.sources))
        for source, gradient in zip(node.sources, part.gradients, strict=True):
            if gradient is None and source != INPUT:
                raise SpecError(
                    f'layer "{node.name}": its input are class numbers, through which no gradient'
                    f" flows: it must take the network's input, not {source}"
                )
        return part

    def _kinds(self, node: Node) -> dict[str, Kind]:
        if node.name == self.output:
            kinds = {"dL_dout": self.loss.dL_dout_kind}
        else:
            kinds = {"dL_dout": Kind.LINK if self.uses[node.name] == 1 else Kind.BACKWARD}
        given = self.input is None
        for number, source in enumerate(node.sources):
            kind = Kind.GIVEN if source == INPUT and given else Kind.LINK
            given = given and source != INPUT
            kinds[f"h_{number}" if len(node.sources) > 1 else "h"] = kind
        return kinds

    def _note_input(self, node: Node) -> None:
        """Remember the first tensor that shows the network's input: the others are its copies."""
        for source, tensor in zip(node.sources, self.parts[node.name].inputs, strict=True):
            if source == INPUT and self.input is None:
                self.input = tensor

    def _linked(self, node: Node) -> NetworkLayer:
        part = self.parts[node.name]
        links = []
        for source, tensor in zip(node.sources, part.inputs, strict=True):
            if source != INPUT:
                links.append(link(tensor, self.parts[source].out))
            elif self.input is not None and tensor is not self.input:
                links.append(link(tensor, self.input))
        own = self._copies((*part.inputs, *part.parameters, *part.givens))
        return NetworkLayer(
            node.name,
            node.spec.type,
            node.sources,
            part,
            (*links, *own),
            self._upstream(node),
        )

    def _copies(self, tensors: tuple[Tensor, ...]) -> tuple[Equation, ...]:
        """Return the links of those tensors that were given in the first step."""
        return tuple(
            link(tensor, self.origins[tensor.first_name])
            for tensor in tensors
            if tensor.first_name in self.origins
        )

    def _upstream(self, node: Node) -> tuple[Equation, ...]:
        """Return the equations of dL/dout: a link, or a sum of links to all that use the output."""
        gradients = [
            (user.name, gradient)
            for user in self.nodes
            for source, gradient in zip(user.sources, self.parts[user.name].gradients, strict=True)
            if source == node.name and gradient is not None
        ]
        target = self.parts[node.name].dL_dout
        if len(gradients) < 2:
            return tuple(link(target, gradient) for _, gradient in gradients)
        scope = self._scope(node.name, {})
        links = [
            link(_copy_of_gradient(scope, target, user, number), gradient)
            for number, (user, gradient) in enumerate(gradients)
        ]
        return (*links, _sum(target, [one.target for one in links]))


def _copy_of_gradient(scope: Scope, target: Tensor, user: str, number: int) -> Tensor:
    return scope.tensor(
        f"dL_dout_{number}",
        target.shape,
        "".join(target.axes),
        Kind.LINK,
        f"from {user}",
        block_rank=target.block_rank,
        place=Place.BESIDE,
        belongs_to=target,
        vertical=target.vertical,
    )


def _sum(target: Tensor, parts: list[Tensor]) -> Equation:
    sources = {f"part{number}": part for number, part in enumerate(parts)}
    index = ",".join(target.axes)
    return Equation(
        target,
        sources,
        compute=lambda **arrays: sum(arrays.values()),
        formula=lambda at, *index: "+".join(getattr(at, letter)[index] for letter in sources),
        math=Math(
            f"{target.title}[{index}] = " + " + ".join(part.title for part in parts),
            full=f"{target.title}[{index}] = "
            + " + ".join(f"{part.title}[{index}]" for part in parts),
            why="The output is used more than once: what comes back from all its uses adds up.",
        ),
        slips=_slips_of_sum(len(parts)),
    )


def _slips_of_sum(number: int) -> tuple[Slip, ...]:
    hint = f"Add up what comes back from all {number} uses of the output"

    def only(position: int) -> Callable[..., Array]:
        return lambda **arrays: list(arrays.values())[position]

    return (
        Slip("only the first branch", f"{hint}: yours has the first only.", only(0)),
        Slip("only the last branch", f"{hint}: yours has the last only.", only(-1)),
        Slip(
            "mean over the branches for their sum",
            f"{hint}, and do not divide by {number}.",
            lambda **arrays: np.mean(list(arrays.values()), axis=0),
        ),
    )


def _loss(spec: Spec) -> Loss:
    if spec.loss.type not in LOSSES:
        raise SpecError(
            f"[loss]: unknown type {spec.loss.type!r}{suggestion(spec.loss.type, LOSSES)}"
        )
    return read_options(LOSSES[spec.loss.type], spec.loss.options, "[loss]")


def link(target: Tensor, source: Tensor) -> Equation:
    """Return the equation of a tensor that shows another one's cells."""
    return Equation(
        target,
        {"x": source},
        compute=lambda x: x,
        formula=lambda at, *index: at.x[index],
        math=Math(f"{target.title} = {source.name}"),
    )
