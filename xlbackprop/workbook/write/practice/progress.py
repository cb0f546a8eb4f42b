"""In practice: how many of the cells to fill in are right, on each page and for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xlbackprop.formula.addresses import cell, on_sheet
from xlbackprop.formula.grid import Range
from xlbackprop.layout import LEGEND_ROW, Sheet
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import Draft, Page
from xlbackprop.workbook.write.practice.marks import marks_range
from xlbackprop.workbook.write.sheets.style import TEXTS

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
    """A page, its number of cells to fill in, and the formula that counts those that are right.

    Of all pages together, the name is empty.
    """

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


def write_page_progress(page: Page, column: int) -> None:
    """Write "12 of 81 right" beside a page's legend."""
    _write_count(page, (LEGEND_ROW, column), progress(page.contents, page.sheet))


def write_progress(overview: Draft, row: int, column: int) -> int:
    """Write the Overview's table of pages from a row on, and its sum below the network's name.

    Returns the first row below the table.
    """
    for offset, head in enumerate(_HEADS):
        overview.text(row, column + offset, head, "head")
    contents = overview.contents
    pages = [progress(contents, sheet) for sheet in contents.layout.sheets]
    pages = [page for page in pages if page.cells]
    for number, page in enumerate(pages, start=row + 1):
        _write_page(overview, (number, column), page)
    last = row + len(pages)
    right = f"SUM({cell(row + 1, column + 1)}:{cell(last, column + 1)})"
    whole = Progress("", sum(page.cells for page in pages), right)
    _write_count(overview, (_SUMMARY_ROW, 1), whole)
    _write_bar(overview, (_SUMMARY_ROW, column + 2), whole)
    lines = [_WARNING, _TIES] if _has_ties(contents) else [_WARNING]
    for number, line in enumerate(lines, start=last + 1):
        overview.text(number, column, line)
    return last + len(lines) + 2


def _has_ties(contents: Contents) -> bool:
    equations = contents.network.equations
    return any(one.accepts is not None and one.target.name in contents.blank for one in equations)


def _write_page(overview: Draft, place: tuple[int, int], page: Progress) -> None:
    (row, column), worksheet, formats = place, overview.worksheet, overview.formats
    target = f"internal:{on_sheet(page.sheet, 'A1')}"
    number = formats({**TEXTS["meaning"], "align": "left"})
    worksheet.write_url(row, column, target, formats(TEXTS["link"]), page.sheet)
    worksheet.write_formula(row, column + 1, f"={page.right}", number, 0)
    worksheet.write_number(row, column + 2, page.cells, number)
    _write_bar(overview, (row, column + 3), replace(page, right=cell(row, column + 1)))


def _write_count(draft: Draft, place: tuple[int, int], own: Progress) -> None:
    text = f" of {own.cells} right"
    style = draft.formats(TEXTS["progress"])
    draft.worksheet.write_formula(*place, f'={own.right}&"{text}"', style, f"0{text}")


def _write_bar(draft: Draft, place: tuple[int, int], own: Progress) -> None:
    """Write a bar of two characters, which looks the same in every spreadsheet program."""
    full = f"INT({_BAR_LENGTH}*{own.right}/{own.cells})"
    bar = f'=REPT("{_FULL}",{full})&REPT("{_EMPTY}",{_BAR_LENGTH}-{full})'
    draft.worksheet.write_formula(*place, bar, draft.formats(TEXTS["bar"]), _EMPTY * _BAR_LENGTH)
