"""What an optimizer's file fulfils: the equations of one parameter's update in one step.

An optimizer is a frozen dataclass of its hyperparameters, each a number, registered under the
name that specs use. On the page every hyperparameter is a cell (`training.lr`), so that it can be
turned; `update` gets those cells' tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.port import Port
from xlbackprop.contract.registry import Registry
from xlbackprop.contract.scope import Scope
from xlbackprop.equation import Equation, Kind, Place, Tensor


@dataclass(frozen=True)
class Update:
    """The equations of one parameter's update; the last one defines its new value.

    `state` has what the next step needs besides the new value: moving averages, by letter;
    `positive` are the letters of those that are made of squares.
    """

    equations: tuple[Equation, ...]
    state: Mapping[str, Tensor]
    positive: frozenset[str] = frozenset()

    @property
    def new(self) -> Tensor:
        """The tensor `w_new`."""
        return self.equations[-1].target


@dataclass(frozen=True)
class Parameter:
    """A parameter in one training step, and what its update is made from."""

    scope: Scope
    port: Port
    rates: Mapping[str, Tensor]  # the hyperparameters' cells, by option
    state: Mapping[str, Tensor]  # from the step before; in the first what is given of it
    step: int  # from 1
    done: Tensor | None = None  # the cell with the number of steps before the first, if there are

    @property
    def w(self) -> Tensor:
        """The parameter itself."""
        return self.port.tensor

    @property
    def gradient(self) -> Tensor:
        """Its gradient, from all that use it."""
        return self.port.gradient

    def tensor(self, suffix: str, about: str) -> Tensor:
        """Return the tensor `w_<suffix>`, shaped like w and standing under it."""
        short = f"{self.w.short}_{suffix}"
        return self.scope.beside(self.w, short, Kind.UPDATE, about, Place.BELOW)

    equation = staticmethod(cellwise)


class Optimizer(Protocol):
    """What the network asks of an optimizer."""

    def update(self, parameter: Parameter) -> Update:
        """Return the equations of a parameter's update."""
        ...


OPTIMIZERS: Registry[type[Optimizer]] = Registry("an optimizer")

C = TypeVar("C", bound=type)


def optimizer(name: str) -> Callable[[C], C]:
    """Register an optimizer class under the name that specs use."""

    def register(cls: C) -> C:
        OPTIMIZERS.add(name, cls, module=cls.__module__)
        return cls

    return register
