"""The numbers in an ONNX file, or in files beside it: sizes are checked before they are read."""

from __future__ import annotations

from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from xlbackprop.errors import SpecError, one_line
from xlbackprop.spec.array_files import MAX_NUMBERS

_SIZES = {"FLOAT": 4, "DOUBLE": 8, "FLOAT16": 2, "BFLOAT16": 2} | {
    "INT64": 8, "INT32": 4, "INT16": 2, "INT8": 1, "UINT8": 1, "BOOL": 1
}  # fmt: skip


class Tensors:
    """Reads tensors, as many as a network may have numbers, from a file and its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._left = MAX_NUMBERS

    def read(self, tensor: Any) -> np.ndarray[Any, Any]:
        """Return a tensor's numbers. Raises SpecError where they are not there, or too many."""
        onnx: Any = import_module("onnx")
        name = one_line(tensor.name or "a constant", 60)
        try:
            kind = onnx.TensorProto.DataType.Name(tensor.data_type)
        except ValueError:
            kind = "unknown"
        if kind not in _SIZES:
            raise SpecError(f"{name} is of type {kind}: expected numbers, as FLOAT")
        sizes = tuple(tensor.dims)
        if any(size < 0 for size in sizes):
            raise SpecError(f"{name} has shape {list(sizes)}: no size is negative")
        if prod(sizes) > self._left:
            raise SpecError(
                f"{name} of shape {list(sizes)} has {prod(sizes):,} numbers: all together may have"
                f" {MAX_NUMBERS:,}"
            )
        self._left -= prod(sizes)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor = _with_data(tensor, self._outside(tensor, prod(sizes) * _SIZES[kind]))
        elif tensor.HasField("raw_data") and len(tensor.raw_data) != prod(sizes) * _SIZES[kind]:
            raise SpecError(
                f"{name} of shape {list(sizes)} has {len(tensor.raw_data)} bytes: expected"
                f" {prod(sizes) * _SIZES[kind]}"
            )
        try:
            return np.asarray(onnx.numpy_helper.to_array(tensor))
        except (ValueError, TypeError) as error:
            raise SpecError(f"{name} cannot be read: {one_line(error, 120)}") from None

    def _outside(self, tensor: Any, size: int) -> bytes:
        """Return the bytes that a tensor has in another file, which is beside the model."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location, name = entries.get("location", ""), one_line(tensor.name, 60)
        where = f"{name} is in the file {one_line(location, 60)!r}"
        path = (self._folder / location).resolve() if "\0" not in location else self._folder
        if not path.is_relative_to(self._folder) or path == self._folder:
            raise SpecError(f"{where}, which is not in the model's folder: it is not followed")
        if not path.is_file():
            raise SpecError(f"{where}, which is not beside the model")
        offset, length = (_whole(entries.get(key, ""), where) for key in ("offset", "length"))
        if length not in (None, size):
            raise SpecError(f"{where}, with {length} bytes: expected {size}")
        with path.open("rb") as file:
            file.seek(offset or 0)
            content = file.read(size)
        if len(content) < size:
            raise SpecError(f"{where}, which is too short: expected {size} bytes from {offset}")
        return content


def _with_data(tensor: Any, content: bytes) -> Any:
    inside = type(tensor)(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    inside.raw_data = content
    return inside


def _whole(text: str, where: str) -> int | None:
    if text and not (text.isdecimal() and len(text) < 16):
        raise SpecError(f"{where} at {one_line(text, 30)!r}: expected a whole number")
    return int(text) if text else None
