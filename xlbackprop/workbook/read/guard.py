"""What may be opened: a workbook from a stranger is hostile until read.

The file's kind is told from its first bytes, not its name, and the archive's parts must unpack to
a bounded size.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.spec.regular import is_regular
from xlbackprop.workbook.read.no_workbook import (
    OPENDOCUMENT,
    OTHER_KINDS,
    SAVE_AS,
    about_archive,
    about_file,
    about_folder,
    about_opendocument,
)

MAX_FILE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 256_000_000
MAX_PARTS = 10_000

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END_RECORD, _LONGEST_COMMENT = 22, 65_535
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Archive(zipfile.ZipFile):
    """An archive whose parts are found whatever their letters, and with either slash.

    So spreadsheet programs find them, and some write them otherwise than they name them.
    """

    def getinfo(self, name: str) -> zipfile.ZipInfo:
        """Return what the archive says of a part. Raises KeyError where there is none."""
        if name in self.NameToInfo:
            return self.NameToInfo[name]
        return self._by_plain_name[plain_name(name)]

    @cached_property
    def _by_plain_name(self) -> dict[str, zipfile.ZipInfo]:
        return {plain_name(info.filename): info for info in reversed(self.infolist())}


def plain_name(part: str) -> str:
    """Return a part's name in small letters, with slashes, and none before it."""
    return part.replace("\\", "/").lstrip("/").lower()


@contextmanager
def open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a workbook's archive.

    Raises WorkbookError where the file is missing, of another kind, damaged, encrypted, or
    would unpack to more than MAX_UNPACKED_BYTES.
    """
    with open_archive(path) as package:
        _check_contents(package, path.name)
        yield package


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive of any kind. Raises WorkbookError as `open_package` does otherwise."""
    try:
        if not is_regular(path) and not path.is_dir():
            raise WorkbookError("that is no regular file")
        with path.open("rb") as file:
            _check_kind(file, path.name)
            _check_directory(file)
            with Archive(file) as package:
                _check_parts(package)
                yield package
    except zipfile.BadZipFile:
        raise WorkbookError(
            "the file is damaged: its archive is cut short or overwritten"
        ) from None
    except (NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise WorkbookError(f"the file is damaged: {one_line(error)}") from None
    except FileNotFoundError:
        raise WorkbookError("there is no such file") from None
    except IsADirectoryError:
        raise WorkbookError(about_folder(path.name)) from None
    except OSError as error:
        raise WorkbookError(f"it cannot be read: {error.strerror or error}") from None


def _check_kind(file: IO[bytes], name: str) -> None:
    head = file.read(4096)
    file.seek(0, 2)
    size = file.tell()
    if not head:
        raise WorkbookError("the file is empty")
    if size > MAX_FILE_BYTES:
        raise WorkbookError(f"the file has {size:,} bytes, more than {MAX_FILE_BYTES:,}")
    if head.startswith(OLE):
        file.seek(0)
        if ENCRYPTED in file.read():
            raise WorkbookError("the workbook is encrypted: save it without a password first")
        raise WorkbookError(f"this is an old Excel file (.xls), whatever its name: {SAVE_AS}")
    if not head.startswith(b"PK"):
        raise WorkbookError(f"this is {about_file(name, head, as_text(head))}")
    file.seek(0)


def as_text(head: bytes) -> str | None:
    """Return the beginning of a file as text in one of the usual encodings, or None."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
        if text.count("\N{REPLACEMENT CHARACTER}") > 1:
            text = head.decode("cp1252", errors="replace")
    odd = sum(not (c.isprintable() or c.isspace()) for c in text)
    return text if text.strip() and odd == 0 else None


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive of very many parts before a list of them is made."""
    start = max(0, file.seek(0, 2) - _END_RECORD - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at >= 0 and len(tail) >= at + _END_RECORD:
        parts = int.from_bytes(tail[at + 10 : at + 12], "little")
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if parts > MAX_PARTS or size > MAX_PARTS * 200:
            raise WorkbookError(f"the file holds more than {MAX_PARTS:,} parts")
    file.seek(0)


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
    if any(part.compress_type not in _COMPRESSIONS for part in parts):
        raise WorkbookError("the file is compressed in a way that no spreadsheet program uses")


def _check_contents(package: zipfile.ZipFile, name: str) -> None:
    if kind := about_opendocument(package):
        advice = f", whatever its name: {SAVE_AS}" if kind == OPENDOCUMENT else ""
        raise WorkbookError(f"this is {kind}{advice}")
    names = {plain_name(part.filename) for part in package.infolist()}
    if "[content_types].xml" not in names or names & OTHER_KINDS.keys():
        raise WorkbookError(f"this is {about_archive(names, name)}")
