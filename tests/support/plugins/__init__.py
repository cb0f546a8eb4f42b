"""Layers and losses that are not the program's own, a file each, registered while a test runs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES

HERE = Path(__file__).parent


@contextmanager
def registered(*paths: Path) -> Iterator[None]:
    """Import files that register layers or losses, and forget these again."""
    registries: tuple[MutableMapping[str, Any], ...] = (LAYERS, LOSSES)
    before = [dict(registry) for registry in registries]
    try:
        for path in paths:
            description = spec_from_file_location(path.stem, path)
            description.loader.exec_module(module_from_spec(description))
        yield
    finally:
        for registry, known in zip(registries, before, strict=True):
            registry.clear()
            registry.update(known)
