"""Which earlier tensors a tensor must not be a copy of: old weights are not the new ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlbackprop.equation import Equation, Kind, Tensor
from xlbackprop.network.network import Network


@dataclass(frozen=True)
class Earlier:
    """Earlier tensors of a tensor's own shape.

    `before` are parameters of which it is an update: it may hardly differ from them, and what
    matters is the change. The `others`, its sources, it resembles by chance only.
    """

    before: tuple[Tensor, ...] = ()
    others: tuple[Tensor, ...] = ()


def earlier_of(network: Network, name: str) -> Earlier:
    """Return what a computed tensor may be a copy of by mistake."""
    equation = network.equation_of[name]
    origin = _origin(network, equation)
    before = tuple(_updated(network, origin)) if origin.target.kind is Kind.UPDATE else ()
    others = () if origin is not equation else _sources_alike(equation)
    return Earlier(before, tuple(source for source in others if source not in before))


def _origin(network: Network, equation: Equation) -> Equation:
    """Return the equation of what a link shows."""
    while equation.target.kind is Kind.LINK and len(equation.sources) == 1:
        (source,) = equation.sources.values()
        if source.name not in network.equation_of:
            break
        equation = network.equation_of[source.name]
    return equation


def _updated(network: Network, equation: Equation) -> Iterator[Tensor]:
    """Yield the parameters, as the step has them, from which an update is made."""
    for source in _sources_alike(equation):
        if source.kind in (Kind.PARAMETER, Kind.LINK):
            yield source
        elif source.kind is Kind.UPDATE:
            yield from _updated(network, network.equation_of[source.name])


def _sources_alike(equation: Equation) -> tuple[Tensor, ...]:
    shape = equation.target.shape
    return tuple(source for source in equation.sources.values() if source.shape == shape)
