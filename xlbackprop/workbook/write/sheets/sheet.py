"""A worksheet that takes finished blocks of formulas and numbers fast.

XlsxWriter's own `write_formula` searches every text for functions newer than 2007 and builds an
object for every cell; on a page of a hundred thousand formulas, all of them ours, that is most
of the time. Here a row of such cells is written as XML at once, and the rest of the sheet is
XlsxWriter's.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet
from xlsxwriter.xmlwriter import XMLwriter

from xlbackprop.formula.addresses import column_name
from xlbackprop.formula.grid import Block

# What is saved where a formula gives no number; which error it is, the first calculation says.
ERROR = "#VALUE!"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class _Typed(NamedTuple):
    number: int
    style: Format


class BlockSheet(Worksheet):  # type: ignore[misc]
    """XlsxWriter's worksheet, whose cell table may also hold the XML text of cells in a row.

    Such a text stands at the column of its first cell.
    """

    _shared = 0

    def __init__(self) -> None:
        super().__init__()
        self._fonts: dict[int, str] = {}
        self.rstring: XMLwriter = None

    def write_plain_number(self, row: int, column: int, number: int, style: Format) -> None:
        """Write a number that is typed into a cell."""
        self._check_dimensions(row, column)
        self.table[row][column] = _Typed(number, style)

    def write_block_row(
        self,
        row: int,
        column: int,
        contents: Sequence[str | float],
        numbers: Sequence[float],
        styles: tuple[Format, Format],
    ) -> None:
        """Write a row of cells from (row, column) on.

        Each content is a formula without "=", whose saved value is the number beside it, or
        itself a number; NaN is saved as an error. `styles` has the format for formulas and that
        for numbers.
        """
        formula_style, number_style = (style._get_xf_index() for style in styles)
        cells = []
        for at, (content, number) in enumerate(zip(contents, numbers, strict=True), start=column):
            if isinstance(content, str):
                formula = content.translate(_ESCAPES) if _needs_escape(content) else content
                kind, value = _saved(number)
                inside = f'{formula_style}"{kind}><f>{formula}</f><v>{value}'
            else:
                inside = f'{number_style}"><v>{_shortest(content)}'
            cells.append(f'<c r="{column_name(at)}{row + 1}" s="{inside}</v></c>')
        self._put(row, column, len(cells), "".join(cells))

    def write_shared(
        self, block: Block, formula: str, numbers: Sequence[Sequence[float]], style: Format
    ) -> None:
        """Write a formula into a block's first cell, shared by all: filled down and to the right.

        `numbers` are the saved values, by rows; NaN is saved as an error.
        """
        number, self._shared = self._shared, self._shared + 1
        names = [column_name(block.column + at) for at in range(block.width)]
        head = f'{{}}" s="{style._get_xf_index()}"'
        follows = f'><f t="shared" si="{number}"/><v>'
        first = (
            f'><f t="shared" ref="{block.range}" si="{number}">{formula.translate(_ESCAPES)}</f><v>'
        )
        for row, line in enumerate(numbers, start=block.row):
            begin = head.format(row + 1)
            cells = []
            for name, value in zip(names, line, strict=True):
                kind, text = _saved(value)
                cells.append(f'<c r="{name}{begin}{kind}{follows}{text}</v></c>')
            if row == block.row:
                cells[0] = cells[0].replace(follows, first, 1)
            self._put(row, block.column, block.width, "".join(cells))

    def _write_font(self, xf_format: Format) -> None:
        """Write the font of a part of a text: each is put together once and not for each title."""
        own = self._fonts.get(id(xf_format))
        if own is None:
            around, font = self.rstring, XMLwriter()
            font._set_filehandle(StringIO())
            self.rstring = font
            super()._write_font(xf_format)
            self.rstring = around
            own = self._fonts[id(xf_format)] = font.fh.getvalue()
        self.rstring.fh.write(own)

    def _put(self, row: int, column: int, width: int, cells: str) -> None:
        self._check_dimensions(row, column)
        self._check_dimensions(row, column + width - 1)
        self.table[row][column] = cells

    def _write_rows(self) -> None:
        for row in sorted(self.table):
            cells = self.table[row]
            if not cells:
                continue
            self._write_row(row, None, self.row_info.get(row))
            for column in sorted(cells):
                cell = cells[column]
                if isinstance(cell, str):
                    self.fh.write(cell)
                elif isinstance(cell, _Typed):
                    place = f"{column_name(column)}{row + 1}"
                    style = cell.style._get_xf_index()
                    self.fh.write(f'<c r="{place}" s="{style}"><v>{cell.number}</v></c>')
                else:
                    self._write_cell(row, column, cell)
            self._xml_end_tag("row")


def _needs_escape(text: str) -> bool:
    return "<" in text or ">" in text or "&" in text


def _saved(number: float) -> tuple[str, str]:
    """Return the type attribute and the text of a formula's saved value."""
    return ("", _shortest(number)) if number == number else (' t="e"', ERROR)  # noqa: PLR0124


def _shortest(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    text = repr(number)
    return text[:-2] if text.endswith(".0") else text
