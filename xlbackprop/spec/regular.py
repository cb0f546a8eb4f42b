"""Whether a file is a regular one, and its bytes, no more of them than are allowed.

A named pipe would keep its reader waiting, and a device may have no end.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

# A file of the system that is regular by its looks, and would block, does not with this.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)


def is_regular(path: Path) -> bool:
    """Return whether a path leads to a regular file. Raises OSError where it leads nowhere."""
    return stat.S_ISREG(path.stat().st_mode)


def read_regular(path: Path, most: int) -> bytes:
    """Return what a regular file holds.

    Raises OSError where the file is a pipe, a device or a folder, has more than `most` bytes, or
    cannot be read.
    """
    # Before it is opened: opening a pipe waits, and a device may act.
    if not is_regular(path):
        raise OSError("that is a folder" if path.is_dir() else "that is no regular file")
    with open(path, "rb", opener=_open) as file:
        content = file.read(most + 1)
    if content is None:  # it would have to be waited for
        raise OSError("that is no regular file")
    if len(content) > most:
        raise OSError(f"it is larger than {most:,} bytes")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _WITHOUT_WAITING)
