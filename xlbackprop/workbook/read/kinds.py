"""Files of other kinds that LibreOffice can convert, told apart by their first bytes.

A name is believed of a text only: nothing in a table of numbers says that it is one.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from xlbackprop.workbook.read.guard import ENCRYPTED, MAX_FILE_BYTES, OLE, as_text

_HEAD = 4096
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab")
# The numbers by which LibreOffice's filter knows encodings.
_UTF_8, _UTF_16, _WINDOWS_1252 = 76, 65535, 1


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, and LibreOffice's filter for it."""

    about: str
    filter: str


ODS = Kind("an OpenDocument file (.ods)", "calc8")
XLS = Kind("an old Excel file (.xls)", "MS Excel 97")


def kind_to_convert(path: Path) -> Kind | None:
    """Return the kind of a file that LibreOffice has to convert first; None for all others."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_FILE_BYTES:
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if head.startswith(OLE):
                return None if ENCRYPTED in head + file.read() else XLS
    except OSError:
        return None
    if head.startswith(b"PK"):
        # The standard has the type stand first in the archive, so that it can be told like this.
        is_ods = head[30:38] == b"mimetype" and b"opendocument.spreadsheet" in head[:120]
        return ODS if is_ods else None
    return _text_table(head) if path.suffix.lower() in _TEXT_SUFFIXES else None


def _text_table(head: bytes) -> Kind | None:
    """Return the kind of a table of numbers, with its encoding and what separates its columns."""
    text = as_text(head)
    if text is None or text.lstrip().startswith("<"):
        return None
    separator = next((mark for mark in "\t;" if mark in text), ",")
    encoding = _WINDOWS_1252
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = _UTF_16
    elif head.decode("utf-8", errors="replace").count("\N{REPLACEMENT CHARACTER}") <= 1:
        encoding = _UTF_8
    options = f"{ord(separator)},34,{encoding},1"
    return Kind("a text table (.csv)", f"Text - txt - csv (StarCalc):{options}")
