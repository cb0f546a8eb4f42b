"""The numbers of a spec as two files: the TOML that names them, and one .npz beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from xlbackprop.errors import SpecError, one_line
from xlbackprop.saving import check_output, save
from xlbackprop.spec.npz import npz_bytes


def save_spec(
    text: str, values: Mapping[str, Any], path: Path, folder: Path | None, *, force: bool
) -> Path:
    """Write a spec's TOML with its [values], and the arrays into an .npz file beside it.

    Files in `folder` that arrays are taken from stay where they are. Raises SpecError where that
    is another folder than the path's, OutputError where a file cannot be written.
    """
    numbers = path.with_suffix(".npz")
    check_output(path, force=force)
    check_output(numbers, force=force)
    arrays = _save_arrays(values["arrays"], numbers, folder)
    table = tomli_w.dumps({"values": {**values, "arrays": arrays}})
    save(path, f"{text}\n{table}".encode(), force=force)
    return path


def _save_arrays(arrays: Mapping[str, Any], path: Path, folder: Path | None) -> dict[str, str]:
    """Write the arrays into a file, and return how a spec beside it names them."""
    named: dict[str, str] = {}
    written: dict[str, Any] = {}
    for name, array in arrays.items():
        if not isinstance(array, str):
            written[name] = np.asarray(array, dtype=np.float64)
            named[name] = f"{path.name}:{name}"
        elif folder is not None and folder.resolve() == path.parent.resolve():
            named[name] = array
        else:
            raise SpecError(
                f"values.arrays: {name} stands in {one_line(array, 80)!r}: save the spec in that"
                f" file's folder, {one_line(folder, 200)}"
            )
    if written:
        save(path, npz_bytes(written), force=True)
    return named
