"""The numbers of the givens and parameters: taken from the spec, or drawn."""

from __future__ import annotations

import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Kind, Role, Tensor
from xlbackprop.errors import SpecError, one_line, shown, suggestion
from xlbackprop.network import Network
from xlbackprop.network.redraw import redraw
from xlbackprop.spec.array_files import read_array_file

# How far the sum of shares may be from 1: six decimals are enough for thirds.
_SUM_OF_SHARES = 1e-5


def choose_values(network: Network, seed: int | None = None) -> dict[str, Array]:
    """Return an array for each given and parameter: the spec's, or one drawn in its style.

    A tensor's draw depends on the seed and on its own name only. With `seed`, which overrides the
    spec's, the spec's arrays are drawn anew as well, each in its own manner.
    Raises SpecError for an array of the wrong shape, one that is not of finite numbers, or one
    for a tensor that is computed.
    """
    values = network.spec.values
    arrays = _spec_arrays(network)
    if seed is None:
        seed = values.seed
    else:
        arrays = {n: redraw(network.tensors[n], array, seed) for n, array in arrays.items()}
    return {
        tensor.name: arrays[tensor.name]
        if tensor.name in arrays
        else _draw(tensor, values.style, seed)
        for tensor in network.inputs
    }


def fixed_values(network: Network) -> dict[str, Array]:
    """Return the arrays of those givens and parameters whose numbers the spec itself fixes.

    Raises SpecError as `choose_values` does.
    """
    initial = {
        tensor.name: np.full(tensor.shape, tensor.domain.initial)
        for tensor in network.inputs
        if tensor.domain.initial is not None
    }
    return initial | _spec_arrays(network)


def _spec_arrays(network: Network) -> dict[str, Array]:
    """Return the arrays in the spec's [values.arrays], each of its tensor's shape."""
    arrays = network.spec.values.arrays
    inputs = {tensor.name: tensor for tensor in network.inputs}
    for name in arrays:
        if name in network.tensors and name not in inputs:
            raise SpecError(f"values.arrays: {name} is computed, not given; leave it out")
        if name not in inputs:
            found = one_line(name, 60)
            raise SpecError(
                f"values.arrays: there is no tensor {found!r}{suggestion(name, inputs)}"
            )
    folder = network.spec.folder
    return {name: _array(array, inputs[name], folder) for name, array in arrays.items()}


def _draw(tensor: Tensor, style: str, seed: int) -> Array:
    domain = tensor.domain
    if domain.initial is not None:
        return np.full(tensor.shape, domain.initial)
    random = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
    of_few = domain.drawn(random, tensor.shape)
    if of_few is not None:
        return of_few
    if domain.keep is not None:
        return (random.uniform(size=tensor.shape) < domain.keep).astype(np.float64)
    is_parameter = Kind.PARAMETER is tensor.kind or tensor.role is Role.PARAMETER
    if style == "integers":
        largest = 2 if is_parameter else 5
        return random.integers(-largest, largest + 1, tensor.shape).astype(np.float64)
    if style == "uniform":
        return np.round(random.uniform(0, 1, tensor.shape), 2)
    # Weights are scaled so that a layer's outputs are about as large as its inputs.
    fan_in = prod(tensor.shape[1:]) if is_parameter else 1
    return np.round(random.normal(0, max(fan_in, 1) ** -0.5, tensor.shape), 3)


def _array(source: object, tensor: Tensor, folder: Path | None) -> Array:
    where = f"values.arrays: {tensor.name}"
    expected = (
        f"{where}: expected numbers of shape {list(tensor.shape)}, in nested lists of equal lengths"
        " or a file"
    )
    if isinstance(source, str):
        found = read_array_file(source, folder, where)
        if source.endswith(".csv"):
            found = _stacked(found, tensor)
    elif isinstance(source, np.ndarray):
        found = source
    else:
        found = _from_lists(source, expected)
    if found.dtype.kind not in "iuf":
        raise SpecError(expected)
    array = found.astype(np.float64)
    if array.shape != tensor.shape:
        raise SpecError(
            f"{where} has shape {list(array.shape)}; the network needs {list(tensor.shape)}"
        )
    if not np.isfinite(array).all():
        raise SpecError(f"{where} holds a number that is not finite")
    _check_domain(array, tensor, where)
    return array


def _from_lists(source: object, expected: str) -> NDArray[Any]:
    waiting = [source]
    while waiting:  # NumPy would take "1" and true for numbers
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif type(one) not in (int, float):
            raise SpecError(f"{expected}, not {shown(one)}")
    try:
        return np.array(source, dtype=np.float64)
    except (ValueError, OverflowError, RecursionError):
        raise SpecError(expected) from None


def _stacked(table: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Return a table's rows as the tensor's, whose planes stand one below the other in it."""
    width = tensor.shape[-1] if len(tensor.shape) > 1 else table.shape[-1]
    if table.size == tensor.size and table.shape[-1] == width:
        return table.reshape(tensor.shape)
    return table


def _check_domain(array: Array, tensor: Tensor, where: str) -> None:
    allowed = tensor.domain.allows(array)
    if not allowed.all():
        raise SpecError(
            f"{where} holds {array[~allowed][0]:g}: expected {tensor.domain.expected} in each entry"
        )
    if tensor.domain.shares and (np.abs(array.sum(axis=-1) - 1) > _SUM_OF_SHARES).any():
        raise SpecError(f"{where}: the numbers along the last axis are shares, and add up to 1")
