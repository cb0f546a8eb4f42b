"""Records that are kept: each whole or not at all, under a key of all that it depends on."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from xlbackprop.classroom.marking.marking import Marked, Record, Setup
from xlbackprop.saving import save

_RECORD, _PAGE, _COPY = ".json", ".page", ".xlsx"


def program_version() -> str:
    """Return the version of the program that marks."""
    return str(vars(import_module("xlbackprop"))["__version__"])


class Store:
    """The records of an assignment, in a folder."""

    def __init__(self, folder: Path, setup: Setup) -> None:
        self._folder = folder
        text = json.dumps([asdict(setup), program_version()], sort_keys=True)
        self._basis = sha256(text.encode()).digest()

    def key(self, content: bytes, suffix: str) -> str:
        """Return what a file's record is kept under: its content, the assignment, the program."""
        parts = (self._basis, sha256(content).digest(), suffix.encode())
        return sha256(b"".join(parts)).hexdigest()[:40]

    def record(self, key: str) -> Record | None:
        """Return the record of a key, or None where it is not there, or damaged."""
        try:
            record = json.loads(self._path(key, _RECORD).read_bytes())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, Mapping) else None  # type: ignore[return-value]

    def page(self, key: str) -> bytes:
        """Return the page of a key, empty where there is none."""
        with suppress(OSError, zlib.error):
            return zlib.decompress(self._path(key, _PAGE).read_bytes())
        return b""

    def copy(self, key: str) -> bytes:
        """Return the marked copy of a key, empty where there is none."""
        with suppress(OSError):
            return self._path(key, _COPY).read_bytes()
        return b""

    def put(self, key: str, marked: Marked) -> None:
        """Keep what came of a file; the record last, since it says that all is there."""
        if marked.page:
            save(self._path(key, _PAGE), zlib.compress(marked.page, 6), force=True)
        if marked.copy:
            save(self._path(key, _COPY), marked.copy, force=True)
        text = json.dumps(marked.record, indent=1, sort_keys=True, allow_nan=False)
        save(self._path(key, _RECORD), text.encode(), force=True)

    def _path(self, key: str, ending: str) -> Path:
        return self._folder / key[:2] / f"{key}{ending}"
