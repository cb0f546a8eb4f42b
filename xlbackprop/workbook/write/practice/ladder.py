"""Practice as a ladder: a block is asked for when all cells of the one before are right.

Until then a block is grey, takes no entry, and what is pasted into it is neither shown nor marked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import on_sheet
from xlbackprop.formula.grid import Block
from xlbackprop.layout import Sheet
from xlbackprop.layout.reasons import BAND as WHY
from xlbackprop.workbook.write.colours import parts_of, write_rule
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import Draft, pages_of
from xlbackprop.workbook.write.here import (
    COUNTER,
    COUNTER_COLUMN,
    COUNTER_PLACE,
    COUNTER_ROW,
    HERE,
    mark_titles,
    write_here,
)
from xlbackprop.workbook.write.practice.ladder_sheet import (
    SHEET,
    LadderSheet,
    name_of,
    reached,
    rungs_of,
    state_of,
    target_of,
)
from xlbackprop.workbook.write.practice.marks import place_marks
from xlbackprop.workbook.write.sheets.style import CLOSED, TEXTS, Formats

_ROWS = 4  # that it takes on the Overview, with an empty one below
_REFUSED = "This block comes later: the Overview says which one is asked for now."


def write_ladder(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Write the list of rungs and the rules of all pages, where the contents ask for a ladder."""
    if not contents.ladder:
        return
    rungs = rungs_of(contents)
    for name, rung in rungs.items():
        tensor = contents.network.tensors[name]
        rule = {"type": "formula", "criteria": f"={HERE}<{rung}", "format": formats(CLOSED)}
        for blocks in parts_of(tensor, contents, is_emphasised=False):
            write_rule(workbook, blocks, rule)
        for block in contents.layout.blocks[name]:
            _refuse_entries(workbook.get_worksheet_by_name(block.sheet), block, rung)
    for page in pages_of(workbook, contents, formats):
        write_here(page.worksheet, 1, formats)
        mark_titles(page, rungs)
    marks = place_marks(contents.layout, contents.blank)
    LadderSheet(workbook, contents, marks, formats).write(COUNTER_PLACE)


def _refuse_entries(worksheet: Worksheet, block: Block, rung: int) -> None:
    last = block.row + block.height - 1, block.column + block.width - 1
    rule: dict[str, Any] = {"validate": "custom", "value": f"={HERE}>={rung}"}
    words = {"error_title": "not yet", "error_message": _REFUSED}
    worksheet.data_validation(block.row, block.column, *last, {**rule, **words})


def write_reached(overview: Draft) -> int:
    """Write on the Overview which rung one has come to, what it asks for, and how much is right.

    Returns the first row below.
    """
    worksheet, contents, formats = overview.worksheet, overview.contents, overview.formats
    row, column, rungs = COUNTER_ROW, COUNTER_COLUMN, rungs_of(contents)
    text, bold = formats(TEXTS["meaning"]), TEXTS["symbol"]
    link = formats({**TEXTS["link"], "align": "right", "indent": 1})
    worksheet.write_string(
        row, column - 1, "ladder, rung", formats({**bold, "align": "right", "indent": 1})
    )
    number = formats({**bold, "align": "center"})
    worksheet.write_formula(row, column, f"={reached(contents)}", number, 1)
    about = f"of {len(rungs)}: the next opens when all cells of this one are right"
    worksheet.write_string(row, column + 1, about, text)
    first = next(iter(rungs))
    name, target = (own(COUNTER, contents) for own in (name_of, target_of))
    worksheet.write_formula(
        row + 1, column - 1, f'=HYPERLINK({target},"→ "&{name})', link, f"→ {first}"
    )
    cells = contents.network.tensors[first].size
    said = f"not yet, 0 of {cells} right"
    worksheet.write_formula(row + 1, column, f"={state_of(COUNTER, contents)}", text, said)
    place, words = f"internal:{on_sheet(SHEET, 'A1')}", "all rungs, and hints"
    worksheet.write_url(row + 2, column - 1, place, link, words)
    return row + _ROWS


def without_reasons(sheet: Sheet) -> Sheet:
    """Return the page without the lines that say why its equations are so: these are hints."""
    rows = {band.row for band in sheet.bands if band.text == WHY}
    bands = tuple(band for band in sheet.bands if band.row not in rows)
    bars = {row: end for row, end in sheet.bars.items() if row not in rows}
    return replace(sheet, bands=bands, bars=bars, reasons=())
