"""A Spec made into tensors and equations, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType

import numpy as np

from xlbackprop.contract.invariants import check_equation, check_letters
from xlbackprop.contract.understood import check_understood
from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.errors import SizeError
from xlbackprop.losses import LossEquations
from xlbackprop.network.graph import order_layers
from xlbackprop.network.in_rows import refuse_look_ups
from xlbackprop.network.passes import first_step, next_step
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.network.training import Training, plan_training
from xlbackprop.spec import Spec
from xlbackprop.spec.shown import sizes_text, table

# Beyond this many cells no spreadsheet is a page any more; it also bounds what a workbook from
# a stranger can make us compute.
MAX_CELLS = 1_000_000
MAX_BLOCKS = 150_000
MAX_TENSORS = 50_000


@dataclass(frozen=True)
class Network:
    """All tensors by name, and all equations so that each comes after those it needs.

    There is one step for each training step, or one in all; the layers come in the order in
    which they are computed.
    """

    spec: Spec
    steps: tuple[Step, ...]
    training: Training | None
    tensors: Mapping[str, Tensor]
    equations: tuple[Equation, ...]

    @property
    def has_rows(self) -> bool:
        """Whether each training step is a row of one sheet."""
        return self.spec.training is not None and self.spec.training.has_rows

    @property
    def has_folds(self) -> bool:
        """Whether there are folded vectors on its pages."""
        return any(tensor.row_length for tensor in self.tensors.values())

    @property
    def layers(self) -> tuple[NetworkLayer, ...]:
        """The layers in the first step."""
        return self.steps[0].layers

    def _repr_html_(self) -> str:
        """Return the network as a notebook shows it: its layers, their outputs and parameters."""
        rows = [
            (
                layer.name,
                layer.type,
                sizes_text(layer.equations.outputs[0].tensor.shape),
                f"{sum(port.tensor.size for port in layer.parameters):,}",
            )
            for layer in self.layers
        ]
        cells = sum(tensor.size for tensor in self.tensors.values())
        steps = f", {len(self.steps)} training steps" if self.training else ""
        title = f"{self.spec.name}: {cells:,} cells{steps}"
        return table(title, ("layer", "type", "output", "parameters"), rows)

    @property
    def loss(self) -> LossEquations:
        """The loss in the first step."""
        return self.steps[0].loss

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors whose numbers a person chooses: givens and parameters."""
        return tuple(t for t in self.tensors.values() if not t.kind.is_computed)

    @cached_property
    def equation_of(self) -> Mapping[str, Equation]:
        """The equations by the names of the tensors that they define."""
        return MappingProxyType({equation.target.name: equation for equation in self.equations})

    def evaluate(
        self,
        values: Mapping[str, Array],
        instead: Mapping[str, Array] = MappingProxyType({}),
    ) -> dict[str, Array]:
        """Return the arrays of all tensors, given those of `inputs`.

        `instead` has arrays of computed tensors that are taken in place of what their equations
        give, by those that follow too: what somebody else has made of them.
        """
        arrays = {tensor.name: np.asarray(values[tensor.name]) for tensor in self.inputs}
        for equation in self.equations:
            name = equation.target.name
            arrays[name] = instead[name] if name in instead else equation.evaluate(arrays)
        return arrays


def build_network(spec: Spec, *, folds: bool = True) -> Network:
    """Return the network that a spec describes.

    `folds` says whether long vectors are folded on the page, as they are but in older workbooks.

    Raises SpecError where a layer is unknown, its options do not fit its input's shape, the
    layers do not form a graph, or the whole is larger than a workbook can sensibly be.
    """
    nodes = order_layers(spec.layers, tuple(spec.sizes_of_inputs))
    training = plan_training(spec)
    steps = [first_step(spec, nodes, folds=folds)]
    of_a_step, times = steps[0].tensors(), training.steps if training else 1
    _check_size(of_a_step, times)
    _check_blocks(of_a_step, times)
    if training:
        steps[0] = training.with_updates(steps[0], None)
        while len(steps) < training.steps:
            following = next_step(spec, nodes, steps[0], steps[-1], folds=folds)
            steps.append(training.with_updates(following, steps[-1]))
        training = training.with_losses(steps)
    equations = [*training.before] if training else []
    equations += [equation for step in steps for equation in step.equations()]
    tensors = {tensor.name: tensor for step in steps for tensor in step.tensors()}
    if training:
        equations += training.equations
        tensors |= {tensor.name: tensor for tensor in training.tensors}
    _check_size(tuple(tensors.values()), 1)
    network = Network(spec, tuple(steps), training, tensors, tuple(equations))
    _check_equations(network)
    return network


def _check_equations(network: Network) -> None:
    """Raise ContractError where an equation does not hold to the contract.

    The steps after the second repeat it with other names, and so do their equations; and most of
    the second are those of the first.
    """
    defined = {tensor.name for tensor in network.inputs}
    checked: set[object] = set()
    makers = _makers(network)
    for equation in network.equations:
        where = makers.get(equation.target.name, f'layer "{equation.target.layer}"')
        check_equation(where, equation, defined)
        if equation.target.step <= 2 and _is_new(equation, checked):
            check_letters(where, equation)
            check_understood(where, equation)
            if network.has_rows:
                refuse_look_ups(equation)
        defined.add(equation.target.name)


def _is_new(equation: Equation, checked: set[object]) -> bool:
    """Return whether no equation of that tensor was made by the same code, and note it."""
    made_by = [equation.compute, equation.formula, *(slip.compute for slip in equation.slips)]
    codes = tuple(getattr(function, "__code__", id(function)) for function in made_by)
    target = equation.target
    key = (target.layer, target.short, target.shape, equation.math, tuple(equation.sources), codes)
    before = len(checked)
    checked.add(key)
    return len(checked) > before


def _makers(network: Network) -> dict[str, str]:
    """Return what made the equations of those tensors that no layer has made: `loss "mse"`."""
    makers: dict[str, str] = {}
    for step in network.steps:
        of_loss = [*step.loss.forward, *step.loss.backward]
        makers |= {equation.target.name: f'loss "{network.spec.loss.type}"' for equation in of_loss}
        if network.training:
            updates = [equation for layer in step.layers for equation in layer.updates]
            makers |= {e.target.name: f'optimizer "{network.training.name}"' for e in updates}
    return makers


def _check_blocks(tensors: Collection[Tensor], times: int) -> None:
    most = max(tensors, key=lambda tensor: prod(tensor.leading))
    for what, number, limit in (
        ("tensors", times * len(tensors), MAX_TENSORS),
        ("blocks", times * sum(prod(tensor.leading) for tensor in tensors), MAX_BLOCKS),
    ):
        if number > limit:
            raise SizeError(
                f"the workbook would have {number:,} {what}, more than {limit:,}; {most.name} alone"
                f" has {prod(most.leading):,} blocks in each of {times:,} steps"
            )


def _check_size(tensors: Collection[Tensor], times: int) -> None:
    total = times * sum(tensor.size for tensor in tensors)
    if total > MAX_CELLS:
        largest = max(tensors, key=lambda tensor: tensor.size)
        raise SizeError(
            f"the workbook would have {total:,} cells, more than {MAX_CELLS:,};"
            f" the largest tensor is {largest.name} with {largest.size:,}"
        )
