"""The program as a process of its own: the environment it runs in, and a spec to give it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"

# What would change how a terminal is written to.
OF_TERMINALS = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "PYTHONUTF8"}

TWO_LAYERS = """\
name = "two"
input = [1, 4, 4]
[[layers]]
type = "conv2d"
filters = 2
kernel = 2
[[layers]]
type = "conv2d"
filters = 1
kernel = 2
"""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a child that runs this checkout, on no particular terminal."""
    plain = {key: value for key, value in os.environ.items() if key not in OF_TERMINALS}
    return {**plain, "PYTHONPATH": str(ROOT), **changes}


@cache
def path_without_libreoffice(path: str) -> str:
    """Return a PATH on which all programs are but LibreOffice."""
    return os.pathsep.join(map(_without_libreoffice, path.split(os.pathsep)))


def _without_libreoffice(folder: str) -> str:
    names = {one.name for one in Path(folder).iterdir()} if Path(folder).is_dir() else set()
    if not names & _LIBREOFFICE:
        return folder
    links = TemporaryDirectory(prefix="programs")
    _FOLDERS.append(links)  # which lasts as long as the tests
    for name in names - _LIBREOFFICE:
        Path(links.name, name).symlink_to(Path(folder, name))
    return links.name


_LIBREOFFICE = {"soffice", "libreoffice"}
_FOLDERS: list[TemporaryDirectory[str]] = []
