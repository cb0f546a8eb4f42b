"""A worksheet that takes finished blocks of formulas and numbers fast.

XlsxWriter's own `write_formula` searches every text for functions newer than 2007 and builds an
object for every cell; on a page of a hundred thousand formulas, all of them ours, that is most
of the time. Here such a cell is written as XML at once, and the rest of the sheet is XlsxWriter's.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import column_name

# What is saved where a formula gives no number; which error it is, the first calculation says.
ERROR = "#VALUE!"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class BlockSheet(Worksheet):  # type: ignore[misc]
    """XlsxWriter's worksheet, whose cell table may also hold the XML text of a cell."""

    def write_block_row(
        self,
        row: int,
        column: int,
        contents: Iterable[str | float],
        numbers: Iterable[float],
        styles: tuple[Format, Format],
    ) -> None:
        """Write a row of cells from (row, column) on.

        Each content is a formula without "=", whose saved value is the number beside it, or
        itself a number; NaN is saved as an error. `styles` has the format for formulas and that
        for numbers.
        """
        formula_style, number_style = (style._get_xf_index() for style in styles)
        self._check_dimensions(row, column)
        cells = self.table[row]
        line = row + 1
        for content, number in zip(contents, numbers, strict=True):
            address = f"{column_name(column)}{line}"
            if isinstance(content, str):
                formula = content.translate(_ESCAPES) if _needs_escape(content) else content
                kind, value = _saved(number)
                cells[column] = (
                    f'<c r="{address}" s="{formula_style}"{kind}><f>{formula}</f><v>{value}</v></c>'
                )
            else:
                value = _shortest(content)
                cells[column] = f'<c r="{address}" s="{number_style}"><v>{value}</v></c>'
            column += 1
        self._check_dimensions(row, column - 1)

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


def _needs_escape(text: str) -> bool:
    return "<" in text or ">" in text or "&" in text


def _saved(number: float) -> tuple[str, str]:
    """Return the type attribute and the text of a formula's saved value."""
    return ("", _shortest(number)) if number == number else (' t="e"', ERROR)  # noqa: PLR0124


def _shortest(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    text = repr(number)
    return text[:-2] if text.endswith(".0") else text
