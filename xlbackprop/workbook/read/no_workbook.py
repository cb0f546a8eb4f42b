"""What a file is that is no workbook, and what its owner has to do."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from xlbackprop.errors import one_line

OPENDOCUMENT = "an OpenDocument file (.ods)"
SAVE_AS = "save it as .xlsx (Excel Workbook) first"

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".numbers"}
_OF_A_MAC = bytes.fromhex("00051607")
_OF_PHONES = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif")
_OTHER_APPLES = (".pages", ".key")  # written like Numbers, and told apart by their names
_NUMBERS = "an Apple Numbers document: in Numbers, choose File > Export To > Excel"
_SHEETS_AS_XML = ("office:spreadsheet", "opendocument.spreadsheet")
_BEGINNINGS = {
    b"%PDF": "a PDF, not a workbook",
    b"\x89PNG": "a picture, not a workbook",
    b"\xff\xd8\xff": "a picture, not a workbook",
    b"GIF8": "a picture, not a workbook",
    b"RIFF": "a picture, not a workbook",
    b"version https://git-lfs": "what Git LFS keeps in a file's place: `git lfs pull` fetches it",
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
    for begins, whose in {"~$": "Excel's", ".~lock.": "LibreOffice's"}.items():
        if name.startswith(begins):
            return (
                f"{whose} lock file, there while the workbook is open: the workbook is the file"
                f" without {begins} before its name"
            )
    if name.endswith(".icloud"):
        return "what stands for a file that is in iCloud only: open it there once, so that it comes"
    if head[4:12] in _OF_PHONES:
        return "a picture, not a workbook"
    for beginning, what in _BEGINNINGS.items():
        if head.startswith(beginning):
            return what
    return _about_text(name, text) if text else "not an .xlsx workbook (not even a zip archive)"


def _about_text(name: str, text: str) -> str:
    begins, suffix = text.lstrip(), PurePosixPath(name).suffix.lower()
    if suffix in (".gdoc", ".gslides", ".gform"):
        return "a link to Google's programs, and to no sheet of them"
    if suffix == ".gsheet" or (begins.startswith("{") and '"doc_id"' in text):
        return (
            "a link to Google Sheets, not the sheet: there, choose File > Download > Microsoft"
            " Excel (.xlsx)"
        )
    if begins.startswith("[InternetShortcut]") or suffix == ".webloc":
        return "a link to a page, not the sheet that is there: download that as .xlsx"
    if begins.startswith("<"):
        is_sheet = any(mark in text for mark in _SHEETS_AS_XML)
        kind = "a workbook written as XML" if is_sheet else "an XML or HTML file, not a workbook"
        return f"{kind}: {SAVE_AS}"
    if any(mark in text for mark in ",;\t"):
        return f"a text table (.csv), by another name: {SAVE_AS}"
    return "a text, not an .xlsx workbook"


def about_folder(name: str) -> str:
    """Return what a folder is, which on a Mac may look like a file."""
    return (
        f"this is {_NUMBERS}" if name.endswith(".numbers") else "that is a folder, not a workbook"
    )


def about_archive(names: Collection[str], name: str = "") -> str:
    """Return what a zip archive of a name is that holds no .xlsx workbook, by its parts' names."""
    for part, what in OTHER_KINDS.items():
        if part in names:
            return what
    if any(part.endswith(".iwa") for part in names):
        return "no workbook, but of Pages or Keynote" if name.endswith(_OTHER_APPLES) else _NUMBERS
    inside = [
        part
        for part in sorted(names)
        if PurePosixPath(part).suffix.lower() in _WORKBOOKS and "__macosx" not in part.lower()
    ]
    if inside:
        return f"a zip archive with {one_line(inside[0], 60)} inside: unpack it, and check that"
    return "a zip archive, but no .xlsx workbook"


def about_opendocument(package: zipfile.ZipFile) -> str:
    """Return what OpenDocument file an archive is, wherever in it that is said; "" for none."""
    names = set(package.namelist())
    said = "mimetype" if "mimetype" in names else "META-INF/manifest.xml"
    if said not in names or not names & {"content.xml", "mimetype"}:
        return ""
    with package.open(said) as stream:
        kind = stream.read(10_000)
    if b"opendocument.spreadsheet" in kind or b"opendocument." not in kind:
        return OPENDOCUMENT if b"opendocument" in kind else ""
    return "an OpenDocument file, but no spreadsheet"
