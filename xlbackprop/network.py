"""A Spec made into tensors and equations, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Math, Shape, Tensor
from xlbackprop.errors import SpecError, suggestion
from xlbackprop.layers import LAYERS, LayerEquations, Scope
from xlbackprop.layers.options import read_options
from xlbackprop.losses import LOSSES, Loss, LossEquations
from xlbackprop.spec import LayerSpec, Spec

# Beyond this many cells no spreadsheet is a page any more; it also bounds what a workbook from
# a stranger can make us compute.
MAX_CELLS = 1_000_000


@dataclass(frozen=True)
class NetworkLayer:
    """A layer in its place: its name, its type, its equations, and the links that feed it."""

    name: str
    type: str
    equations: LayerEquations
    links: tuple[Equation, ...]  # h from the layer before, dL_dout from the layer after


@dataclass(frozen=True)
class Network:
    """All tensors by name, and all equations so that each comes after those it needs."""

    spec: Spec
    layers: tuple[NetworkLayer, ...]
    loss: LossEquations
    tensors: Mapping[str, Tensor]
    equations: tuple[Equation, ...]

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors whose numbers a person chooses: givens and parameters."""
        return tuple(t for t in self.tensors.values() if not t.kind.is_computed)

    def evaluate(
        self, values: Mapping[str, Array], blank: Collection[str] = ()
    ) -> dict[str, Array]:
        """Return the arrays of all tensors, given those of `inputs`.

        Tensors named in `blank` count as 0 for those that follow, as empty cells do.
        """
        arrays = {tensor.name: np.asarray(values[tensor.name]) for tensor in self.inputs}
        for equation in self.equations:
            target = equation.target
            if target.name in blank:
                arrays[target.name] = np.zeros(target.shape)
            else:
                arrays[target.name] = equation.evaluate(arrays)
        return arrays


def build_network(spec: Spec) -> Network:
    """Return the network that a spec describes.

    Raises SpecError where a layer is unknown, its options do not fit its input's shape, a name
    occurs twice, or the whole is larger than a workbook can sensibly be.
    """
    loss = _loss(spec)
    names = _layer_names(spec.layers)
    shape: Shape = spec.input if spec.batch is None else (spec.batch, *spec.input)
    parts: list[LayerEquations] = []
    for number, (one, name) in enumerate(zip(spec.layers, names, strict=True)):
        kinds = {
            "h": Kind.LINK if number else Kind.GIVEN,
            "dL_dout": Kind.LINK if number < len(names) - 1 else loss.dL_dout_kind,
        }
        parts.append(_layer_equations(one, Scope(name, kinds), shape))
        shape = parts[-1].out.shape
    last = parts[-1]
    loss_equations = loss.equations(Scope("loss", {}), last.out, last.dL_dout)
    layers = tuple(
        NetworkLayer(name, one.type, part, _links(parts, number))
        for number, (one, name, part) in enumerate(zip(spec.layers, names, parts, strict=True))
    )
    equations = _in_order(layers, loss_equations)
    tensors = _tensors(layers, loss_equations, equations)
    _check_size(tensors)
    return Network(spec, layers, loss_equations, tensors, equations)


def _loss(spec: Spec) -> Loss:
    if spec.loss.type not in LOSSES:
        raise SpecError(
            f"[loss]: unknown type {spec.loss.type!r}{suggestion(spec.loss.type, LOSSES)}"
        )
    return read_options(LOSSES[spec.loss.type], spec.loss.options, "[loss]")


def _layer_names(layers: tuple[LayerSpec, ...]) -> list[str]:
    names: list[str] = []
    counts: dict[str, int] = {}
    for number, one in enumerate(layers, start=1):
        if one.type not in LAYERS:
            raise SpecError(
                f"layer {number}: unknown type {one.type!r}{suggestion(one.type, LAYERS)}"
            )
        short = LAYERS[one.type].short
        counts[short] = counts.get(short, 0) + 1
        name = one.name or f"{short}{counts[short]}"
        # Sheets' names do not distinguish case.
        if name.lower() in map(str.lower, names):
            raise SpecError(f"layer {number}: name = {name!r}: another layer has this name")
        names.append(name)
    return names


def _layer_equations(one: LayerSpec, scope: Scope, shape: Shape) -> LayerEquations:
    options: Any = read_options(LAYERS[one.type].cls, one.options, f'layer "{scope.name}"')
    equations: LayerEquations = options.equations(scope, shape)
    return equations


def _links(parts: list[LayerEquations], number: int) -> tuple[Equation, ...]:
    links = []
    if number > 0:
        links.append(link(parts[number].h, parts[number - 1].out))
    if number < len(parts) - 1:
        links.append(link(parts[number].dL_dout, parts[number + 1].dL_dh))
    return tuple(links)


def link(target: Tensor, source: Tensor) -> Equation:
    """Return the equation of a tensor that shows another one's cells on its own sheet."""
    return Equation(
        target,
        {"x": source},
        compute=lambda x: x,
        formula=lambda at, *index: at.x[index],
        math=Math(f"{target.title} = {source.name}", rf"\mathrm{{{target.title}}}"),
    )


def _in_order(layers: tuple[NetworkLayer, ...], loss: LossEquations) -> tuple[Equation, ...]:
    forward: list[Equation] = []
    backward: list[Equation] = []
    for one in layers:
        forward += [e for e in one.links if e.target is one.equations.h]
        forward += one.equations.forward
    for one in reversed(layers):
        backward += [e for e in one.links if e.target is one.equations.dL_dout]
        backward += one.equations.backward
    return (*forward, *loss.forward, *loss.backward, *backward)


def _tensors(
    layers: tuple[NetworkLayer, ...], loss: LossEquations, equations: tuple[Equation, ...]
) -> dict[str, Tensor]:
    targets = {equation.target.name: equation.target for equation in equations}
    ordered: dict[str, Tensor] = {}
    for one in layers:
        part = one.equations
        own = (part.h, *part.parameters, part.dL_dout)
        ordered |= {tensor.name: tensor for tensor in own}
        ordered |= {name: t for name, t in targets.items() if t.owner == one.name}
    ordered |= {tensor.name: tensor for tensor in loss.givens}
    return ordered | targets


def _check_size(tensors: Mapping[str, Tensor]) -> None:
    total = sum(tensor.size for tensor in tensors.values())
    if total > MAX_CELLS:
        largest = max(tensors.values(), key=lambda tensor: tensor.size)
        raise SpecError(
            f"the workbook would have {total:,} cells, more than {MAX_CELLS:,};"
            f" the largest tensor is {largest.name} with {largest.size:,}"
        )
