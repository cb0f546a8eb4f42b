"""Files appear whole or not at all, and replace nothing unless told to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from xlbackprop.errors import OutputError


def check_output(path: Path, *, force: bool) -> None:
    """Raise OutputError where a file could not be put: before any work is done."""
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it")
        if path.exists() and not path.is_file():  # a device, a pipe: --force must not replace it
            raise OutputError(f"{path} is no regular file; name another")
        if path.exists() and not force:
            raise _exists(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def check_outputs(paths: Sequence[Path], source: Path, *, force: bool) -> None:
    """Raise OutputError where files made from a source could not be put, or would replace it."""
    for number, path in enumerate(paths):
        if _is_same(path, source):
            raise OutputError(f"{path} is the workbook itself: name another file")
        if any(_is_same(path, other) for other in paths[:number]):
            raise OutputError(f"{path} is named twice: each file needs a name of its own")
        check_output(path, force=force)


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them does not exist
        return path.absolute() == other.absolute()


def save(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file in one step, its folder included. Raises OutputError where that fails."""
    check_output(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, content, force=force)
    except OSError as error:
        raise _unwritable(path, error) from None


def _write_whole(path: Path, content: bytes, *, force: bool) -> None:
    try:
        handle = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):  # not on this system, or not on this file system
        _write_beside(path, content, force=force)
        return
    # A file without a name until it is whole: nothing is left behind, whatever happens.
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if not path.exists() or not force:
            _link(file.fileno(), path)
        else:
            beside = _name_beside(path)
            _link(file.fileno(), beside)
            beside.replace(path)


def _link(handle: int, path: Path) -> None:
    try:
        # Naming a folder, though the path is absolute, makes Python follow the symbolic link.
        os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)
    except FileExistsError:
        raise _exists(path) from None


def _write_beside(path: Path, content: bytes, *, force: bool) -> None:
    temporary = _name_beside(path)
    try:
        temporary.write_bytes(content)
        if path.exists() and not force:
            raise _exists(path)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _name_beside(path: Path) -> Path:
    return path.with_name(f".{os.urandom(8).hex()}.tmp")


def _exists(path: Path) -> OutputError:
    return OutputError(f"{path} exists already; --force replaces it")


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {error.strerror or error}")
