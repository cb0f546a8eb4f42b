"""Worksheets while they are written: what goes onto them, and the formats of the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from xlbackprop.layout import Sheet
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.sheets.sheet import BlockSheet
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats


@dataclass(frozen=True)
class Draft:
    """A worksheet, the contents of the workbook, and its formats."""

    worksheet: Worksheet
    contents: Contents
    formats: Formats

    def text(self, row: int, column: int, text: str, style: str = "text") -> None:
        """Write a text in one of the styles of `TEXTS`."""
        self.worksheet.write_string(row, column, text, self.formats(TEXTS[style]))


@dataclass(frozen=True)
class Page(Draft):
    """A page of the layout, with its own worksheet."""

    worksheet: BlockSheet
    sheet: Sheet

    @cached_property
    def names(self) -> set[str]:
        """The names of the tensors that stand on it."""
        blocks = self.contents.layout.blocks
        return {name for name, own in blocks.items() if own[0].sheet == self.sheet.name}


def pages_of(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> Iterator[Page]:
    """Yield the pages of a workbook that has their worksheets."""
    for sheet in contents.layout.sheets:
        worksheet = workbook.get_worksheet_by_name(sheet.name)
        yield Page(worksheet, contents, formats, sheet)
