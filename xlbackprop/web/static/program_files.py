"""The program and the libraries that it needs in a browser, as one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from xlbackprop.errors import OutputError
from xlbackprop.spec.templates import template_folder

_PACKAGE = Path(__file__).parents[2]
# What a browser has no use for: the command line, a class's processes, models of others, servers.
_LEFT_OUT = ("cli", "classroom", "models", "__main__.py", "web/assets")
_WEB = ("web/__init__.py", "web/bytecode.py", "web/tasks.py")
_LIBRARIES = ("Jinja2", "MarkupSafe", "XlsxWriter", "latex2mathml", "tomli_w")
_TIME = (2020, 1, 1, 0, 0, 0)  # the same files make the same archive


def program_archive() -> bytes:
    """Return the archive, as sources.

    Raises OutputError where a library is not installed as files.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, path in sorted(_files()):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, path.read_bytes())
    return archive.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    """Yield the name of each file in the archive, and where it is."""
    for path in _PACKAGE.rglob("*"):
        name = path.relative_to(_PACKAGE).as_posix()
        is_web = name.startswith("web/") and name not in _WEB
        is_left_out = is_web or name.startswith((*_LEFT_OUT, "spec/templates/"))
        if path.is_file() and "__pycache__" not in name and not is_left_out:
            yield f"xlbackprop/{name}", path
    for path in template_folder().glob("*.toml"):
        yield f"xlbackprop/spec/templates/{path.name}", path
    for library in _LIBRARIES:
        yield from _library(library)


def _library(name: str) -> Iterator[tuple[str, Path]]:
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        files = []
    found = 0
    for file in files:
        parts = file.parts
        is_told = file.suffix in (".py", ".txt") or file.name == "METADATA"
        is_plain = ".." not in parts and "__pycache__" not in parts and "licenses" not in parts
        path = Path(str(file.locate()))
        if is_told and is_plain and path.is_file():
            found += 1
            yield file.as_posix(), path
    if not found:
        raise OutputError(f"the library {name} is not installed as files that can be copied")
