"""The bytes of a regular file, and no more of them than are allowed.

A named pipe would keep its reader waiting, and a device may have no end.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

# A file of the system that is regular by its looks, and would block, does not with this.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)


def read_regular(path: Path, most: int) -> bytes:
    """Return what a regular file holds.

    Raises OSError where the file is a pipe, a device or a folder, has more than `most` bytes, or
    cannot be read.
    """
    mode = path.stat().st_mode  # before it is opened: opening a pipe waits, and a device may act
    if stat.S_ISDIR(mode):
        raise OSError("that is a folder")
    if not stat.S_ISREG(mode):
        raise OSError("that is no regular file")
    with open(path, "rb", opener=_open) as file:
        content = file.read(most + 1)
    if content is None:  # it would have to be waited for
        raise OSError("that is no regular file")
    if len(content) > most:
        raise OSError(f"it is larger than {most:,} bytes")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _WITHOUT_WAITING)
