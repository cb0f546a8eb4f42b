"""Tensors that are on the page without what they are computed from: taken as they stand there.

Who shows activations and no inputs can be told nothing of the first ones; but what follows from
them can be judged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from xlbackprop.equation import Kind, Role, Tensor
from xlbackprop.network import Network


def taken_as_they_stand(
    network: Network, mapped: Collection[str], known: Collection[str]
) -> tuple[Network, dict[str, str]]:
    """Return the network in which mapped tensors are givens that rest on inputs not known.

    With it come the names of these and what they lack, in words. `known` are the inputs whose
    numbers are known, on the page or from the spec. Where the network's own input is known, so
    that parameters alone are missing, nothing is taken: these are to be asked for.
    """
    lacking = {tensor.name: {tensor.name} for tensor in network.inputs if tensor.name not in known}
    taken: dict[str, set[str]] = {}
    for equation in network.equations:
        name = equation.target.name
        needed = set().union(*(lacking.get(s.name, set()) for s in equation.sources.values()))
        if needed and name in mapped:
            taken[name] = needed
        elif needed:
            lacking[name] = needed
    judged = [name for name in mapped if network.tensors[name].kind.is_computed]
    needed = set().union(*taken.values())
    lacks_data = any(_is_data(network.tensors[name]) for name in needed)
    if not lacks_data or len(taken) == len(judged):
        return network, {}
    equations = tuple(one for one in network.equations if one.target.name not in taken)
    tensors = {
        name: replace(tensor, kind=Kind.GIVEN) if name in taken else tensor
        for name, tensor in network.tensors.items()
    }
    reasons = {name: _reason(needed) for name, needed in taken.items()}
    return replace(network, tensors=tensors, equations=equations), reasons


def _is_data(tensor: Tensor) -> bool:
    return tensor.kind is Kind.GIVEN and tensor.role is Role.INPUT


def _reason(needed: Collection[str]) -> str:
    verb = "is" if len(needed) == 1 else "are"
    return (
        f"taken as it stands: {', '.join(sorted(needed))}, from which it is computed, {verb} not in"
        " the map, and the spec fixes no numbers"
    )
