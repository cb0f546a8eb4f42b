"""Addresses of cells, as text and as numbers: the one place where either is made of the other.

Rows and columns count from 0 here; the text (A1, $B$3:$D$5) counts from 1 as spreadsheets do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from shlex import quote
from typing import NamedTuple

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

# A cell, as it may stand in a formula; a rectangle has two of them, or columns or rows alone.
_COLUMN, _ROW = r"\$?[A-Z]{1,3}", r"\$?[1-9][0-9]{0,6}"
CELLS = (
    rf"(?:{_COLUMN}{_ROW}(?::{_COLUMN}{_ROW})?"
    rf"|{_COLUMN}:{_COLUMN}"
    rf"|{_ROW}:{_ROW})"
)
# What stands before it in a formula: a sheet, of another workbook where a number is before it.
# It begins where no word goes on, so that a long text without a sheet is gone through once.
SHEET = r"(?<![\w.$\\'])(?:'(?:[^']|'')+'|(?:\[[^\[\]']*\])?[\w.]*(?::[\w.]+)?)!"

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_CORNERS = re.compile(r"(\$?)([A-Z]{0,3})(\$?)([0-9]{0,7})(?::(\$?)([A-Z]{0,3})(\$?)([0-9]{0,7}))?")
_ADDRESS = re.compile(
    rf"(?:(?P<sheet>'(?:[^']|'')+'|[^'!:]+)!)?(?P<cells>{CELLS})", re.IGNORECASE | re.DOTALL
)
_ANCHORED = re.compile(r"(\$?)([A-Z]+)(\$?[0-9]+)")
_ANCHORABLE = re.compile(r"\$?([A-Z]+)\$?([0-9]+)")

# More letters than a column has, so that it is no cell either.
_NEVER_QUOTED = re.compile(r"[A-Za-z]{4,}[0-9]*")


@dataclass(frozen=True)
class Area:
    """A rectangle of cells of a sheet; rows and columns count from 0."""

    sheet: str
    row: int
    column: int
    height: int
    width: int


class Address(NamedTuple):
    """A rectangle of cells as a formula refers to it; its corners are part of it.

    Formulas have as many of them as cells: hence no dataclass.
    """

    sheet: str  # "" for the sheet on which the formula stands
    top: int
    left: int
    bottom: int
    right: int
    # Whether a $ keeps the first row and column, and the last ones, where they are.
    anchors: tuple[bool, bool, bool, bool] = (False, False, False, False)
    book: str = ""  # another workbook, as the formula calls it: "1"

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """The first row and column, and the last ones."""
        return self.top, self.left, self.bottom, self.right

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def is_cell(self) -> bool:
        """Whether it is a single cell."""
        return self.top == self.bottom and self.left == self.right

    @property
    def is_reversed(self) -> bool:
        """Whether the last corner is above the first, or to its left."""
        return self.bottom < self.top or self.right < self.left

    @property
    def unanchored(self) -> Address:
        """The same cells without $: those of two formulas can be compared."""
        return self._replace(anchors=(False, False, False, False))

    @property
    def is_whole(self) -> bool:
        """Whether it is whole rows or columns."""
        return self.size[0] == MAX_ROWS or self.size[1] == MAX_COLUMNS


@cache
def column_name(column: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    before, last = divmod(column, 26)
    return (column_name(before - 1) if before else "") + chr(ord("A") + last)


@cache
def column_number(letters: str) -> int:
    """Return the column that capital letters name: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def cell(row: int, column: int) -> str:
    """Return the address of one cell: `B3`."""
    return f"{column_name(column)}{row + 1}"


def rectangle(row: int, column: int, height: int, width: int) -> str:
    """Return the address of a rectangle: `B3:F7`."""
    first = cell(row, column)
    return (
        first if height == width == 1 else f"{first}:{cell(row + height - 1, column + width - 1)}"
    )


def on_sheet(sheet: str, address: str) -> str:
    """Return an address with its sheet in front: `'Sheet 2'!B3:F7`."""
    return f"{_quoted(sheet)}!{address}"


@lru_cache(maxsize=256)
def _quoted(sheet: str) -> str:
    """Return a sheet's name with quotation marks where it needs them in a formula."""
    if _NEVER_QUOTED.fullmatch(sheet):
        return sheet
    from xlsxwriter.utility import quote_sheetname  # noqa: PLC0415  (20 ms that a check saves)

    return str(quote_sheetname(sheet))


def pasted(sheet: str, address: str) -> str:
    """Return an address as it can be pasted into a command: `conv1.B3`, `'My sheet.B3'`.

    No exclamation mark, by which bash calls up an earlier command.
    """
    return quote(f"{sheet}.{address}")


