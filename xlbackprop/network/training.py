"""Training steps: the hyperparameters as cells, the updates, and the loss step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from xlbackprop.contract.invariants import check_update
from xlbackprop.contract.options import number, read_options
from xlbackprop.contract.port import Port
from xlbackprop.contract.synonyms import meant
from xlbackprop.equation import Domain, Equation, Kind, Math, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.layers import Scope
from xlbackprop.network.clipping import clipped, norm_and_factor
from xlbackprop.network.late_weights import with_slips_of_order
from xlbackprop.network.schedule import Schedule, at_step, column, rate_of, read_schedule
from xlbackprop.network.starting import T, starting_states, steps_before
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.optimizers import OPTIMIZERS, Optimizer, Parameter, Update
from xlbackprop.spec import Spec

OWNER, CLIP = "training", "clip_norm"

# What is sensible for any hyperparameter, and neither 0, nor 1, nor small beside a gradient.
_SENSIBLE_RATES = (0.05, 0.5)


@dataclass(frozen=True)
class Clipping:
    """How large the norm of all gradients may be; None for any."""

    clip_norm: float | None = number(above=0, optional=True)


@dataclass(frozen=True)
class Training:
    """The optimizer, its hyperparameters' tensors, and the table of losses.

    `before` are the equations that come before all steps: the learning rate of each.
    """

    optimizer: Optimizer
    name: str
    steps: int
    rates: Mapping[str, Tensor]
    equations: tuple[Equation, ...] = ()
    before: tuple[Equation, ...] = ()
    given: frozenset[str] = field(default_factory=frozenset)  # the arrays that a spec names
    has_rows: bool = False  # whether each step is a row

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The hyperparameters, and the loss of each step."""
        made = (*self.before, *self.equations)
        return (*self.rates.values(), *(equation.target for equation in made))

    def shown(self, steps: Sequence[Step]) -> list[Tensor]:
        """Return what stands on the page of the training: those, and the norm in each step."""
        clipping = [equation.target for step in steps for equation in step.clipping]
        *others, losses = self.tensors
        return [*others, *(tensor for tensor in clipping if tensor.layer == OWNER), losses]

    def with_updates(self, step: Step, before: Step | None) -> Step:
        """Return the step with the update of every parameter."""
        layers: list[NetworkLayer] = []
        updates: dict[str, Update] = {}
        new: dict[str, Tensor] = {}
        ports = [port for layer in step.layers for port in layer.parameters]
        clipping, clip = self._clipping(ports, step)
        for layer in step.layers:
            equations: list[Equation] = []
            states: list[Tensor] = []
            for port in layer.parameters:
                update = self._update(port, step, before, clip)
                states += _given_states(update)
                equations += update.equations
                updates[port.tensor.first_name] = update
                new[port.tensor.name] = update.new
            ordered = with_slips_of_order(layer, new, before)
            layers.append(replace(ordered, updates=tuple(equations), states=tuple(states)))
        return replace(step, layers=tuple(layers), updates=updates, clipping=clipping)

    def _clipping(
        self, ports: list[Port], step: Step
    ) -> tuple[tuple[Equation, ...], Tensor | None]:
        if CLIP not in self.rates or not ports:
            return (), None
        equations, clip = norm_and_factor(ports, self.rates[CLIP], OWNER, step.number)
        return tuple(equations), clip

    def _update(self, port: Port, step: Step, before: Step | None, clip: Tensor | None) -> Update:
        w = port.tensor
        scope = Scope(w.layer, step=step.number, in_row=self.has_rows)
        made: list[Equation] = []
        if clip:
            made.append(clipped(port, clip, scope))
            port = replace(port, gradient=made[0].target)
        state = before.updates[w.first_name].state if before else {}
        parameter = Parameter(scope, port, self.rates, state, step.number, self.rates.get(T))
        update = self.optimizer.update(parameter)
        if before is None and (given := starting_states(port, update, self.given, scope)):
            update = self.optimizer.update(replace(parameter, state=given))
        check_update(f'optimizer "{self.name}"', update, w)
        equations = (*made, *update.equations)
        if self.before:
            equations = tuple(
                at_step(one, self.before[0].target, step.number - 1, self.rates["lr"])
                for one in equations
            )
        return replace(update, equations=equations)

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
        made = [e for step in steps for layer in step.layers for e in layer.updates]
        made += [*self.before, *(e for step in steps for e in step.clipping)]
        used = {tensor.name for equation in made for tensor in equation.sources.values()}
        return {option: rate for option, rate in self.rates.items() if rate.name in used}


def _given_states(update: Update) -> list[Tensor]:
    sources = [tensor for one in update.equations for tensor in one.sources.values()]
    given = {t.name: t for t in sources if t.kind is Kind.GIVEN and t.layer != OWNER}
    return list(given.values())


def plan_training(spec: Spec) -> Training | None:
    """Return the training that a spec asks for, without its steps; None where it asks for none.

    Raises SpecError where the optimizer is unknown or an option of it is not valid.
    """
    if spec.training is None:
        return None
    name = spec.training.optimizer
    if name not in OPTIMIZERS:
        raise SpecError(f"[training]: unknown optimizer {name!r}{meant(name, OPTIMIZERS)}")
    schedule, options = read_schedule(spec.training.options)
    own = {key: options.pop(key) for key in (CLIP,) if key in options}
    clipping = read_options(Clipping, own, "[training]")
    chosen = read_options(OPTIMIZERS[name], options, "[training]")
    cells = {option.name: getattr(chosen, option.name) for option in fields(chosen)}  # type: ignore[arg-type]
    if clipping.clip_norm is not None:
        cells[CLIP] = clipping.clip_norm
    if schedule:
        cells[rate_of(schedule)] = getattr(schedule, rate_of(schedule))
    rates = _rates(cells)
    given = frozenset(spec.training.starts)
    done = steps_before(given, Scope(OWNER))
    if done is not None:
        rates[T] = done
    before = _scheduled(schedule, spec.training.steps, rates) if schedule else ()
    training = Training(chosen, name, spec.training.steps, rates, before=before, given=given)
    return replace(training, has_rows=spec.training.has_rows)


def _scheduled(schedule: Schedule, steps: int, rates: Mapping[str, Tensor]) -> tuple[Equation, ...]:
    lr, own = rates["lr"], rates[rate_of(schedule)]
    return (column(schedule, steps, Scope(OWNER), lr, own),)


def _rates(cells: Mapping[str, float]) -> dict[str, Tensor]:
    """Return the hyperparameters' cells, with the numbers that they start with."""
    scope = Scope(OWNER)
    return {
        name: scope.tensor(
            name,
            (),
            "",
            Kind.GIVEN,
            "hyperparameter",
            domain=Domain(initial=value, drawn_from=_SENSIBLE_RATES),
        )
        for name, value in cells.items()
    }
