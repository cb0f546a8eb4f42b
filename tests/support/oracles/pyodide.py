"""A whole Pyodide with NumPy, as the official distribution has it, for tests alone.

It lies in a wheel on the package index (open-webui, of which nothing else is used), and is taken by
the wheel's hash; six of its files are kept. Pyodide's licence is the MPL-2.0, NumPy's is BSD.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from unittest.mock import patch

from tests.support.oracles.needs import require
from xlbackprop.web.static.distribution import CORE, LOCK, VERSION, in_folder, official
from xlbackprop.web.static.site import write_site

_WHEEL = "open-webui==0.12.4"
_HASH = "sha256:02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6"
_INSIDE = "open_webui/frontend/pyodide/"


def pyodide_folder() -> Path:
    """Return a folder with Pyodide and NumPy; skip the test (or fail) where it cannot be had."""
    kept = Path(gettempdir(), f"xlbackprop-tests-pyodide-{VERSION}")
    if not _is_whole(kept):
        shutil.rmtree(kept, ignore_errors=True)
        with TemporaryDirectory(dir=kept.parent) as folder, suppress(OSError):
            if _unpacked(Path(folder)):
                Path(folder, "files").rename(kept)
    require("browser", _is_whole(kept), f"Pyodide {VERSION} (from the package index)")
    return kept


def written_site(folder: Path, *, is_compiled: bool) -> Path:
    """Write the page with Pyodide into a folder, compiled or as sources."""
    with node_at_hand(is_there=is_compiled):
        return write_site(folder, pyodide_folder())


@contextmanager
def node_at_hand(*, is_there: bool = True) -> Iterator[None]:
    """Have the Node.js that comes with playwright found, or none."""
    spec = find_spec("playwright")
    driver = Path(spec.origin, "..", "driver") if spec and spec.origin else Path()
    with patch.dict(os.environ, {"PATH": str(driver.resolve()) if is_there else ""}):
        yield


def _is_whole(folder: Path) -> bool:
    return folder.is_dir() and in_folder(folder).integrity == official().integrity


def _unpacked(folder: Path) -> bool:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{_WHEEL} --hash={_HASH}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    only = ["--only-binary", ":all:", "--python-version", "3.12", "-d", folder, "-r", wanted]
    done = subprocess.run([*command, *only], check=False, capture_output=True, timeout=600)
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode or wheel is None:
        return False
    names = (*CORE, LOCK, *(name for name in official().integrity if name not in CORE))
    (folder / "files").mkdir()
    with zipfile.ZipFile(wheel) as package:
        for name in names:
            (folder / "files" / name).write_bytes(package.read(_INSIDE + name))
    return True
