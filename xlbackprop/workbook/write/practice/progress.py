"""In practice: how many of the cells to fill in are right, on each page and for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import cell, on_sheet
from xlbackprop.formula.grid import Range
from xlbackprop.layout import LEGEND_ROW, Sheet
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.practice.marks import marks_range
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats

# Below the network's name.
_SUMMARY_ROW = 2
_BAR_LENGTH = 20
_FULL, _EMPTY = "█", "░"
_HEADS = ("Practice", "Right", "Of", "Progress", "", "")
_WARNING = (
    "The answers are in this file, hidden but not secret: it is for practice, not for an exam."
)
_TIES = "Where several answers are valid (a tie, a kink), only that of PyTorch's rule turns green."


@dataclass(frozen=True)
class Progress:
    """A page, its number of cells to fill in, and the formula that counts those that are right."""

    sheet: str
    cells: int
    right: str


def progress(contents: Contents, sheet: Sheet) -> Progress:
    """Return the progress of a page."""
    blocks, tensors = contents.layout.blocks, contents.network.tensors
    here = [name for name in contents.blank if blocks[name][0].sheet == sheet.name]
    cells = sum(tensors[name].size for name in here)
    marks = on_sheet(sheet.name, Range(marks_range(sheet)).fixed)
    return Progress(sheet.name, cells, f"COUNTIF({marks},1)")


def write_page_progress(
    worksheet: Worksheet, column: int, sheet: Sheet, contents: Contents, formats: Formats
) -> None:
    """Write "12 of 81 right" beside a page's legend."""
    page = progress(contents, sheet)
    _write_count(worksheet, (LEGEND_ROW, column), page.right, page.cells, formats)


def write_progress(
    worksheet: Worksheet, row: int, column: int, contents: Contents, formats: Formats
) -> int:
    """Write the Overview's table of pages from a row on, and its sum below the network's name.

    Returns the first row below the table.
    """
    for offset, head in enumerate(_HEADS):
        worksheet.write_string(row, column + offset, head, formats(TEXTS["head"]))
    pages = [progress(contents, sheet) for sheet in contents.layout.sheets]
    pages = [page for page in pages if page.cells]
    for number, page in enumerate(pages, start=row + 1):
        _write_page(worksheet, (number, column), page, formats)
    last = row + len(pages)
    right = f"SUM({cell(row + 1, column + 1)}:{cell(last, column + 1)})"
    cells = sum(page.cells for page in pages)
    _write_count(worksheet, (_SUMMARY_ROW, 1), right, cells, formats)
    _write_bar(worksheet, (_SUMMARY_ROW, column + 2), right, cells, formats)
    lines = [_WARNING, _TIES] if _has_ties(contents) else [_WARNING]
    for number, line in enumerate(lines, start=last + 1):
        worksheet.write_string(number, column, line, formats(TEXTS["text"]))
    return last + len(lines) + 2


def _has_ties(contents: Contents) -> bool:
    equations = contents.network.equations
    return any(one.accepts is not None and one.target.name in contents.blank for one in equations)


def _write_page(
    worksheet: Worksheet, place: tuple[int, int], page: Progress, formats: Formats
) -> None:
    row, column = place
    target = f"internal:{on_sheet(page.sheet, 'A1')}"
    number = formats({**TEXTS["meaning"], "align": "left"})
    worksheet.write_url(row, column, target, formats(TEXTS["link"]), page.sheet)
    worksheet.write_formula(row, column + 1, f"={page.right}", number, 0)
    worksheet.write_number(row, column + 2, page.cells, number)
    _write_bar(worksheet, (row, column + 3), cell(row, column + 1), page.cells, formats)


def _write_count(
    worksheet: Worksheet, place: tuple[int, int], right: str, cells: int, formats: Formats
) -> None:
    text = f" of {cells} right"
    worksheet.write_formula(*place, f'={right}&"{text}"', formats(TEXTS["progress"]), f"0{text}")


def _write_bar(
    worksheet: Worksheet, place: tuple[int, int], right: str, cells: int, formats: Formats
) -> None:
    """Write a bar of two characters, which looks the same in every spreadsheet program."""
    full = f"INT({_BAR_LENGTH}*{right}/{cells})"
    bar = f'=REPT("{_FULL}",{full})&REPT("{_EMPTY}",{_BAR_LENGTH}-{full})'
    worksheet.write_formula(*place, bar, formats(TEXTS["bar"]), _EMPTY * _BAR_LENGTH)
