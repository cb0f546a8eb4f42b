"""A learning rate that changes from step to step: a column of cells, one for each step.

    "step":   lr_t[t] = lr γ^⌊t/size⌋                                  (torch's StepLR)
    "cosine": lr_t[t] = η + (lr - η) (1 + cos(π t/T)) / 2      (torch's CosineAnnealingLR)

t counts from 0. γ (`gamma`) and η (`eta_min`) are cells, as lr is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np

from xlbackprop.contract.options import count, number, read_options
from xlbackprop.contract.scope import Scope
from xlbackprop.equation import Array, Equation, Kind, Math, Slip, Tensor
from xlbackprop.errors import SpecError, shown

Lines = tuple[Callable[..., Array], Callable[..., str], str]


class Schedule(Protocol):
    """How a learning rate changes."""

    def line(self, steps: int) -> Lines:
        """Return compute(t, lr, rate), the formula (t, lr, rate) of a cell, and the equation."""
        ...


@dataclass(frozen=True)
class StepSchedule:
    """The rate falls by a factor every few steps."""

    step_size: int = count()
    gamma: float = number(above=0, default=0.1)

    def line(self, steps: int) -> Lines:  # noqa: ARG002
        """Return the rate's line: lr γ^⌊t/size⌋."""
        size = self.step_size
        return (
            lambda t, lr, rate: lr * rate ** (t // size),
            lambda t, lr, rate: f"{lr}*{rate}^{t // size}",
            f"lr · gamma^floor(t / {size})",
        )


@dataclass(frozen=True)
class CosineSchedule:
    """The rate falls along half a cosine, to its smallest."""

    eta_min: float = number(minimum=0, default=0.0)
    t_max: int | None = count(optional=True)

    def line(self, steps: int) -> Lines:
        """Return the rate's line: η + (lr - η) (1 + cos(π t/T)) / 2."""
        T = self.t_max or steps  # noqa: N806
        return (
            lambda t, lr, rate: rate + (lr - rate) * (1 + np.cos(np.pi * t / T)) / 2,
            lambda t, lr, rate: f"{rate}+({lr}-{rate})*(1+COS(PI()*{t}/{T}))/2",
            f"eta_min + (lr - eta_min) · (1 + cos(π · t / {T})) / 2",
        )


SCHEDULES: Mapping[str, type[Any]] = {"step": StepSchedule, "cosine": CosineSchedule}


def read_schedule(options: Mapping[str, object]) -> tuple[Schedule | None, dict[str, object]]:
    """Return the schedule that a [training] table asks for, and the options that are not its own.

    Raises SpecError where there is none of that name, or its options are wrong.
    """
    others = dict(options)
    if "schedule" not in others:
        return None, others
    name = others.pop("schedule")
    if not isinstance(name, str) or name not in SCHEDULES:
        names = " or ".join(f'"{one}"' for one in SCHEDULES)
        raise SpecError(f"[training]: schedule = {shown(name)}: expected {names}")
    cls = SCHEDULES[name]
    own = {one.name: others.pop(one.name) for one in fields(cls) if one.name in others}
    return read_options(cls, own, "[training]"), others


def rate_of(schedule: Schedule) -> str:
    """Return the name of the schedule's own hyperparameter that is a cell."""
    return "gamma" if isinstance(schedule, StepSchedule) else "eta_min"


def column(schedule: Schedule, steps: int, scope: Scope, lr: Tensor, rate: Tensor) -> Equation:
    """Return the equation of `training.lr_t`, which has the learning rate of each step."""
    rule, cell, line = schedule.line(steps)
    number_of = np.arange(steps, dtype=np.float64)
    return Equation(
        scope.tensor(
            "lr_t", (steps,), "t", Kind.UPDATE, "learning rate of each step", vertical=True
        ),
        {"lr": lr, "rate": rate},
        compute=lambda lr, rate: np.asarray(rule(number_of, lr, rate)),
        formula=lambda at, t: cell(t, at.lr[()].fixed, at.rate[()].fixed),
        math=Math(f"lr_t[t] = {line}", why="t is 0 in the first step."),
        slips=tuple(_slips(rule, number_of)),
    )


def _slips(rule: Callable[..., Array], t: Array) -> list[Slip]:
    return [
        Slip(
            "steps counted from 1",
            "Begin with t = 0: in the first step the rate is lr itself.",
            lambda lr, rate: np.asarray(rule(t + 1, lr, rate)),
        ),
        Slip(
            "same learning rate in each step",
            "Change the rate with t, as the schedule says.",
            lambda lr, rate: np.asarray(lr + 0 * t * rate),
        ),
    ]


def at_step(equation: Equation, column: Tensor, t: int, lr: Tensor) -> Equation:
    """Return an update's equation that takes the rate of step t, from 0, for lr itself."""
    letters = {letter for letter, tensor in equation.sources.items() if tensor.name == lr.name}
    if not letters:
        return equation

    def one(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: array[t] if name in letters else array for name, array in arrays.items()}

    def at_one(compute: Callable[..., Array]) -> Callable[..., Array]:
        return lambda **arrays: compute(**one(arrays))

    return replace(
        equation,
        sources={
            letter: column if letter in letters else tensor
            for letter, tensor in equation.sources.items()
        },
        compute=at_one(equation.compute),
        formula=lambda at, *index: equation.formula(_OneOfColumn(at, letters, t), *index),
        math=equation.math.renamed({"lr": f"lr_t[{t}]"}),
        slips=tuple(replace(slip, compute=at_one(slip.compute)) for slip in equation.slips),
    )


@dataclass(frozen=True)
class _OneOfColumn:
    """What a formula calls `at`, where a single cell is one of a column."""

    at: Any
    letters: set[str]
    t: int

    def __getattr__(self, letter: str) -> Any:
        view = getattr(self.at, letter)
        return {(): view[self.t]} if letter in self.letters else view
