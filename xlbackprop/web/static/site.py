"""The page as static files, in which the program runs in the reader's browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from xlbackprop.errors import OutputError, one_line
from xlbackprop.web.files import page_files, type_of
from xlbackprop.web.policy import content_policy, headers
from xlbackprop.web.static.compiling import compiled
from xlbackprop.web.static.distribution import (
    OFFICIAL_BASE,
    PROGRAM,
    PROGRAM_FOLDER,
    STANDARD_LIBRARY,
    Distribution,
    in_folder,
    integrity_of,
    media_type,
    official,
)
from xlbackprop.web.static.program_files import program_archive
from xlbackprop.web.tasks import Request, carry_out

_SERVICE_WORKER = "service-worker.js"
_PLACE_OF_POLICY = b"<!-- policy -->"


def write_site(folder: Path, pyodide: Path | None = None, *, force: bool = False) -> Path:
    """Write the page's files into a folder, whole or not at all, and return it.

    `pyodide` is a folder with Pyodide's files and NumPy's wheel, which are copied; without one, the
    page takes them from the official distribution. Raises OutputError where the folder exists and
    is not empty (unless `force`), cannot be written, or something is missing.
    """
    _check(folder, force=force)
    given = in_folder(pyodide) if pyodide is not None else official()
    source, program = compiled(given, program_archive())
    files = site_files(source, program)
    beside = folder.with_name(f".{folder.name}.{os.urandom(6).hex()}.tmp")
    try:
        _write(beside, files, source)
        if folder.exists():
            _remove(folder)
        beside.rename(folder)
    except OSError as error:
        raise OutputError(f"{_shown(folder)} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def site_files(source: Distribution, program: bytes) -> Mapping[str, bytes]:
    """Return the files of the page by their names, but Pyodide's; `program` is its archive."""
    files = dict(page_files("site"))
    service_worker = files.pop(_SERVICE_WORKER)
    policy = _policy(source)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    files["index.html"] = files["index.html"].replace(_PLACE_OF_POLICY, meta.encode())
    files[PROGRAM] = program
    files["settings.js"] = _module(
        {
            "base": source.base,
            "lock": source.lock_text,
            "archives": [source.base + source.numpy, PROGRAM],
            "folder": PROGRAM_FOLDER,
            "isCompiled": bool(source.changed),
            # Known here, and asked for before anything else: a browser takes a while to read them.
            "templates": carry_out("templates", Request({})).header,
            "library": [source.base + STANDARD_LIBRARY, source.place_of(STANDARD_LIBRARY)],
        }
    )
    listed = [
        {"address": name, "integrity": integrity_of(content), "type": _type(name)}
        for name, content in sorted(files.items())
    ]
    listed += [
        {"address": source.base + name, "integrity": hash_, "type": media_type(name)}
        for name, hash_ in source.integrity.items()
    ]
    version = sha256(json.dumps(listed).encode()).hexdigest()[:16]
    head = (
        f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(listed, indent=1)};\n"
    )
    files[_SERVICE_WORKER] = head.encode() + service_worker
    files["_headers"] = _headers(policy)
    return files


def _policy(source: Distribution) -> str:
    """Return the policy of the page and of its workers: its own origin, and Pyodide's files."""
    at = () if source.folder else (OFFICIAL_BASE,)
    own = content_policy("worker-src 'self'")
    own = own.replace("script-src 'self'", " ".join(("script-src 'self' 'wasm-unsafe-eval'", *at)))
    return own.replace("connect-src 'self'", " ".join(("connect-src 'self'", *at)))


def _headers(policy: str) -> bytes:
    """Return the headers in the form that several hosts of static files read (`_headers`)."""
    lines = {**headers(), "Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return "\n".join(["/*", *(f"  {n}: {v}" for n, v in lines.items()), ""]).encode()


def _module(settings: Mapping[str, object]) -> bytes:
    return f"export const SETTINGS = {json.dumps(settings, indent=1)};\n".encode()


def _type(name: str) -> str:
    return "application/zip" if name == PROGRAM else type_of(name)


def _write(folder: Path, files: Mapping[str, bytes], source: Distribution) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if source.folder is not None:
        (folder / source.base).mkdir()
        source.write(folder / source.base)


def _check(folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{_shown(folder)} exists already, and is no folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise OutputError(f"{_shown(folder)} is not empty; --force replaces it")
        if not (folder / "settings.js").is_file():
            raise OutputError(f"{_shown(folder)} holds something else: name another folder")


def _remove(folder: Path) -> None:
    """Remove a folder that is empty, or that holds an earlier site."""
    aside = folder.with_name(f".{folder.name}.{os.urandom(6).hex()}.old")
    folder.rename(aside)
    shutil.rmtree(aside)


def _shown(path: Path) -> str:
    return one_line(path, 200)
