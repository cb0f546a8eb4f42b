"""What a browser runs, compiled when the site is made: a page that has it is ready sooner.

Bytecode is of one version of Python. Where this Python is not Pyodide's, the Pyodide in the folder
compiles it, in Node.js; where there is none of that either, all stays as it is.
"""

from __future__ import annotations

import inspect
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile

from xlbackprop.web import bytecode
from xlbackprop.web.bytecode import compiled_archive, is_for
from xlbackprop.web.static.distribution import PROGRAM, Distribution

_SECONDS = 300  # it takes about ten
_SCRIPT = """\
import { pathToFileURL } from "node:url";
const [base, work, code] = process.argv.slice(1);
const { loadPyodide } = await import(pathToFileURL(`${base}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: `${base}/` });
pyodide.mountNodeFS("/work", work);
pyodide.runPython(code);
"""
_CODE = """
from pathlib import Path

for name, folder in {folders!r}.items():
    path = Path("/work", name)
    path.write_bytes(compiled_archive(path.read_bytes(), folder))
"""


def compiled(source: Distribution, program: bytes) -> tuple[Distribution, bytes]:
    """Return a distribution and the program's archive, compiled where they can be.

    Of a distribution elsewhere nothing can be changed: its files are taken by their hashes.
    """
    archives = {PROGRAM: program, **source.archives()}
    folders = {name: source.place_of(name) for name in archives}
    if is_for(source.python):
        done = _by_this_python(archives, folders)
    else:
        done = _by_pyodide(source.folder, archives, folders)
    own = done.pop(PROGRAM, program)
    return source.with_files(done), own


def _by_this_python(archives: Mapping[str, bytes], folders: Mapping[str, str]) -> dict[str, bytes]:
    try:
        return {name: compiled_archive(archives[name], folders[name]) for name in archives}
    except BadZipFile:
        return {}


def _by_pyodide(
    base: Path | None, archives: Mapping[str, bytes], folders: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the archives compiled by the Pyodide in a folder; none where that cannot be run."""
    node = shutil.which("node")
    if node is None or base is None:
        return {}
    code = inspect.getsource(bytecode) + _CODE.format(folders=dict(folders))
    with TemporaryDirectory() as work:
        for name, content in archives.items():
            Path(work, name).write_bytes(content)
        command = [
            node,
            "--input-type=module",
            "-e",
            _SCRIPT,
            "--",
            str(base.resolve()),
            work,
            code,
        ]
        try:
            subprocess.run(  # noqa: S603  (the folder is the one that the user names)
                command, check=True, capture_output=True, timeout=_SECONDS
            )
        except (OSError, subprocess.SubprocessError):
            return {}
        return {name: Path(work, name).read_bytes() for name in archives}
