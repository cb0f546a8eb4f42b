"""Numbers as people type them who work by hand: rounded, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.network import Network
from xlbackprop.network.earlier import earlier_of

# A tensor whose largest entry is smaller would hardly be seen in two decimals.
SMALL = 0.1


def decimals_by_hand(largest: float) -> int:
    """Return two decimals, or as many as give the largest number three significant digits."""
    if largest >= SMALL or not largest:
        return 2
    return 2 - int(np.floor(np.log10(largest)))


def rounded_by_hand(network: Network, name: str, arrays: Mapping[str, Array]) -> Array:
    """Return a tensor's numbers in two decimals, or in three significant digits where small.

    What hardly changes in an update is rounded so that the change has three significant digits.
    """
    decimals = decimals_of_tensor(network, name, arrays)
    return np.asarray(np.round(arrays[name], decimals) + 0.0)


def decimals_of_tensor(network: Network, name: str, arrays: Mapping[str, Array]) -> int:
    """Return how many decimals of a tensor's numbers are typed by hand."""
    array, largest = arrays[name], float(np.abs(arrays[name]).max())
    for tensor in earlier_of(network, name).before:
        change = float(np.abs(array - arrays[tensor.name]).max())
        if change > 1e-6 * largest:
            largest = min(largest, change)
    return decimals_by_hand(largest)
