"""What may be opened: a workbook from a stranger is hostile until read.

The file's kind is told from its first bytes, not its name, and the archive's parts must unpack to
a bounded size.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xlbackprop.errors import WorkbookError, one_line

MAX_FILE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 256_000_000
MAX_PARTS = 10_000

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "save it as .xlsx (Excel Workbook) first"


@contextmanager
def open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a workbook's archive.

    Raises WorkbookError where the file is missing, of another kind, damaged, encrypted, or
    would unpack to more than MAX_UNPACKED_BYTES.
    """
    try:
        with path.open("rb") as file:
            _check_kind(file)
            with zipfile.ZipFile(file) as package:
                _check_parts(package)
                yield package
    except zipfile.BadZipFile:
        raise WorkbookError(
            "the file is damaged: its archive is cut short or overwritten"
        ) from None
    except (NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise WorkbookError(f"the file is damaged: {one_line(error)}") from None
    except FileNotFoundError:
        raise WorkbookError("there is no such file") from None
    except IsADirectoryError:
        raise WorkbookError("that is a folder, not a workbook") from None
    except OSError as error:
        raise WorkbookError(f"it cannot be read: {error.strerror or error}") from None


def _check_kind(file: IO[bytes]) -> None:
    head = file.read(4096)
    file.seek(0, 2)
    size = file.tell()
    if not head:
        raise WorkbookError("the file is empty")
    if size > MAX_FILE_BYTES:
        raise WorkbookError(f"the file has {size:,} bytes, more than {MAX_FILE_BYTES:,}")
    if head.startswith(_OLE):
        file.seek(0)
        if _ENCRYPTED in file.read():
            raise WorkbookError("the workbook is encrypted: save it without a password first")
        raise WorkbookError(f"this is an old Excel file (.xls), whatever its name: {_SAVE_AS}")
    if not head.startswith(b"PK"):
        raise WorkbookError(_not_an_archive(head))
    file.seek(0)


def _not_an_archive(head: bytes) -> str:
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < 4096 else "ignore")
    except UnicodeDecodeError:
        text = ""
    is_text = bool(text) and all(c.isprintable() or c.isspace() for c in text)
    if is_text and text.lstrip().startswith("<"):
        return f"this is an XML or HTML file, not a workbook: {_SAVE_AS}"
    if is_text and any(mark in text for mark in ",;\t"):
        return f"this is a text table (.csv), whatever its name: {_SAVE_AS}"
    return "this is not an .xlsx workbook (not even a zip archive)"


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > MAX_PARTS:
        raise WorkbookError(f"the file holds {len(parts):,} parts, more than {MAX_PARTS:,}")
    # zipfile reads no more of a part than its header says, so the headers bound the memory.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES:
        raise WorkbookError(
            f"the file unpacks to {unpacked:,} bytes, more than {MAX_UNPACKED_BYTES:,}"
        )
    names = {part.filename for part in parts}
    if "mimetype" in names:
        kind = package.read("mimetype")[:100]
        if b"opendocument" in kind:
            raise WorkbookError(
                f"this is an OpenDocument file (.ods), whatever its name: {_SAVE_AS}"
            )
    if "xl/workbook.bin" in names:
        raise WorkbookError(f"this is a binary workbook (.xlsb), whatever its name: {_SAVE_AS}")
    if "[Content_Types].xml" not in names:
        raise WorkbookError("this is a zip archive, but no .xlsx workbook")
