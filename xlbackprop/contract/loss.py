"""What a loss's file fulfils: the equations of L and of the gradient it sends back.

A loss is a frozen dataclass of its options with one method, `equations`, registered under the
type that specs use. Its tensors are `loss.target`, `loss.L` and what helps between them; the
gradient it sends back is that of the network's output. A loss without an equation for that
gradient leaves it to the user, who gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from xlbackprop.contract.port import Port
from xlbackprop.contract.registry import Registry
from xlbackprop.contract.scope import Scope
from xlbackprop.contract.sums import Terms
from xlbackprop.equation import Array, Equation, Index, Kind, Place, Tensor
from xlbackprop.formula.grid import Addresses


@dataclass(frozen=True)
class LossEquations:
    """All tensors and equations of a loss, in the order in which they are computed."""

    givens: tuple[Tensor, ...]
    forward: tuple[Equation, ...]  # the last one defines L
    backward: tuple[Equation, ...]  # they define the gradient of the output; or there are none
    about: str

    @property
    def L(self) -> Tensor:  # noqa: N802
        """The tensor `loss.L`: one cell."""
        return self.forward[-1].target


class Loss(Protocol):
    """What the network asks of a loss."""

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the loss's equations for the network's output, which is a layer's port.

        Raises SpecError where the options do not fit the output's shape.
        """
        ...


LOSSES: Registry[type[Loss]] = Registry("a loss of type")

C = TypeVar("C", bound=type)


def loss(type_name: str) -> Callable[[C], C]:
    """Register a loss class under the type that specs use."""

    def register(cls: C) -> C:
        LOSSES.add(type_name, cls, module=cls.__module__)
        return cls

    return register


def scalar(scope: Scope, out: Tensor) -> Tensor:
    """Return the tensor `loss.L`, a single cell beside the output."""
    return scope.tensor("L", (), "", Kind.FORWARD, "the loss", place=Place.BESIDE, belongs_to=out)


def block_terms(
    sources: dict[str, Tensor],
    compute: Callable[..., Array],
    text: Callable[..., str],
) -> Terms:
    """Return the terms of a sum over whole blocks: one term for each block of the sources.

    `compute(**blocks)` returns a number for each block from arrays of shape (blocks, …);
    `text(*addresses)` the term of one block.
    """
    one = next(iter(sources.values()))
    indices: list[Index] = list(one.block_indices())

    def partial(part: slice, **arrays: Array) -> Array:
        stacks = {letter: x.reshape(len(indices), -1)[part] for letter, x in arrays.items()}
        return np.asarray(compute(**stacks).sum())

    def term(at: Addresses, t: int) -> str:
        return text(*(getattr(at, letter)[indices[t]] for letter in sources))

    return Terms(len(indices), sources, partial, term)
