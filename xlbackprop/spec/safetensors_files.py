"""Arrays in .safetensors files, by their names; the package safetensors is an extra."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from xlbackprop.errors import suggestion
from xlbackprop.spec.regular import is_regular

_BYTES_OF_A_NUMBER = 8  # at most
_OTHER_PACKAGE = "V"  # the kind of types that another package has added to NumPy, where it is there


def read_safetensors(path: Path, key: str, most: int) -> NDArray[Any]:
    """Return the array of that name in a file; of the rest only the header is read.

    Raises ValueError or OSError where there is no such file or array, one of them is damaged, or
    the array has more than `most` bytes.
    """
    safetensors = _library()
    if not is_regular(path):
        raise OSError("that is a folder" if path.is_dir() else "that is no regular file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            if key not in names:
                raise ValueError(f"there is no {key!r} in it{suggestion(key, names)}")
            shape = file.get_slice(key).get_shape()
            if prod(shape) * _BYTES_OF_A_NUMBER > most:
                raise ValueError(f"its array {shape} has more than {most:,} bytes")
            array: NDArray[Any] = file.get_tensor(key)
    except (safetensors.SafetensorError, TypeError, AttributeError) as error:  # such as bfloat16
        raise ValueError(error) from None
    if array.dtype.kind == _OTHER_PACKAGE:
        raise ValueError(f"its numbers are {array.dtype}, which NumPy does not know")
    return array


def _library() -> Any:
    try:
        import safetensors  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ValueError(
            "that needs the package safetensors: pip install 'xlbackprop[safetensors]'"
        ) from None
    return safetensors
