"""The numbers in the HDF5 file of a .keras file; nothing that leads out of it is followed."""

from __future__ import annotations

from importlib import import_module
from math import prod
from typing import IO, Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import SpecError, one_line
from xlbackprop.spec.array_files import MAX_NUMBERS


class Weights:
    """The variables of layers, read when they are asked for.

    Raises SpecError where the file is no HDF5, or holds more than is read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._h5py: Any = import_module("h5py")
        self._left = MAX_NUMBERS
        try:
            self._file: Any = self._h5py.File(file, "r")
        except Exception:  # HDF5 raises errors of several kinds for what is no file of its own
            raise SpecError("its model.weights.h5 is truncated, or no HDF5 file") from None

    def of(self, path: str) -> list[Array]:
        """Return the variables of a layer in their order: those in layers/PATH/vars.

        Raises SpecError for links out of the file, for too many numbers, and for what is none.
        """
        found: list[Array] = []
        try:
            group = self._at(("layers", *path.split("/"), "vars"))
            while group is not None and str(len(found)) in group:
                found.append(self._numbers(group, str(len(found)), path))
        except SpecError:
            raise
        except Exception as error:  # whatever HDF5 finds in what a stranger wrote
            raise SpecError(
                f"the weights of {path} cannot be read: {one_line(error, 100)}"
            ) from None
        return found

    def _at(self, parts: tuple[str, ...]) -> Any:
        group = self._file
        for part in parts:
            if part not in group:
                return None
            group = self._inside(group, part)
            if not isinstance(group, self._h5py.Group):
                raise SpecError(f"{'/'.join(parts)} in its model.weights.h5 is no group")
        return group

    def _inside(self, group: Any, name: str) -> Any:
        if not isinstance(group.get(name, getlink=True), self._h5py.HardLink):
            raise SpecError(
                f"{one_line(group.name, 60)}/{name} in its model.weights.h5 is a link elsewhere: it"
                " is not followed"
            )
        return group[name]

    def _numbers(self, group: Any, name: str, path: str) -> Array:
        dataset = self._inside(group, name)
        where = f"variable {name} of {one_line(path, 60)}"
        if not isinstance(dataset, self._h5py.Dataset) or dataset.dtype.kind not in "fiu":
            raise SpecError(f"{where} holds something else than numbers")
        if dataset.external or dataset.is_virtual:
            raise SpecError(f"{where} is in another file: it is not followed")
        sizes = max(prod(dataset.shape), prod(dataset.chunks or ()))
        if sizes > self._left:
            raise SpecError(
                f"{where} of shape {list(dataset.shape)} has {sizes:,} numbers: all together may"
                f" have {MAX_NUMBERS:,}"
            )
        self._left -= sizes
        return np.asarray(dataset[()], dtype=np.float64)
