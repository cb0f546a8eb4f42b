"""Archives of Python sources made into archives of bytecode, for the Python that this runs in.

Imports nothing of the package: it also runs in Pyodide, before the program is there.
"""

import io
import sys
import zipfile
from collections.abc import Container, Generator
from importlib.util import MAGIC_NUMBER, source_hash
from marshal import dumps

_UNCHECKED = (1).to_bytes(4, "little")  # by its source's hash, which nobody looks at
_TIME = (2020, 1, 1, 0, 0, 0)  # the same files make the same archive
# What no import asks for.
_LEFT_OUT = (".pyi", ".h")


def compiled_archive(content: bytes, folder: str) -> bytes:
    """Return a zip archive with its sources compiled; tracebacks say that they lie in `folder`.

    A source that this Python cannot compile stays as it is.
    """
    work = compiling(content, folder)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return bytes(done.value)


def compiling(
    content: bytes, folder: str, only: Container[str] | None = None
) -> Generator[None, None, bytes]:
    """Compile the sources of an archive, or only some of them, file by file; return the archive."""
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            if not name.endswith(("/", *_LEFT_OUT)):
                is_asked_for = only is None or name in only
                _add(new, name, old.read(name), folder if is_asked_for else None)
                yield
    return archive.getvalue()


def imported() -> frozenset[str]:
    """Return the names in archives of all modules that have been imported so far."""
    paths = [name.replace(".", "/") for name in sys.modules]
    return frozenset([f"{path}.py" for path in paths] + [f"{path}/__init__.py" for path in paths])


def is_for(python: str) -> bool:
    """Return whether bytecode made here is for a Python of that version ("3.14.0")."""
    return python.split(".")[:2] == [str(number) for number in sys.version_info[:2]]


def _add(archive: zipfile.ZipFile, name: str, content: bytes, folder: str | None) -> None:
    if name.endswith(".py") and folder is not None:
        try:
            code = compile(content, f"{folder}/{name}", "exec", dont_inherit=True, optimize=0)
        except (SyntaxError, ValueError):
            pass
        else:
            content = MAGIC_NUMBER + _UNCHECKED + source_hash(content) + dumps(code)
            name += "c"
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
