"""Files appear whole or not at all, and replace nothing unless told to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from xlbackprop.errors import OutputError


def check_output(path: Path, *, force: bool) -> None:
    """Raise OutputError where a file could not be put: before any work is done."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists already; --force replaces it")


def save(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file in one step, its folder included. Raises OutputError where that fails."""
    check_output(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, content, force=force)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path} cannot be written: {reason}") from None


def _write_whole(path: Path, content: bytes, *, force: bool) -> None:
    # The unfinished file has a name of its own only where the system cannot do without.
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o666 & ~_umask())
        if force:
            temporary.replace(path)
        else:
            _move_unless_exists(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _move_unless_exists(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)  # fails where the file has appeared meanwhile
    except FileExistsError:
        raise OutputError(f"{path} exists already; --force replaces it") from None
    except OSError:  # a file system without hard links
        temporary.replace(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
