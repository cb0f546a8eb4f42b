"""A .keras file, which is a zip: its description and its weights, sizes checked before reading."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from xlbackprop.errors import SpecError

MAX_BYTES = 32_000_000
_MAX_CONFIG = 4_000_000
_MOST_PARTS = 1_000


def read_archive(path: Path) -> tuple[Mapping[str, Any], BytesIO]:
    """Return a model's description, and its weights as an HDF5 file in memory.

    Raises SpecError where the file is none, is too large, or the package h5py is not installed.
    """
    if find_spec("h5py") is None:
        raise SpecError("a .keras file needs the package h5py: pip install 'xlbackprop[keras]'")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"it has {path.stat().st_size / 1e6:,.0f} MB, and may have 32")
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > _MOST_PARTS:
                raise SpecError(f"it has {len(archive.infolist()):,} parts: expected three")
            text = _part(archive, "config.json", _MAX_CONFIG)
            weights = _part(archive, "model.weights.h5", MAX_BYTES)
        config = json.loads(text)
    except OSError as error:
        raise SpecError(error.strerror or "it cannot be read") from None
    except (ValueError, RecursionError):
        raise SpecError("its config.json is no JSON that can be read") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise SpecError("it is truncated, or no .keras file of Keras 3") from None
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise SpecError("its config.json describes no model")
    return config, BytesIO(weights)


def _part(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise SpecError(f"there is no {name} in it: expected a .keras file of Keras 3") from None
    if info.file_size > limit:
        raise SpecError(
            f"its {name} has {info.file_size / 1e6:,.0f} MB, and may have {limit / 1e6:.0f}"
        )
    with archive.open(info) as part:
        content = part.read(limit + 1)
    if len(content) > limit:
        raise SpecError(f"its {name} has more than {limit / 1e6:.0f} MB")
    return content
