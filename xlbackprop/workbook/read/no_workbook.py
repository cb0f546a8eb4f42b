"""What a file is that is no workbook, and what its owner has to do."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from xlbackprop.errors import one_line

SAVE_AS = "save it as .xlsx (Excel Workbook) first"

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".numbers"}
_OF_A_MAC = bytes.fromhex("00051607")
_BEGINNINGS = {
    b"%PDF": "a PDF, not a workbook",
    b"\x89PNG": "a picture, not a workbook",
    b"\xff\xd8\xff": "a picture, not a workbook",
    b"GIF8": "a picture, not a workbook",
    b"{\\rtf": "a text document, not a workbook",
    b"\x93NUMPY": "an array of NumPy's, not a workbook",
    b"SQLite format 3": "a database, not a workbook",
    b"\x1f\x8b": "a compressed file: unpack it first",
    b"7z\xbc\xaf": "a compressed archive: unpack it first",
    b"Rar!": "a compressed archive: unpack it first",
}
# A part by which an archive of another kind is known, in small letters.
OTHER_KINDS = {
    "word/document.xml": "a Word document, not a workbook",
    "ppt/presentation.xml": "a presentation, not a workbook",
    "xl/workbook.bin": f"a binary workbook (.xlsb), whatever its name: {SAVE_AS}",
}


def about_file(name: str, head: bytes, text: str | None) -> str:
    """Return what a file is that is no archive: by its name, its first bytes, and its text."""
    if head.startswith(_OF_A_MAC):
        return (
            "a side file that a Mac puts beside the workbook: the workbook is the file without"
            " ._ before its name"
        )
    if name.startswith("~$"):
        return (
            "Excel's lock file, there while the workbook is open: the workbook is the file without"
            " ~$ before its name"
        )
    for beginning, what in _BEGINNINGS.items():
        if head.startswith(beginning):
            return what
    return _about_text(name, text) if text else "not an .xlsx workbook (not even a zip archive)"


def _about_text(name: str, text: str) -> str:
    begins = text.lstrip()
    if name.lower().endswith(".gsheet") or (begins.startswith("{") and '"doc_id"' in text):
        return (
            "a link to Google Sheets, not the sheet: there, choose File > Download > Microsoft"
            " Excel (.xlsx)"
        )
    if begins.startswith("<"):
        return f"an XML or HTML file, not a workbook: {SAVE_AS}"
    if any(mark in text for mark in ",;\t"):
        return f"a text table (.csv), by another name: {SAVE_AS}"
    return "a text, not an .xlsx workbook"


def about_archive(names: Collection[str]) -> str:
    """Return what a zip archive is that holds no .xlsx workbook."""
    for part, what in OTHER_KINDS.items():
        if part in names:
            return what
    if any(name.endswith(".iwa") for name in names):
        return "an Apple Numbers document: in Numbers, choose File > Export To > Excel"
    inside = [
        name
        for name in sorted(names)
        if PurePosixPath(name).suffix.lower() in _WORKBOOKS and "__macosx" not in name.lower()
    ]
    if inside:
        return f"a zip archive with {one_line(inside[0], 60)} inside: unpack it, and check that"
    return "a zip archive, but no .xlsx workbook"


def is_opendocument(package: zipfile.ZipFile) -> bool:
    """Return whether an archive is an OpenDocument file, wherever in it that is said."""
    names = set(package.namelist())
    said = "mimetype" if "mimetype" in names else "META-INF/manifest.xml"
    if said not in names or not names & {"content.xml", "mimetype"}:
        return False
    with package.open(said) as stream:
        return b"opendocument" in stream.read(10_000)
