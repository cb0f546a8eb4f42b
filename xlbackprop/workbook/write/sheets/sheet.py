"""A worksheet that takes finished blocks of formulas and numbers fast, and texts.

XlsxWriter's own `write_formula` searches every text for functions newer than 2007 and builds an
object for every cell; on a page of a hundred thousand formulas, all of them ours, that is most
of the time. Here a row of such cells is written as XML at once, and so are titles and indices: on
a page of many small blocks there are as many of them. The rest of the sheet is XlsxWriter's.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet
from xlsxwriter.xmlwriter import XMLwriter

from xlbackprop.formula.addresses import column_name
from xlbackprop.formula.grid import Block

# What is saved where a formula gives no number; which error it is, the first calculation says.
ERROR = "#VALUE!"

_PRESERVE = ' xml:space="preserve"'
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What is no longer stays below Excel's limit, however its characters are counted.
_SURELY_FITS = 16_000


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
        self._put_cell(row, column, style, f"><v>{number}</v></c>")

    def write_plain_text(self, row: int, column: int, text: str, style: Format) -> None:
        """Write a text into a cell."""
        if len(text) > _SURELY_FITS:
            self.write_string(row, column, text, style)
        else:
            self._put_text(row, column, text, style)

    def write_runs(
        self, row: int, column: int, runs: Sequence[tuple[Format, str]], style: Format | None
    ) -> None:
        """Write a text of several looks, each part in its format, into a cell that has a style."""
        parts = (
            f"<r>{self._font(look)}<t{_PRESERVE * (text != text.strip())}>{_escaped(text)}</t></r>"
            for look, text in runs
        )
        self._put_text(row, column, "".join(parts), style)

    def write_blanks(self, row: int, column: int, width: int, style: Format) -> None:
        """Write a row of empty cells from (row, column) on."""
        number, end = style._get_xf_index(), column + width
        cells = (f'<c r="{column_name(at)}{row + 1}" s="{number}"/>' for at in range(column, end))
        self._put(row, column, width, "".join(cells))

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
                kind, value = _saved(number)
                inside = f'{formula_style}"{kind}><f>{_escaped(content)}</f><v>{value}'
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

    def _font(self, look: Format) -> str:
        """Return the font of a part of a text: each is put together once, not for each title."""
        font = self._fonts.get(id(look))
        if font is None:
            self.rstring = XMLwriter()
            self.rstring._set_filehandle(StringIO())
            self._write_font(look)
            font = self._fonts[id(look)] = self.rstring.fh.getvalue()
        return font

    def _put_text(self, row: int, column: int, text: str, style: Format | None) -> None:
        number = self.str_table._get_shared_string_index(text)
        self._put_cell(row, column, style, f' t="s"><v>{number}</v></c>')

    def _put_cell(self, row: int, column: int, style: Format | None, rest: str) -> None:
        look = f' s="{style._get_xf_index()}"' if style else ""
        self._put(row, column, 1, f'<c r="{column_name(column)}{row + 1}"{look}{rest}')

    def _put(self, row: int, column: int, width: int, cells: str) -> None:
        last = column + width - 1
        if self.dim_rowmin is None or not (
            self.dim_rowmin <= row <= self.dim_rowmax
            and self.dim_colmin <= column
            and last <= self.dim_colmax
        ):
            self._check_dimensions(row, column)
            self._check_dimensions(row, last)
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
                else:
                    self._write_cell(row, column, cell)
            self._xml_end_tag("row")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if "<" in text or ">" in text or "&" in text else text


def _saved(number: float) -> tuple[str, str]:
    """Return the type attribute and the text of a formula's saved value."""
    text = repr(number)
    if text == "nan":
        return ' t="e"', ERROR
    return "", text.removesuffix(".0")


def _shortest(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return repr(number).removesuffix(".0")
