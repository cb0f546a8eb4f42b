"""Which tensor is the gradient of which, and the equations by which L is made."""

from __future__ import annotations

from xlbackprop.equation import Equation, Kind
from xlbackprop.network.network import Network


def gradients_of(network: Network) -> dict[str, str]:
    """Return the name of each tensor's gradient, by that of the tensor.

    An input that several layers use has one in each of them, and is left out.
    """
    copied = {
        source.name
        for equation in network.equations
        if equation.target.kind is Kind.LINK
        for source in equation.sources.values()
    }
    given = {one.name for one in network.inputs}
    pairs = {}
    for gradient in network.tensors:
        owner, _, short = gradient.partition(".dL_d")
        name = f"{owner}.{short}"
        if (
            short
            and name in network.tensors
            and not (name in given and _splits(network, name, copied))
        ):
            pairs[name] = gradient
    return pairs


def _splits(network: Network, name: str, copied: set[str]) -> bool:
    """Return whether a given is copied to where it is used, by others of its own step."""
    users = {
        equation.target.step
        for equation in network.equations
        if equation.target.kind is Kind.LINK
        and any(source.name == name for source in equation.sources.values())
    }
    return name in copied and network.tensors[name].step in users


def equations_of_loss(network: Network) -> tuple[Equation, ...]:
    """Return the equations that L of the first step rests on, in their order."""
    needed, kept = {network.loss.L.name}, []
    for equation in reversed(network.equations):
        if equation.target.name in needed:
            needed.update(source.name for source in equation.sources.values())
            kept.append(equation)
    return tuple(kept[::-1])
