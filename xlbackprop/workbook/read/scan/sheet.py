"""A sheet in a workbook's archive, read many cells at a time where that gives the same.

Whatever is unusual, wrong, or too much is left to the careful reader, which says so.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Sequence
from io import BytesIO
from typing import IO
from zipfile import BadZipFile, ZipFile

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.read.cell_reader import MAX_CHARACTERS
from xlbackprop.workbook.read.cell_store import CellStore
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.scan.piece import PieceReader
from xlbackprop.workbook.read.scan.tags import RefusedError, StrangeError
from xlbackprop.workbook.read.xml import MAX_ELEMENTS, Parsing

_AT_ONCE = 1 << 22  # bytes
_LONGEST_PIECE = 1 << 23
_LONGEST_REST = 1 << 25
_BEGIN, _END, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_DEPTH = 2
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)")


def scan_sheet(
    package: ZipFile, part: str, strings: Sequence[str], date_styles: Collection[str] = ()
) -> Cells | None:
    """Return the cells of a sheet, or None where the careful reader has to read it.

    Raises WorkbookError where it has too many cells or elements, as that one does.
    """
    store = CellStore(strings)
    scan = _Scan(part, PieceReader(store, date_styles))
    try:
        with package.open(part) as stream:
            scan.read(stream)
    except RefusedError as refused:
        raise scan.error(refused) from None
    except (StrangeError, WorkbookError, BadZipFile, zlib.error, RuntimeError):
        return None
    except (KeyError, ValueError, EOFError, OSError):
        return None
    return store.cells()


class _Scan:
    """What stands around the rows is read as any part of a file is, `_rows` by a reader of them."""

    def __init__(self, part: str, rows: PieceReader) -> None:
        self._rows, self._around = rows, _Around(lambda: self._parsing.position)
        self._parsing = Parsing(part, self._around)

    def error(self, refused: RefusedError) -> WorkbookError:
        """Return what the careful reader would raise."""
        reason = refused.reason
        return self._parsing.error(reason) if refused.is_of_part else WorkbookError(reason)

    def read(self, stream: IO[bytes]) -> None:
        """Read a sheet to its end. Raises StrangeError, RefusedError or WorkbookError."""
        head, begin, rest = stream.read(_AT_ONCE).partition(_BEGIN)
        if not begin or not _is_in_utf_8(head):
            raise StrangeError
        self._parsing.feed(BytesIO(head + begin), is_last=False)
        if self._around.rows != (_DEPTH, len(head)):
            raise StrangeError
        self._rows.elements = self._around.elements
        rest = self._read_rows(rest, stream)
        rest += stream.read(_LONGEST_REST)
        self._around.elements = self._rows.elements
        self._parsing.feed(BytesIO(rest))
        characters = self._rows.characters + len(head) + len(rest)
        if stream.read(1) or characters > MAX_CHARACTERS or self._around.elements > MAX_ELEMENTS:
            raise StrangeError

    def _read_rows(self, rest: bytes, stream: IO[bytes]) -> bytes:
        """Read all rows; return what has been read beyond them."""
        while True:
            rows, end, beyond = rest.partition(_END)
            if end:
                if rows:
                    self._rows.read(rows)
                return end + beyond
            whole = rest.rfind(_ROW_END) + len(_ROW_END)
            if whole >= len(_ROW_END):
                self._rows.read(rest[:whole])
                rest = rest[whole:]
            more = stream.read(_AT_ONCE)
            if not more or len(rest) > _LONGEST_PIECE:
                raise StrangeError
            rest += more


def _is_in_utf_8(head: bytes) -> bool:
    """Return whether a part says that it is, or does not say what it is in."""
    encoding = _ENCODING.search(head.partition(b"?>")[0]) if b"?>" in head else None
    return encoding is None or encoding[1].lower() == b"utf-8"


class _Around:
    """What stands around the rows; `rows` says how deep their element stands, and where."""

    def __init__(self, position: Callable[[], int]) -> None:
        self._position = position
        self._depth = self.elements = 0
        self.rows = (0, 0)

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        self.elements += 1
        self._depth += 1
        if name == "c":  # it would count as a cell
            raise StrangeError
        if name == "sheetData":
            self.rows = self._depth, self._position()

    def text(self, data: str) -> None:
        pass

    def end(self, name: str) -> None:  # noqa: ARG002
        self._depth -= 1
