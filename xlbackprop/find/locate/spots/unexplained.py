"""Blocks of numbers that nothing explains, and that have the shape of a gradient not found.

Without a label they may be anything; but where all blocks of a tensor stand there, a verdict that
passes them over would be taken for one on them.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Role, Tensor
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.candidates import Readings
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.spots.spots import Located
from xlbackprop.network import Network

_FEWEST = 12  # numbers: fewer may stand anywhere
_ROLES = {Role.PARAMETER_GRADIENT, Role.INPUT_GRADIENT}


def say_unexplained(
    network: Network, page: Page, readings: Readings, captions: Captions, located: Located
) -> None:
    """Say of each gradient that was not found where numbers stand that may be its own."""
    placed = [*located.inputs.keys.values(), *(spot.keys for spot in located.spots.values())]
    taken = (
        np.unique(np.concatenate([keys.ravel() for keys in placed]))
        if placed
        else np.empty(0, dtype=np.int64)
    )
    for equation in network.equations:
        tensor = equation.target
        is_known = tensor.name in located.spots or tensor.name in located.unsettled
        if tensor.role not in _ROLES or is_known or tensor.size < _FEWEST:
            continue
        if place := _place(tensor, page, readings, captions, taken):
            located.unsettled[tensor.name] = (
                f"it may begin at {place}, where {tensor.size} numbers stand that fit nothing: say"
                " so in a map"
            )


def _place(tensor: Tensor, page: Page, readings: Readings, captions: Captions, taken: Keys) -> str:
    """Return the first cell of numbers that nothing has taken, in the usual order, or nothing."""
    candidates = readings.of(tensor.shape)
    flat = candidates.keys.reshape(len(candidates), tensor.size)
    is_free = (candidates.oddities < 1) & ~np.isin(flat, taken).any(axis=1)
    is_free &= (page.find(flat) >= 0).all(axis=1)
    for n in np.flatnonzero(is_free).tolist():
        keys = candidates.keys[n]
        is_varied = len(np.unique(candidates.numbers[n])) >= tensor.size // 4
        if is_varied and captions.fit(keys, tensor) >= 0:
            return "!".join(page.places(keys.ravel()[:1]).at((0,)))
    return ""