def plain_sheet(sheet: str) -> str:
    """Return a sheet's name without the quotation marks that it needs in a formula."""
    return sheet[1:-1].replace("''", "'") if sheet[:1] == "'" == sheet[-1:] else sheet


def anchored(address: str, pattern: str) -> str:
    r"""Return an address with $ where `pattern` has them: `$\1\2` keeps the column."""
    sheet, mark, cells = address.rpartition("!")
    return sheet + mark + _ANCHORABLE.sub(pattern, cells)


def cells_of_rows(address: str) -> list[str]:
    """Return the addresses of the cells of ranges, each of a single row, a comma between them.

    They are anchored as the range's first cell is. Raises ValueError for what is no such range.
    """
    return [cell for part in address.split(",") for cell in _cells_of_row(part)]


def _cells_of_row(part: str) -> list[str]:
    sheet, mark, cells = part.rpartition("!")
    first, _, last = cells.partition(":")
    begin, end = _ANCHORED.fullmatch(first), _ANCHORED.fullmatch(last or first)
    if begin is None or end is None:
        raise ValueError(f"no cells of a row: {part!r}")
    stays, left, row = begin.groups()
    columns = range(column_number(left), column_number(end[2]) + 1)
    return [f"{sheet}{mark}{stays}{column_name(column)}{row}" for column in columns]


def read_cell(text: str) -> tuple[int, int]:
    """Return row and column of a cell as files write it: `B3`. Raises ValueError for all else."""
    match = _CELL.fullmatch(text)
    if match is None:
        raise ValueError(f"no cell: {text[:20]!r}")
    letters, digits = match.groups()
    return int(digits) - 1, column_number(letters)


def read_address(text: str) -> Address | None:
    """Return what an address means, as a person may write it: `$b$3:D5`, `'My sheet'!B3`, `B:B`.

    None where it is none, or goes beyond what a sheet has. A sheet need not be quoted. The
    corners stay in the order in which they are written.
    """
    match = _ADDRESS.fullmatch(text)
    return None if match is None else _address(match["sheet"] or "", match["cells"].upper())


def looks_like_cells(text: str) -> bool:
    """Return whether a text is a cell's or a rectangle's address, be it beyond what a sheet has."""
    match = _ADDRESS.fullmatch(text)
    return match is not None and re.match(r"\$?[A-Za-z]+\$?[0-9]", match["cells"]) is not None


def read_area(text: str) -> Area | None:
    """Return the rectangle of cells that a text with a sheet means, or None where it is none.

    Columns or rows alone are none; a rectangle that is as large as a sheet is one.
    """
    text = text.strip()
    found = read_address(text)
    if found is None or not found.sheet or found.book or found.is_reversed:
        return None
    if not looks_like_cells(text):
        return None
    return Area(found.sheet, found.top, found.left, *found.size)


@lru_cache(maxsize=16_384)
def address_in_formula(text: str) -> Address | None:
    """Return what an address in a formula means, its corners in any order.

    None where it goes beyond what a sheet has: then it is a name.
    """
    sheet, _, cells = text.rpartition("!")
    found = _address(sheet, cells.upper())
    if found is None or not found.is_reversed:
        return found
    top, bottom = sorted((found.top, found.bottom))
    left, right = sorted((found.left, found.right))
    return found._replace(top=top, left=left, bottom=bottom, right=right)


def _address(sheet: str, cells: str) -> Address | None:
    match = _CORNERS.fullmatch(cells)
    if match is None:
        return None
    keeps_left, first, keeps_top, top, keeps_right, last, keeps_bottom, bottom = match.groups()
    if last is None:
        keeps_right, last, keeps_bottom, bottom = keeps_left, first, keeps_top, top
    if not first:  # rows: what was taken for a column's $ is theirs
        keeps_left, keeps_top, keeps_right, keeps_bottom = "", keeps_left, "", keeps_right
    rows = int(top or 1) - 1, int(bottom or MAX_ROWS) - 1
    columns = column_number(first or "A"), column_number(last or "XFD")
    if max(rows) >= MAX_ROWS or max(columns) >= MAX_COLUMNS:
        return None
    anchors = bool(keeps_top), bool(keeps_left), bool(keeps_bottom), bool(keeps_right)
    name, book = _sheet_and_book(sheet) if "'" in sheet or "[" in sheet else (sheet, "")
    return Address(name, rows[0], columns[0], rows[1], columns[1], anchors, book)


def _sheet_and_book(sheet: str) -> tuple[str, str]:
    """Return a sheet's plain name, and the workbook before it: `'[1]My sheet'`."""
    sheet = plain_sheet(sheet)
    folder, _, rest = sheet.partition("[")
    book, _, name = rest.partition("]")
    return (name, folder + book) if name else (sheet, "")
