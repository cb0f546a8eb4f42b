""".keras files as Keras 3 writes them, of configs and numbers that Keras saved once."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

NUMBERS = Path(__file__).parent / "data/keras_numbers.npz"


@cache
def numbers() -> dict[str, np.ndarray]:
    """Return all that tests/tools/keras_numbers.py saved."""
    with np.load(NUMBERS) as file:
        return dict(file)


def names() -> list[str]:
    """Return the models' names."""
    return sorted(key.removesuffix("/config") for key in numbers() if key.endswith("/config"))


def inputs(name: str) -> list[np.ndarray]:
    """Return a model's inputs, in its order."""
    return [one for key, one in numbers().items() if key.startswith(f"{name}/x")]


def weights(name: str) -> dict[str, np.ndarray]:
    """Return a model's weights by their places in the file."""
    start = f"{name}/weights/"
    return {key.removeprefix(start): one for key, one in numbers().items() if key.startswith(start)}


def config(name: str) -> dict[str, Any]:
    """Return a model's config."""
    return json.loads(bytes(numbers()[f"{name}/config"]))


def write(path: Path, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> Path:
    """Write a .keras file: a zip of config.json, metadata.json and model.weights.h5."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for place, array in arrays.items():
            file[place] = array
    return write_parts(path, json.dumps(described), content.getvalue())


def write_parts(path: Path, described: str, content: bytes) -> Path:
    """Write a .keras file of its parts as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", described)
        archive.writestr("model.weights.h5", content)
    return path


def saved(name: str, path: Path) -> Path:
    """Write a model of a name."""
    return write(path, config(name), weights(name))
