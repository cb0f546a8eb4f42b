"""How far a walk or a ladder has come, as a number in the margin of each page, for its rules.

It is a copy of a cell of another sheet, at which neither Excel 2007 nor Google Sheets lets
conditional formats look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import cell, on_sheet
from xlbackprop.formula.grid import Range
from xlbackprop.layout import LEGEND_ROW
from xlbackprop.workbook.write.draft import Page
from xlbackprop.workbook.write.links import OVERVIEW
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats

# On the Overview: the number itself.
COUNTER_ROW, COUNTER_COLUMN = 3, 2
COUNTER = Range(cell(COUNTER_ROW, COUNTER_COLUMN)).fixed
COUNTER_PLACE = on_sheet(OVERVIEW, cell(COUNTER_ROW, COUNTER_COLUMN))

_ROW, _COLUMN = LEGEND_ROW, 0
HERE = Range(cell(_ROW, _COLUMN)).fixed

_NOW: dict[str, Any] = {"bg_color": "#FFE08A"}


def write_here(worksheet: Worksheet, saved: int, formats: Formats) -> None:
    """Write the copy, which is not to be seen."""
    formula = f"={on_sheet(OVERVIEW, COUNTER)}"
    worksheet.write_formula(_ROW, _COLUMN, formula, formats({"num_format": ";;;"}), saved)


def write_where(page: Page, column: int, word: str, number: int) -> None:
    """Write "step 3 of 7" beside a page's legend; until it is calculated, "step 0 of 7"."""
    said = f'="{word} "&{HERE}&" of {number}"'
    style = page.formats(TEXTS["label"])
    page.worksheet.write_formula(LEGEND_ROW, column, said, style, f"{word} 0 of {number}")


def mark_titles(page: Page, numbers: Mapping[str, int]) -> None:
    """Let the title of the tensor stand out whose number it is now."""
    contents = page.contents
    if contents.network.has_rows:  # where one title serves all steps
        return
    for heading in page.sheet.headings:
        number = numbers.get(heading.tensor.name)
        if number is None:
            continue
        width = contents.layout.blocks[heading.tensor.name][0].width
        rule = {"type": "formula", "criteria": f"={HERE}={number}", "format": page.formats(_NOW)}
        row, column = heading.row, heading.column
        page.worksheet.conditional_format(row, column, row, column + width - 1, rule)
