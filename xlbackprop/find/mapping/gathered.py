"""One cell for several entries of a parameter: one number, whose gradient is the sum of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Equation, Index, Kind, Role, Tensor
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.grid import Addresses
from xlbackprop.formula.places import Places
from xlbackprop.network import Network

_MOST_ADDED = 100  # entries whose formulas are written out


def may_be_one_cell(tensor: Tensor) -> bool:
    """Whether several entries may be one number: of a parameter, its gradient and its update."""
    is_parameter = tensor.kind in (Kind.PARAMETER, Kind.UPDATE)
    return is_parameter or tensor.role is Role.PARAMETER_GRADIENT


def with_sums(network: Network, places: Mapping[str, Places]) -> Network:
    """Return the network in which gradients are summed over the entries that share a cell."""
    equations = [
        _summed(equation, groups)
        if (groups := _groups(equation.target, places)) is not None
        else equation
        for equation in network.equations
    ]
    return replace(network, equations=tuple(equations))


def _groups(tensor: Tensor, places: Mapping[str, Places]) -> NDArray[np.intp] | None:
    """Return the number of its cell for each entry, or None where each has one of its own."""
    own = places.get(tensor.name)
    if own is None or tensor.role is not Role.PARAMETER_GRADIENT:
        return None
    keys = (own.sheet.astype(np.int64) * MAX_ROWS + own.rows) * MAX_COLUMNS + own.columns
    cells, groups = np.unique(keys, return_inverse=True)
    return None if cells.size == keys.size else groups.reshape(tensor.shape)


def _summed(equation: Equation, groups: NDArray[np.intp]) -> Equation:
    def total(compute: Callable[..., Array]) -> Callable[..., Array]:
        def summed(**arrays: Array) -> Array:
            entries = np.ravel(compute(**arrays))
            return np.asarray(np.bincount(groups.ravel(), entries)[groups])

        return summed

    def formula(at: Addresses, *index: int) -> str | float:
        same: list[Index] = [tuple(one) for one in np.argwhere(groups == groups[index]).tolist()]
        return "+".join(str(equation.formula(at, *one)) for one in same[:_MOST_ADDED])

    why = "The entries stand in one cell, and are one number: its gradient is the sum of theirs."
    return replace(
        equation,
        compute=total(equation.compute),
        formula=formula,
        math=replace(equation.math, why=why),
        slips=tuple(replace(slip, compute=total(slip.compute)) for slip in equation.slips),
        accepts=None,
    )
