"""Pyodide and NumPy as the page without a server takes them: each file by its integrity hash.

The hashes are of the official distribution, version by version; a folder has the hashes of what
is in it. Only the files named here are ever asked for: the list of packages that Pyodide reads is
written by us, with NumPy alone in it.
"""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

from xlbackprop.errors import OutputError, one_line

STANDARD_LIBRARY = "python_stdlib.zip"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", STANDARD_LIBRARY)
PROGRAM = "program.zip"
PROGRAM_FOLDER = "/program"  # where the program and NumPy lie in a browser
LOCK = "pyodide-lock.json"
_TYPES = {
    "mjs": "text/javascript",
    "wasm": "application/wasm",
    "zip": "application/zip",
    "whl": "application/zip",
}
_LARGEST = 100_000_000
VERSION = "314.0.3"
OFFICIAL_BASE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
_OFFICIAL_INFO = {
    "abi_version": "2026_0",
    "arch": "wasm32",
    "platform": "emscripten_5_0_3",
    "python": "3.14.0",
}
_NUMPY_WHEEL = "numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
_OFFICIAL_NUMPY = {
    "depends": [],
    "file_name": _NUMPY_WHEEL,
    "imports": ["numpy"],
    "install_dir": "site",
    "name": "numpy",
    "package_type": "package",
    "sha256": "0cad9c1b91f0082e4f959bc0e0bf5835a2efbba6ab3b1e9d1fe6e7e564cca98e",
    "unvendored_tests": False,
    "version": "2.4.3",
}
_OFFICIAL_HASHES = {
    "pyodide.mjs": "37wxVGo7MBryEjut3Wf4qHDxWQY7/9bFQsoJWkHb47/epwO3+PR7FCzBPMCKQv7u",
    "pyodide.asm.mjs": "YeRhAyBAGbSzchLhpX+ybWe+W+Jo1VPerE6kWkqdGPdTzZhG7Ys3iYYcss8vS/hW",
    "pyodide.asm.wasm": "w9RzCfsk2Qf16WCSIlnWrpL19cYFkE3gzNS9lHgHbYnrEzptSJK+wVQidhpdPbDL",
    "python_stdlib.zip": "x/zEaHRF8kG/Ap+4oxfjQZLUo6R7UvX1DKAkGe4Kgw31Yr8Ik8CTloNhhyLC3Tzx",
    _NUMPY_WHEEL: "tTC4md/Up8etObLm4PwPdYOzB65vQeMAZWq70/B+/66BgSrxKLCjyn5103mfXJbq",
}


@dataclass(frozen=True)
class Distribution:
    """Where Pyodide's files are: at an address, or in a folder that is copied.

    `integrity` has a hash for each file, `python` is the version of its Python; `changed` are files
    that are written in place of the folder's.
    """

    base: str
    lock: Mapping[str, Any]
    integrity: Mapping[str, str]
    folder: Path | None = None
    changed: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """The version of its Python: "3.14.0"."""
        return str(self.lock["info"]["python"])

    @property
    def lock_text(self) -> str:
        """The list of packages that Pyodide is given: NumPy, and nothing else."""
        return json.dumps(self.lock)

    @property
    def numpy(self) -> str:
        """The name of NumPy's wheel."""
        return str(self.lock["packages"]["numpy"]["file_name"])

    def archives(self) -> dict[str, bytes]:
        """Return the files with Python sources, where they are in a folder."""
        if self.folder is None:
            return {}
        return {name: _content(self.folder, name) for name in (STANDARD_LIBRARY, self.numpy)}

    def place_of(self, archive: str) -> str:
        """Return where in a browser lies what is in an archive."""
        if archive != STANDARD_LIBRARY:
            return PROGRAM_FOLDER
        return "/lib/python{}{}.zip".format(*self.python.split("."))

    def with_files(self, changed: Mapping[str, bytes]) -> Distribution:
        """Return the distribution with other contents of some files."""
        hashes = {name: integrity_of(content) for name, content in changed.items()}
        lock = json.loads(self.lock_text)
        if self.numpy in changed:
            lock["packages"]["numpy"]["sha256"] = sha256(changed[self.numpy]).hexdigest()
        return replace(self, lock=lock, integrity={**self.integrity, **hashes}, changed=changed)

    def write(self, folder: Path) -> None:
        """Write the files into a folder, where they are in one."""
        if self.folder is None:
            return
        for name in self.integrity:
            if name in self.changed:
                (folder / name).write_bytes(self.changed[name])
            else:
                shutil.copyfile(self.folder / name, folder / name)


def official() -> Distribution:
    """Return the official distribution, of the version that the hashes here are of."""
    lock = {"info": _OFFICIAL_INFO, "packages": {"numpy": _OFFICIAL_NUMPY}}
    return Distribution(
        OFFICIAL_BASE, lock, {n: f"sha384-{h}" for n, h in _OFFICIAL_HASHES.items()}
    )


def in_folder(folder: Path) -> Distribution:
    """Return the distribution in a folder, which must hold Pyodide's files and NumPy's wheel.

    Raises OutputError where one is missing, or NumPy's is not the one that the folder's list names.
    """
    try:
        whole = json.loads(_content(folder, LOCK))
        own = whole["packages"]["numpy"]
        lock = {"info": whole["info"], "packages": {"numpy": {**own, "depends": []}}}
        names = (*CORE, _plain(own["file_name"]))
        is_right = sha256(_content(folder, names[-1])).hexdigest() == own["sha256"]
    except (ValueError, KeyError, TypeError):
        raise OutputError(f"{_shown(folder)}: {LOCK} is no list of Pyodide's packages") from None
    if not is_right:
        raise OutputError(f"{_shown(folder)}: {names[-1]} is not the file that {LOCK} names")
    integrity = {name: integrity_of(_content(folder, name)) for name in names}
    return Distribution("pyodide/", lock, integrity, folder)


def integrity_of(content: bytes) -> str:
    """Return a file's hash as browsers check it."""
    return f"sha384-{b64encode(sha384(content).digest()).decode()}"


def media_type(name: str) -> str:
    """Return the content type of one of Pyodide's files."""
    return _TYPES[name.rpartition(".")[2]]


def _plain(name: str) -> str:
    if Path(name).name != name or not name.endswith(".whl"):
        raise ValueError(name)
    return name


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > _LARGEST:
            raise OutputError(f"{_shown(path)} is larger than any file of Pyodide's")
        return path.read_bytes()
    except OSError as error:
        reason = f"{name} cannot be read: {error.strerror}"
        raise OutputError(f"{_shown(folder)} does not hold Pyodide: {reason}") from None


def _shown(path: Path) -> str:
    return one_line(path, 200)
