"""The boxes in which a sheet's notes appear: a drawing in VML, beside what is in it already.

Programs write VML that is no XML (tags that do not end), so that it is not parsed: boxes are put
at its end, and ours are found and taken out by their cells. Prefixes are any: openpyxl names the
namespaces `ns0`, `ns1`, … where each is used first.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.workbook.annotate.sheet import Ints, Sheet

_WIDTH, _LINE_HEIGHT, _MARGIN, _CHARACTERS = 270, 15, 14, 42
_GAP_RIGHT, _GAP_ABOVE = 15, 10
_MOST_LINES = 30

# Shapes are numbered in blocks, each of which belongs to one drawing of the workbook.
_BLOCK = 1024

_SHAPE = re.compile(rb"""<((?:[\w.-]+:)?shape)(?=[\s>])(?:[^"'<>]++|"[^"]*+"|'[^']*+')*+>""")
_NOTE = re.compile(rb"""\sObjectType\s*=\s*["']Note["']""")
_ROW = re.compile(rb"<(?:[\w.-]+:)?Row>\s*(\d{1,7})\s*<")
_COLUMN = re.compile(rb"<(?:[\w.-]+:)?Column>\s*(\d{1,5})\s*<")
_ROOT, _END = re.compile(rb"<(?:[\w.-]+:)?xml\b[^<>]*>"), re.compile(rb"</(?:[\w.-]+:)?xml\s*>")
_BLOCKS = re.compile(rb"""(<(?:[\w.-]+:)?idmap\b[^<>]*?\sdata\s*=\s*["'])([\d,\s]*)""")
_BLOCK_NUMBER = re.compile(rb"\b\d{1,6}\b")
_NUMBER = re.compile(rb"_x0000_s(\d{1,9})\b")

# What our boxes write before the names of the three vocabularies.
_PREFIXES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_DECLARED = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in _PREFIXES.items())
_TYPE = "_x0000_t202"
_SHAPE_TYPE = (
    f'id="{_TYPE}" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
EMPTY_DRAWING = (
    f'<xml{_DECLARED}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data=""/></o:shapelayout>'
    "</xml>"
).encode()


def last_block(drawings: Iterable[bytes]) -> int:
    """Return the highest block of shape numbers that a workbook's drawings use."""
    used = [0]
    for drawing in drawings:
        for match in _BLOCKS.finditer(drawing):
            used += map(int, _BLOCK_NUMBER.findall(match[2]))
        used += _blocks_in(drawing)
    return max(used)


def free_blocks(before: bytes, after: bytes) -> list[int]:
    """Return the blocks of shape numbers that a drawing has no more use for, now that it is less.

    Boxes that take the place of others take their numbers, so that nothing grows.
    """
    return sorted(_blocks_in(before) - _blocks_in(after) - {0})


def _blocks_in(drawing: bytes) -> set[int]:
    return {int(number) // _BLOCK for number in _NUMBER.findall(drawing)}


def without_boxes(drawing: bytes, cells: Collection[int]) -> bytes:
    """Return a drawing without the boxes of the notes of some cells."""
    parts, kept_from = [], 0
    for start, end in _shapes(drawing) if cells else ():
        if _cell_of(drawing[start:end]) in cells:
            parts.append(drawing[kept_from:start])
            kept_from = end
    return b"".join([*parts, drawing[kept_from:]])


def _shapes(drawing: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while match := _SHAPE.search(drawing, at):
        at = match.end()
        if not match[0].endswith(b"/>"):
            ending = b"</%b>" % match[1]
            end = drawing.find(ending, at)
            if end < 0:
                return
            at = end + len(ending)
        yield match.start(), at


def _cell_of(shape: bytes) -> int:
    """Return the cell whose note a shape is for, or -1 for other shapes."""
    row, column = _ROW.search(shape), _COLUMN.search(shape)
    if not _NOTE.search(shape) or row is None or column is None:
        return -1
    return int(row[1]) * MAX_COLUMNS + int(column[1])


def with_boxes(
    drawing: bytes, sheet: Sheet, notes: Mapping[int, Sequence[str]], blocks: Sequence[int]
) -> bytes:
    """Return a drawing with boxes for notes: the lines of each by its cell.

    Their numbers are from `blocks`, as many as `blocks_of` says. Raises WorkbookError where the
    drawing is in a form that no spreadsheet program writes.
    """
    root, ends = _ROOT.search(drawing), deque(_END.finditer(drawing), maxlen=1)
    if root is None or not ends:
        raise WorkbookError("the drawing of its notes cannot be read: save it as .xlsx once more")
    declared, grid = "" if _declares(root[0]) else _DECLARED, _Grid(sheet)
    shapes = [] if _TYPE.encode() in drawing else [f"<v:shapetype{declared} {_SHAPE_TYPE}"]
    for number, (key, lines) in enumerate(notes.items()):
        box = _box(_number(blocks, number), *divmod(key, MAX_COLUMNS), lines, grid)
        shapes.append(f"<v:shape{declared} {box}")
    end = ends[0].start()
    return _with_blocks(drawing[:end] + "".join(shapes).encode() + drawing[end:], blocks)


def _declares(root: bytes) -> bool:
    """Return whether a tag gives our prefixes the meaning that they have here."""
    return all(
        re.search(rb"""\sxmlns:%b\s*=\s*["']%b["']""" % (prefix.encode(), name.encode()), root)
        for prefix, name in _PREFIXES.items()
    )


def _with_blocks(drawing: bytes, used: Iterable[int]) -> bytes:
    """Say in a drawing which blocks of numbers are its own."""
    blocks = _BLOCKS.search(drawing)
    if blocks is None:
        return drawing
    numbers = _BLOCK_NUMBER.findall(blocks[2])
    new = [number for number in (b"%d" % block for block in used) if number not in numbers]
    return drawing[: blocks.start(2)] + b",".join(numbers + new) + drawing[blocks.end(2) :]


def blocks_of(count: int) -> int:
    """Return how many blocks of numbers so many boxes take."""
    return -(-count // (_BLOCK - 1))


def _number(blocks: Sequence[int], number: int) -> int:
    more, within = divmod(number, _BLOCK - 1)
    return blocks[more] * _BLOCK + 1 + within


def _box(number: int, row: int, column: int, lines: Sequence[str], grid: _Grid) -> str:
    shown = sum(-(-max(len(line), 1) // _CHARACTERS) for line in lines)
    height = min(shown, _MOST_LINES) * _LINE_HEIGHT + _MARGIN
    anchor = grid.anchor(row, column, _WIDTH, height)
    return (
        f'id="_x0000_s{number}" type="#{_TYPE}" style="position:absolute;'
        f'width:{_WIDTH * 0.75:g}pt;height:{height * 0.75:g}pt;z-index:1;visibility:hidden"'
        ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{', '.join(map(str, anchor))}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


class _Grid:
    """Where a sheet's rows and columns begin, in pixels, to say where a box ends."""

    def __init__(self, sheet: Sheet) -> None:
        self._across = _edges(sheet.column_widths)
        self._down = _edges(sheet.row_heights)

    def anchor(self, row: int, column: int, width: int, height: int) -> tuple[int, ...]:
        """Return the anchor of a box to the right of a cell: columns, rows, and offsets in them."""
        left, top = min(column + 1, MAX_COLUMNS - 1), max(row - 1, 0)
        right = _place(self._across, int(self._across[left]) + _GAP_RIGHT + width)
        bottom = _place(self._down, int(self._down[top]) + _GAP_ABOVE + height)
        return left, _GAP_RIGHT, top, _GAP_ABOVE, *right, *bottom


def _edges(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)])


def _place(edges: Ints, pixels: int) -> tuple[int, int]:
    """Return the row or column in which a pixel is, and how far into it."""
    at = min(int(np.searchsorted(edges, pixels, side="right")) - 1, edges.size - 2)
    return at, pixels - int(edges[at])
