"""The numbers of givens and parameters that a map leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.mapping.map import Map
from xlbackprop.find.mapping.one_hot import ONE_HOT
from xlbackprop.network import Network
from xlbackprop.network.values import fixed_values


def choose_unmapped(
    map: Map,  # noqa: A002
    network: Network,
    mapped: Collection[str],
    told: Mapping[str, Array],
) -> dict[str, Array]:
    """Return the numbers of each given and parameter that is not among the mapped tensors.

    They are those that the sheet tells otherwise, or the spec's where it fixes them. Raises
    MapError where neither does and a mapped tensor depends on them, or where no tensor that is
    computed is mapped.
    """
    computed = [name for name in mapped if network.tensors[name].kind.is_computed]
    if not computed:
        raise map.error("[tensors]", "it places no tensor that is computed: nothing to check")
    fixed = {**fixed_values(network), **told}
    needed = needed_for(network, computed)
    absent = [tensor for tensor in network.inputs if tensor.name not in mapped]
    unknown = [
        tensor.name for tensor in absent if tensor.name in needed and tensor.name not in fixed
    ]
    if unknown:
        are = "is" if len(unknown) == 1 else "are"
        first = next(name for name in computed if unknown[0] in needed_for(network, [name]))
        raise map.error(
            "[tensors]",
            f"{', '.join(unknown)} {are} missing, from which {first} is computed, and the"
            f" spec fixes no numbers: say where they stand{_no_classes(network, mapped)}",
        )
    # What nothing that is mapped depends on may be any number.
    return {one.name: fixed.get(one.name, np.zeros(one.shape)) for one in absent}


def needed_for(network: Network, computed: Collection[str]) -> frozenset[str]:
    """Return the names of the tensors from which these are computed, directly or not."""
    needed: set[str] = set(computed)
    for equation in reversed(network.equations):
        if equation.target.name in needed:
            needed.update(source.name for source in equation.sources.values())
    return frozenset(needed)


def _no_classes(network: Network, mapped: Collection[str]) -> str:
    """Return what to add where ones and zeros have a place and tell no class."""
    ones = next((name for name in mapped if network.tensors[name].short == ONE_HOT), "")
    return f" ({ones} tells none: there is not one 1 in each row)" if ones else ""
