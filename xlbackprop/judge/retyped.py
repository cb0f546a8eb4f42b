"""Inputs that were typed again where the page links to them, as those who work by hand do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Kind, Mask, Tensor
from xlbackprop.network import Network
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


def given_of(network: Network, name: str) -> Tensor | None:
    """Return the given that a tensor is a copy of, link by link; None where it is none."""
    tensor = network.tensors[name]
    while tensor.kind is Kind.LINK and len(network.equation_of[tensor.name].sources) == 1:
        (source,) = network.equation_of[tensor.name].sources.values()
        if source.shape != tensor.shape:
            return None
        tensor = source
    return tensor if tensor.kind is Kind.GIVEN and tensor.name != name else None


def retyped(network: Network, found: Mapping[str, Found]) -> dict[str, Mask]:
    """Return where a given's own numbers were typed in place of links to it, by tensor."""
    again = {}
    for name in network.equation_of.keys() & found.keys():
        own, given = found[name], given_of(network, name)
        if given is not None and given.name in found:
            typed = (own.states == State.NUMBER) & ~own.has_formula
            same = typed & (own.numbers == found[given.name].numbers)
            if same.any():
                again[name] = np.asarray(same)
    return again
