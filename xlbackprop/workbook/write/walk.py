"""The walk on the pages: blocks that fill one after another as the Overview's counter is turned up.

All cells hold what they always hold, and conditional formats do the rest: they hide the blocks
that the walk has not yet come to, and frame the one that is computed now. One step after the last
equation, all pages look as they do without a walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import on_sheet
from xlbackprop.formula.grid import Block
from xlbackprop.layout import LEGEND_ROW, Sheet
from xlbackprop.workbook.write.colours import emphases, parts_of, write_rule
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.links import OVERVIEW
from xlbackprop.workbook.write.style import TEXTS, Formats
from xlbackprop.workbook.write.walk_list import write_list
from xlbackprop.workbook.write.walk_steps import (
    COUNTER,
    HERE,
    HERE_COLUMN,
    HERE_ROW,
    HIDDEN,
    steps_of,
)

_FRAMED: dict[str, Any] = {"border": 1, "border_color": "#B3261E"}
_TITLE_NOW: dict[str, Any] = {"bg_color": "#FFE08A"}


def write_walk(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Write the list of steps and the rules of all pages, where the contents ask for a walk.

    Raises SpecError where tensors are to be filled in: what one types would be hidden.
    """
    if not contents.walk:
        return
    if contents.blank:
        raise SpecError("walk: it would hide what one fills in: leave out --blank")
    emphasised = {one.tensor.name for one in emphases(contents)}
    for name, step in steps_of(contents).items():
        tensor = contents.network.tensors[name]
        parts = parts_of(tensor, contents, is_emphasised=name in emphasised)
        _write_rules(workbook, list(parts), step, formats)
    for sheet in contents.layout.sheets:
        worksheet = workbook.get_worksheet_by_name(sheet.name)
        here = f"={on_sheet(OVERVIEW, COUNTER)}"
        worksheet.write_formula(HERE_ROW, HERE_COLUMN, here, formats({"num_format": ";;;"}), 0)
        if not contents.network.has_rows:  # where one title serves all steps
            _mark_titles(worksheet, sheet, contents, formats)
    write_list(workbook, contents, formats)


def write_page_walk(
    worksheet: Worksheet, column: int, contents: Contents, formats: Formats
) -> None:
    """Write "step 3 of 7" beside a page's legend."""
    text = f" of {len(contents.network.equations)}"
    said = f'="step "&{HERE}&"{text}"'
    worksheet.write_formula(LEGEND_ROW, column, said, formats(TEXTS["label"]), f"step 0{text}")


def _write_rules(
    workbook: xlsxwriter.Workbook, parts: Iterable[Sequence[Block]], step: int, formats: Formats
) -> None:
    for sign, style in (("<", HIDDEN), ("=", _FRAMED)):
        rule = {"type": "formula", "criteria": f"={HERE}{sign}{step}", "format": formats(style)}
        for blocks in parts:
            write_rule(workbook, blocks, rule)


def _mark_titles(worksheet: Worksheet, sheet: Sheet, contents: Contents, formats: Formats) -> None:
    steps = steps_of(contents)
    for heading in sheet.headings:
        step = steps.get(heading.tensor.name)
        if step is None:
            continue
        width = contents.layout.blocks[heading.tensor.name][0].width
        rule = {"type": "formula", "criteria": f"={HERE}={step}", "format": formats(_TITLE_NOW)}
        row, column = heading.row, heading.column
        worksheet.conditional_format(row, column, row, column + width - 1, rule)
