"""Live practice: cells to fill in turn green or red as one types.

To the right of each page, in hidden columns, each of these cells has its mark, all of them as many
columns further. The mark compares what was typed with the hidden answers:

     0    nothing was typed
     1    it is right
    -1    it is not: another number, a text, an error

The conditional formats look at the marks only, on their own sheet: neither Excel 2007 nor Google
Sheets lets them look at another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np
import xlsxwriter

from xlbackprop.equation import Kind, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_COLUMNS, cell, on_sheet, rectangle
from xlbackprop.formula.grid import Block, view_from
from xlbackprop.layout import HEAD_ROWS, Layout, Sheet
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import Page, pages_of
from xlbackprop.workbook.write.practice.answers import SHEET, AnswerSheet, Compared
from xlbackprop.workbook.write.practice.ladder_sheet import is_open, rungs_of
from xlbackprop.workbook.write.practice.rounding import mark_formula
from xlbackprop.workbook.write.sheets.block_writer import BlockWriter
from xlbackprop.workbook.write.sheets.stacked_sheet import Blocks
from xlbackprop.workbook.write.sheets.style import RIGHT, WRONG, Formats

_FIRST_COLUMN = 1
# A narrow page's legend runs beyond it: three columns each for all kinds, for what is to fill in,
# right and not right and what stands out, and six for the count.
_LEGEND_COLUMNS = _FIRST_COLUMN + 3 * (len(Kind) + 5) + 6


def write_practice(
    workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats, writer: BlockWriter
) -> None:
    """Write the answers, the marks and the conditional formats, where practice is asked for.

    Raises SpecError where a sheet has no room for them.
    """
    if contents.answers is None:
        return
    marks = place_marks(contents.layout, contents.blank)
    answers = AnswerSheet(workbook, contents, contents.answers, formats)
    answers.write(marks)
    rungs = rungs_of(contents) if contents.ladder else {}
    for name, blocks in marks.items():
        opened = is_open(rungs[name]) if rungs else ""
        tensor = contents.network.tensors[name]
        mark = _mark(tensor, contents.layout.blocks[name], answers.compared[name], blocks, opened)
        writer.write(tensor, blocks, np.zeros(tensor.shape), mark, (formats({}), formats({})))
    of_all = [block for blocks in marks.values() for block in blocks]
    for page in pages_of(workbook, contents, formats):
        own = [block for block in of_all if block.sheet == page.sheet.name]
        if own:
            _show_marks(page, own)


def place_marks(layout: Layout, blank: Collection[str]) -> dict[str, Blocks]:
    """Return the blocks of the marks of each tensor to fill in.

    Raises SpecError where a sheet has no columns left for them.
    """
    sheets = {sheet.name: sheet for sheet in layout.sheets}
    marks = {}
    for name in (name for name in layout.blocks if name in blank):
        sheet = sheets[layout.blocks[name][0].sheet]
        across = marks_offset(sheet)
        if across + sheet.columns > MAX_COLUMNS:
            raise SpecError(
                f"practice: the sheet {sheet.name} has {sheet.columns:,} columns, which leaves no"
                f" room for as many marks: a sheet has {MAX_COLUMNS:,}"
            )
        marks[name] = tuple(
            replace(block, column=block.column + across) for block in layout.blocks[name]
        )
    return marks


def marks_offset(sheet: Sheet) -> int:
    """Return how many columns to the right of its cell a mark stands."""
    return max(sheet.columns, _LEGEND_COLUMNS)


def marks_range(sheet: Sheet) -> str:
    """Return the range that holds all marks of a page."""
    first, columns = marks_offset(sheet) + _FIRST_COLUMN, sheet.columns - _FIRST_COLUMN
    return rectangle(HEAD_ROWS, first, sheet.rows - HEAD_ROWS, columns)


def _mark(
    tensor: Tensor, blocks: Blocks, compared: Compared, marks: Blocks, opened: str
) -> Callable[..., str]:
    """Return what gives the mark of an entry, by its index, of what is typed into the blocks.

    It is 0 where `opened` is the address of another number than 1.
    """
    sheet = marks[0].sheet
    typed, answer = (view_from(sheet, tensor, own) for own in (blocks, compared.nearest))
    largest, most = (on_sheet(SHEET, one) for one in (compared.limit.largest, compared.limit.most))

    def mark(*index: int) -> str:
        formula = mark_formula(typed[index], answer[index], largest, most)
        return f"IF({opened}=1,{formula},0)" if opened else formula

    return mark


def _show_marks(page: Page, marks: list[Block]) -> None:
    """Hide the columns of the marks, and colour the page by them."""
    across = marks_offset(page.sheet)
    hidden = across + _FIRST_COLUMN, across + page.sheet.columns - 1
    page.worksheet.set_column(*hidden, None, None, {"hidden": True})
    for top, bottom, left, right in _strips(marks):
        first, last = left - across, right - across
        for value, style in ((1, RIGHT), (-1, WRONG)):
            rule = {"type": "formula", "criteria": f"={cell(top, left)}={value}"}
            page.worksheet.conditional_format(
                *(top, first, bottom, last), {**rule, "format": page.formats(style)}
            )


def _strips(blocks: Iterable[Block]) -> Iterator[tuple[int, int, int, int]]:
    """Yield top, bottom, left and right of all blocks that stand in the same columns, together.

    A conditional format for each: one for the whole page would look beside the marks as soon as
    someone inserts a column between two blocks.
    """
    rows: dict[tuple[int, int], list[int]] = {}
    for block in blocks:
        columns = (block.column, block.column + block.width - 1)
        rows.setdefault(columns, []).extend((block.row, block.row + block.height - 1))
    for columns, own in rows.items():
        yield min(own), max(own), *columns
