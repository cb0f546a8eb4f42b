"""The numbers in a .pt2 file: raw bytes, and no pickle, whatever the file says."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from xlbackprop.equation import Array, Shape
from xlbackprop.errors import SpecError, one_line
from xlbackprop.models.zipped import Read, parsed
from xlbackprop.spec.array_files import MAX_NUMBERS

# PyTorch's numbers of types, as its files have them.
_TYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f2", 7: "<f4", 8: "<f8", 12: "?"}
_MAX_CONFIG = 4_000_000


def read_numbers(
    names: list[str], read: Read, start: str, left: int = MAX_NUMBERS
) -> dict[str, Array]:
    """Return the parameters, buffers and constants of a file, by their names.

    Raises SpecError for pickles, too many numbers, and sizes that are not those of the bytes.
    """
    found: dict[str, Array] = {}
    left = MAX_NUMBERS
    for folder, config in (("weights", "model_weights"), ("constants", "model_constants")):
        place = f"{start}/data/{folder}"
        config_name = f"{place}/{config}_config.json"
        if config_name not in names:
            continue
        table = parsed(read(config_name, _MAX_CONFIG), config_name).get("config", {})
        for name, entry in table.items():
            sizes = sizes_of(entry.get("tensor_meta") or {}, name)
            left -= prod(sizes)
            if left < 0:
                raise SpecError(
                    f"{one_line(name, 60)} of shape {list(sizes)} has {prod(sizes):,} numbers: all"
                    f" together may have {MAX_NUMBERS:,}"
                )
            found[name] = _numbers(name, entry, sizes, place, read)
    return found


def _numbers(name: str, entry: Mapping[str, Any], sizes: Shape, place: str, read: Read) -> Array:
    where, meta = one_line(name, 60), entry["tensor_meta"]
    if entry.get("use_pickle"):
        raise SpecError(f"{where} is a pickle, which can hold code: it is not loaded")
    kind = _TYPES.get(meta.get("dtype"))
    if kind is None:
        raise SpecError(f"{where} holds something else than plain numbers")
    expected = prod(sizes) * np.dtype(kind).itemsize
    content = read(f"{place}/{entry['path_name']}", expected)
    steps = [int(one["as_int"]) for one in meta["strides"]]
    if len(content) != expected or steps != _steps(sizes):
        raise SpecError(
            f"{where} of shape {list(sizes)} has {len(content)} bytes: expected {expected}"
        )
    return np.frombuffer(content, kind).reshape(sizes).astype(np.float64)


def _steps(sizes: Shape) -> list[int]:
    """Return the strides of numbers that stand one after the other."""
    return [prod(sizes[axis + 1 :]) for axis in range(len(sizes))]


def sizes_of(meta: Mapping[str, Any], name: str) -> Shape:
    """Return the sizes of a tensor. Raises SpecError where one of them is not fixed."""
    sizes = meta.get("sizes")
    if not isinstance(sizes, list) or not all(type(one.get("as_int")) is int for one in sizes):
        raise SpecError(f"{one_line(name, 60)} has no fixed shape: export without dynamic_shapes")
    if any(one["as_int"] < 0 for one in sizes):
        raise SpecError(f"{one_line(name, 60)} has a negative size")
    return tuple(one["as_int"] for one in sizes)
