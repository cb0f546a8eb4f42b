"""A sheet in a workbook's archive, read many cells at a time where that gives the same.

Whatever is unusual, wrong, or too much is left to the careful reader, which says so.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import IO
from zipfile import BadZipFile, ZipFile

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.read.cell_reader import MAX_CHARACTERS
from xlbackprop.workbook.read.cell_store import CellStore
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.scan.piece import PieceReader
from xlbackprop.workbook.read.scan.tags import StrangeError
from xlbackprop.workbook.read.xml import MAX_ELEMENTS, read_positions

_AT_ONCE = 1 << 22  # bytes
_LONGEST_PIECE = 1 << 24
_LONGEST_REST = 1 << 25
_BEGIN, _END, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_DEPTH = 2
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)")


def scan_sheet(
    package: ZipFile, part: str, strings: Sequence[str], date_styles: Collection[str] = ()
) -> Cells | None:
    """Return the cells of a sheet, or None where the careful reader has to read it."""
    store = CellStore(strings)
    try:
        with package.open(part) as stream:
            _Scan(store, PieceReader(store, date_styles)).read(stream)
    except (StrangeError, WorkbookError, BadZipFile, zlib.error, RuntimeError):
        return None
    except (KeyError, ValueError, EOFError, OSError):
        return None
    return store.cells()


class _Scan:
    def __init__(self, store: CellStore, reader: PieceReader) -> None:
        self._store, self._reader = store, reader

    def read(self, stream: IO[bytes]) -> None:
        """Read a sheet to its end. Raises StrangeError."""
        head, begin, rest = stream.read(_AT_ONCE).partition(_BEGIN)
        if not begin:
            raise StrangeError
        rest = self._read_rows(rest, stream)
        rest += stream.read(_LONGEST_REST)
        self._check_around(head, rest, is_all=not stream.read(1))

    def _read_rows(self, rest: bytes, stream: IO[bytes]) -> bytes:
        """Read all rows; return what has been read beyond them."""
        while True:
            rows, end, beyond = rest.partition(_END)
            if end:
                if rows:
                    self._reader.read(rows)
                return end + beyond
            whole = rest.rfind(_ROW_END) + len(_ROW_END)
            if whole >= len(_ROW_END):
                self._reader.read(rest[:whole])
                rest = rest[whole:]
            more = stream.read(_AT_ONCE)
            if not more or len(rest) > _LONGEST_PIECE:
                raise StrangeError
            rest += more

    def _check_around(self, head: bytes, rest: bytes, *, is_all: bool) -> None:
        """Read what stands before and after the rows as any part of a file is read."""
        declaration = head.partition(b"?>")[0] if b"?>" in head else b""
        encoding = _ENCODING.search(declaration)
        if not is_all or (encoding and encoding[1].lower() != b"utf-8"):
            raise StrangeError
        around = read_positions("", head + _BEGIN + rest, partial(_Around, len(head)))
        elements = around.elements + self._reader.elements
        characters = self._reader.characters + len(head) + len(rest)
        if not around.is_whole or elements > MAX_ELEMENTS or characters > MAX_CHARACTERS:
            raise StrangeError


class _Around:
    """What stands around the rows; `begin` is where the tag of their element should be."""

    def __init__(self, begin: int, position: Callable[[], int]) -> None:
        self._begin, self._position = begin, position
        self._depth = self.elements = 0
        self.is_whole = False  # whether the rows have been where they belong

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        self.elements += 1
        self._depth += 1
        if name == "c":  # it would count as a cell
            raise StrangeError
        if name == "sheetData" and self._position() == self._begin:
            self.is_whole = self._depth == _DEPTH

    def text(self, data: str) -> None:
        pass

    def end(self, name: str) -> None:  # noqa: ARG002
        self._depth -= 1
