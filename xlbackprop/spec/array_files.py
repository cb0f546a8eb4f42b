"""Arrays in files that a spec names: .npy, .npz:key, .safetensors:key and .csv."""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.errors import SpecError, one_line
from xlbackprop.spec.regular import read_regular
from xlbackprop.spec.safetensors_files import read_safetensors

# A page has a million cells at most, of which 16 bytes each are more than enough.
MAX_BYTES, MAX_NUMBERS = 32_000_000, 2_000_000
_LONGEST_HEADER = 100_000

_UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, MemoryError, csv.Error, zipfile.BadZipFile, zlib.error,
    NotImplementedError,
)  # fmt: skip


def read_array_file(name: str, folder: Path | None, where: str) -> NDArray[Any]:
    """Return the array in a file, looked for in `folder`; without one, no file is opened.

    Raises SpecError, beginning with `where`, where the file is of another kind, missing, damaged,
    no regular file, too large, or holds Python objects.
    """
    if folder is None:
        raise SpecError(f"{where}: files can only be named in a spec that is itself a file")
    path, _, key = name.partition(":")
    try:
        match Path(path).suffix:
            case ".npy":
                return _read_npy(folder / path)
            case ".npz":
                return _read_npz(folder / path, key)
            case ".safetensors":
                return read_safetensors(folder / path, key, MAX_BYTES)
            case ".csv":
                return _read_csv(folder / path)
    except _UNREADABLE as error:
        reason = f"there is no {key!r} in it" if isinstance(error, KeyError) else error
        raise SpecError(
            f"{where}: cannot read {one_line(name, 80)!r}: {one_line(reason, 120)}"
        ) from None
    raise SpecError(
        f"{where}: cannot read {one_line(name, 80)!r}: expected nested lists, or a file that ends"
        " in .npy, .npz:key, .safetensors:key or .csv"
    )


def _read_npy(path: Path) -> NDArray[Any]:
    return _array(io.BytesIO(read_regular(path, MAX_BYTES)))


def _read_npz(path: Path, key: str) -> NDArray[Any]:
    content = io.BytesIO(read_regular(path, MAX_BYTES))
    with zipfile.ZipFile(content) as archive, archive.open(f"{key}.npy") as file:
        return _array(io.BytesIO(file.read(MAX_BYTES + _LONGEST_HEADER)))


def _array(file: io.BytesIO) -> NDArray[Any]:
    """Return the array that a .npy file holds, where it is as large as its header says."""
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0}.get(
        version, np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(file)
    bytes_in_all = math.prod(shape) * dtype.itemsize
    if bytes_in_all > MAX_BYTES:
        raise ValueError(f"its array has {bytes_in_all:,} bytes, more than {MAX_BYTES:,}")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _read_csv(path: Path) -> NDArray[Any]:
    text = read_regular(path, MAX_BYTES).decode("utf-8-sig")
    if text.count(",") + text.count("\n") > MAX_NUMBERS:
        raise ValueError(f"it has more than {MAX_NUMBERS:,} numbers")
    rows = [[float(number) for number in row] for row in csv.reader(io.StringIO(text, "")) if row]
    return np.array(rows, dtype=np.float64)
