"""A .keras file, which is a zip: its description and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from xlbackprop.errors import SpecError
from xlbackprop.models.zipped import MAX_BYTES, opened, parsed

_MAX_CONFIG = 4_000_000


def read_archive(path: Path) -> tuple[Mapping[str, Any], BytesIO]:
    """Return a model's description, and its weights as an HDF5 file in memory.

    Raises SpecError where the file is none, is too large, or the package h5py is not installed.
    """
    if find_spec("h5py") is None:
        raise SpecError("a .keras file needs the package h5py: pip install 'xlbackprop[keras]'")
    with opened(path, ".keras file of Keras 3") as (_, read):
        config = parsed(read("config.json", _MAX_CONFIG), "config.json")
        weights = read("model.weights.h5", MAX_BYTES)
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise SpecError("its config.json describes no model")
    return config, BytesIO(weights)
