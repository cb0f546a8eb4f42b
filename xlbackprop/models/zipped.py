"""Parts of a zip that a stranger sent, whose sizes are checked before they are read."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xlbackprop.errors import SpecError

MAX_BYTES = 32_000_000
_MOST_PARTS = 5_000

Read = Callable[[str, int], bytes]  # a part's name, and how many bytes it may have


@contextmanager
def opened(path: Path, kind: str) -> Iterator[tuple[list[str], Read]]:
    """Give the names of a zip's parts, and what reads one; `kind` is what the file should be.

    Raises SpecError where it is none, or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"it has {path.stat().st_size / 1e6:,.0f} MB, and may have 32")
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > _MOST_PARTS:
                raise SpecError(f"it has {len(names):,} parts, more than {_MOST_PARTS:,}")
            yield names, lambda name, limit: _part(archive, name, limit, kind)
    except OSError as error:
        raise SpecError(error.strerror or "it cannot be read") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise SpecError(f"it is truncated, or no {kind}") from None


def parsed(text: bytes, name: str) -> Any:
    """Return what a JSON text says. Raises SpecError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SpecError(f"its {name} is no JSON that can be read") from None


def _part(archive: zipfile.ZipFile, name: str, limit: int, kind: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise SpecError(f"there is no {name} in it: expected a {kind}") from None
    size, most = f"{info.file_size / 1e6:,.0f} MB", f"{limit / 1e6:.0f}"
    if info.file_size > limit:
        raise SpecError(f"its {name} has {size}, and may have {most}")
    with archive.open(info) as part:
        content = part.read(limit + 1)
    if len(content) > limit:
        raise SpecError(f"its {name} has more than {most} MB")
    return content
