"""A sheet of texts written from nothing: cells, links, joined cells, row heights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xlbackprop.formula.addresses import cell
from xlbackprop.workbook.annotate.edits import xml_text
from xlbackprop.workbook.annotate.styles import Look, Styles

_LINE_POINTS = 13.5
_HIGHEST_POINTS = 400.0  # what programs take, less a margin
_LONGEST = 4_000  # characters


@dataclass
class Page:
    """The cells of a new sheet, row by row; rows and columns count from 0."""

    styles: Styles
    widths: Sequence[float]  # of the columns, in characters
    row: int = 0  # the one that is written now
    _cells: dict[int, dict[int, str]] = field(default_factory=dict)
    _heights: dict[int, float] = field(default_factory=dict)
    _joined: list[str] = field(default_factory=list)
    _links: list[str] = field(default_factory=list)
    _folded: set[int] = field(default_factory=set)

    def put(self, column: int, content: str | int, look: Look, *, to: int | None = None) -> None:
        """Write a text or a number into the row, over the columns up to `to`."""
        style, row = self.styles.look(look), self.row
        self._cells.setdefault(row, {})[column] = _cell_xml(row, column, content, style)
        if to is not None and to > column:
            for joined in range(column + 1, to + 1):
                self._cells[row][joined] = f'<c r="{cell(row, joined)}" s="{style}"/>'
            self._joined.append(f"{cell(row, column)}:{cell(row, to)}")
        if look.wrap and isinstance(content, str):
            width = sum(self.widths[column : (to or column) + 1]) * 10 / look.size
            self.grow(_lines(content[:_LONGEST], width) * _LINE_POINTS * look.size / 10 + 3)

    def link(self, column: int, text: str, target: str, look: Look) -> None:
        """Write a text that leads to a place in the workbook."""
        self.put(column, text, look)
        place = f'ref="{cell(self.row, column)}" location="{xml_text(target)}"'
        self._links.append(f'<hyperlink {place} display="{xml_text(text)}"/>')

    def put_format(self, row: int, column: int, style: int) -> None:
        """Write an empty cell of a format anywhere."""
        self._cells.setdefault(row, {})[column] = f'<c r="{cell(row, column)}" s="{style}"/>'

    def grow(self, points: float) -> None:
        """Make the row at least so high."""
        self._heights[self.row] = min(_HIGHEST_POINTS, max(points, self._heights.get(self.row, 0)))

    def fold(self) -> None:
        """Fold the row away, below the one before it, as a reader may unfold it again."""
        self._folded.add(self.row)

    def to_xml(self, namespace: str, hidden: Mapping[int, int]) -> bytes:
        """Return the sheet's part; `hidden` columns are not for the eye (first: last)."""
        columns = "".join(
            f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
            for number, width in enumerate(self.widths, start=1)
        ) + "".join(
            f'<col min="{first + 1}" max="{last + 1}" width="9" hidden="1" customWidth="1"/>'
            for first, last in hidden.items()
        )
        rows = "".join(self._row_xml(row) for row in sorted(self._cells))
        outline = ' outlineLevelRow="1"' if self._folded else ""
        joined = [f'<mergeCell ref="{area}"/>' for area in self._joined]
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<worksheet xmlns="{namespace}"><sheetPr><tabColor rgb="FF334E68"/><outlinePr'
            ' summaryBelow="0"/><pageSetUpPr'
            ' fitToPage="1"/></sheetPr><sheetViews><sheetView showGridLines="0"'
            ' workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"'
            f"{outline}/>"
            f"<cols>{columns}</cols><sheetData>{rows}</sheetData>"
            f"{_list('mergeCells', joined)}"
            f"{_list('hyperlinks', self._links)}"
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
        ).encode("ascii", "xmlcharrefreplace")

    def _row_xml(self, row: int) -> str:
        cells = "".join(text for _, text in sorted(self._cells[row].items()))
        height = self._heights.get(row)
        size = f' ht="{height:g}" customHeight="1"' if height else ""
        if row in self._folded:
            size += ' outlineLevel="1" hidden="1"'
        elif row + 1 in self._folded:
            size += ' collapsed="1"'
        return f'<row r="{row + 1}"{size}>{cells}</row>'


def _cell_xml(row: int, column: int, content: str | int, style: int) -> str:
    place = f'r="{cell(row, column)}" s="{style}"'
    if isinstance(content, int):
        return f"<c {place}><v>{content}</v></c>"
    # A text in the cell itself: one that begins with "=" stays a text.
    text = f'<t xml:space="preserve">{xml_text(content[:_LONGEST])}</t>'
    return f'<c {place} t="inlineStr"><is>{text}</is></c>'


def _lines(text: str, width: float) -> int:
    return sum(max(1, -(-len(line) // max(1, int(width)))) for line in text.split("\n"))


def _list(name: str, items: Sequence[str]) -> str:
    return f"<{name}>{''.join(items)}</{name}>" if items else ""
