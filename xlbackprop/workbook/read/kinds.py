"""Files of other kinds that can be converted, told apart by their first bytes.

A name is believed of a text only: nothing in a table of numbers says that it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xlbackprop.errors import WorkbookError
from xlbackprop.spec.regular import is_regular
from xlbackprop.workbook.read.guard import ENCRYPTED, MAX_FILE_BYTES, OLE, as_text, open_archive
from xlbackprop.workbook.read.no_workbook import OPENDOCUMENT, about_opendocument

_HEAD = 4096
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab")
# With what the archives of .xlsx files begin.
_OF_XLSX = (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/")


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, and LibreOffice's filter, where that converts it."""

    about: str
    filter: str


ODS = Kind(OPENDOCUMENT, "calc8")
XLS = Kind("an old Excel file (.xls)", "MS Excel 97")
TABLE = Kind("a text table (.csv)", "")


def kind_to_convert(path: Path) -> Kind | None:
    """Return the kind of a file that has to be converted first; None for all others."""
    try:
        if not is_regular(path) or path.stat().st_size > MAX_FILE_BYTES:
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if head.startswith(OLE):
                return None if ENCRYPTED in head + file.read() else XLS
    except OSError:
        return None
    if head.startswith(b"PK"):
        return ODS if _is_ods(path, head) else None
    is_table = path.suffix.lower() in _TEXT_SUFFIXES and _is_table(head)
    return TABLE if is_table else None


def _is_ods(path: Path, head: bytes) -> bool:
    # The standard has the type stand first in the archive, so that it can be told like this.
    if head[30:38] == b"mimetype":
        return b"opendocument.spreadsheet" in head[:120]
    if head.startswith(_OF_XLSX, 30):
        return False
    try:
        with open_archive(path) as package:
            return about_opendocument(package) == OPENDOCUMENT
    except WorkbookError:
        return False


def _is_table(head: bytes) -> bool:
    text = as_text(head)
    return text is not None and not text.lstrip().startswith("<")
