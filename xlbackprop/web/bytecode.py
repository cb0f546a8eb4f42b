"""Archives of Python sources made into archives of bytecode, for the Python that this runs in.

Imports nothing of the package: it also runs in Pyodide, before the program is there.
"""

import io
import sys
import zipfile
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
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            if not name.endswith(("/", *_LEFT_OUT)):
                _add(new, name, old.read(name), folder)
    return archive.getvalue()


def is_for(python: str) -> bool:
    """Return whether bytecode made here is for a Python of that version ("3.14.0")."""
    return python.split(".")[:2] == [str(number) for number in sys.version_info[:2]]


def _add(archive: zipfile.ZipFile, name: str, content: bytes, folder: str) -> None:
    if name.endswith(".py"):
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
