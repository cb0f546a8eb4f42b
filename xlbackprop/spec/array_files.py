"""Arrays in files that a spec names: .npy, .npz:key and .csv."""

from __future__ import annotations

import csv
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.errors import SpecError, one_line

_UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, MemoryError, csv.Error, zipfile.BadZipFile, zlib.error,
    NotImplementedError,
)  # fmt: skip


def read_array_file(name: str, folder: Path | None, where: str) -> NDArray[Any]:
    """Return the array in a file, looked for in `folder`; without one, no file is opened.

    Raises SpecError, beginning with `where`, where the file is of another kind, missing, damaged
    or holds Python objects.
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
            case ".csv":
                return _read_csv(folder / path)
    except _UNREADABLE as error:
        reason = f"there is no {key!r} in it" if isinstance(error, KeyError) else error
        raise SpecError(
            f"{where}: cannot read {one_line(name, 80)!r}: {one_line(reason, 120)}"
        ) from None
    raise SpecError(
        f"{where}: cannot read {one_line(name, 80)!r}: expected nested lists, or a file that ends"
        " in .npy, .npz:key or .csv"
    )


def _read_npy(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _read_npz(path: Path, key: str) -> NDArray[Any]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _read_csv(path: Path) -> NDArray[Any]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [[float(number) for number in row] for row in csv.reader(file) if row]
    return np.array(rows, dtype=np.float64)
