"""A sheet with far too many cells, refused before they are read one by one."""

from __future__ import annotations

import re
from zipfile import ZipFile

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.read.cell_store import MAX_STORED_CELLS, TOO_MANY_CELLS

_AT_ONCE = 1 << 20  # bytes
_CELL_END = re.compile(rb"</(?:\w{1,20}:)?c\s{0,9}>")
_LONGEST_END = 33  # bytes
_SHORTEST_CELL = len("<c><v/></c>")


def refuse_too_many_cells(package: ZipFile, part: str) -> None:
    """Count the cells with contents in a sheet's XML where it is large enough for too many.

    Cells in a comment count, too. A part that cannot be opened is left to who reads it. Raises
    WorkbookError where there are more than MAX_STORED_CELLS.
    """
    try:
        large = package.getinfo(part).file_size > MAX_STORED_CELLS * _SHORTEST_CELL
    except KeyError:
        return
    if large and _count(package, part) > MAX_STORED_CELLS:
        raise WorkbookError(TOO_MANY_CELLS)


def _count(package: ZipFile, part: str) -> int:
    count, rest = 0, b""
    with package.open(part) as stream:
        while chunk := stream.read(_AT_ONCE):
            text = rest + chunk
            last = 0
            for end in _CELL_END.finditer(text):
                count, last = count + 1, end.end()
            rest = text[max(last, len(text) - _LONGEST_END) :]
    return count
