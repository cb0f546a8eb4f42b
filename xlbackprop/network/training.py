"""Training steps: the hyperparameters as cells, the updates, and the loss step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from xlbackprop.contract.invariants import check_update
from xlbackprop.contract.options import read_options
from xlbackprop.contract.port import Port
from xlbackprop.contract.synonyms import meant
from xlbackprop.equation import Domain, Equation, Kind, Math, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.layers import Scope
from xlbackprop.network.late_weights import with_slips_of_order
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.optimizers import OPTIMIZERS, Optimizer, Parameter, Update
from xlbackprop.spec import Spec

OWNER = "training"

# What is sensible for any hyperparameter, and neither 0, nor 1, nor small beside a gradient.
_SENSIBLE_RATES = (0.05, 0.5)


@dataclass(frozen=True)
class Training:
    """The optimizer, its hyperparameters' tensors, and the table of losses."""

    optimizer: Optimizer
    name: str
    steps: int
    rates: Mapping[str, Tensor]
    equations: tuple[Equation, ...] = ()

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The hyperparameters, and the loss of each step."""
        return (*self.rates.values(), *(equation.target for equation in self.equations))

    def with_updates(self, step: Step, before: Step | None) -> Step:
        """Return the step with the update of every parameter."""
        layers: list[NetworkLayer] = []
        updates: dict[str, Update] = {}
        new: dict[str, Tensor] = {}
        for layer in step.layers:
            equations: list[Equation] = []
            for port in layer.parameters:
                update = self._update(port, step, before)
                equations += update.equations
                updates[port.tensor.first_name] = update
                new[port.tensor.name] = update.new
            ordered = with_slips_of_order(layer, new, before)
            layers.append(replace(ordered, updates=tuple(equations)))
        return replace(step, layers=tuple(layers), updates=updates)

    def _update(self, port: Port, step: Step, before: Step | None) -> Update:
        w = port.tensor
        update = self.optimizer.update(
            Parameter(
                scope=Scope(w.layer, step=step.number),
                port=port,
                rates=self.rates,
                state=before.updates[w.first_name].state if before else {},
                step=step.number,
            )
        )
        check_update(f'optimizer "{self.name}"', update, w)
        return update

    def with_losses(self, steps: list[Step]) -> Training:
        """Return the training with the table of the loss in each step."""
        losses = {f"step{step.number}": step.loss.L for step in steps}
        letters = list(losses)
        table = Scope(OWNER).tensor(
            "L", (len(steps),), "t", Kind.LINK, "the loss in each step", vertical=True
        )
        equation = Equation(
            table,
            losses,
            compute=lambda **arrays: np.stack([arrays[letter] for letter in letters]),
            formula=lambda at, t: getattr(at, letters[t])[()],
            math=Math("L[t] = L in step t+1"),
        )
        return replace(self, rates=self._turning(steps), equations=(equation,))

    def _turning(self, steps: list[Step]) -> dict[str, Tensor]:
        """Return the hyperparameters that have an effect: a weight decay of 0 is left out."""
        updates = [e for step in steps for layer in step.layers for e in layer.updates]
        used = {tensor.name for equation in updates for tensor in equation.sources.values()}
        return {option: rate for option, rate in self.rates.items() if rate.name in used}


def plan_training(spec: Spec) -> Training | None:
    """Return the training that a spec asks for, without its steps; None where it asks for none."""
    if spec.training is None:
        return None
    name = spec.training.optimizer
    if name not in OPTIMIZERS:
        raise SpecError(f"[training]: unknown optimizer {name!r}{meant(name, OPTIMIZERS)}")
    chosen = read_options(OPTIMIZERS[name], spec.training.options, "[training]")
    scope = Scope(OWNER)
    rates = {
        option.name: scope.tensor(
            option.name,
            (),
            "",
            Kind.GIVEN,
            "hyperparameter",
            domain=Domain(initial=getattr(chosen, option.name), drawn_from=_SENSIBLE_RATES),
        )
        for option in fields(chosen)  # type: ignore[arg-type]
    }
    return Training(chosen, name, spec.training.steps, rates)
