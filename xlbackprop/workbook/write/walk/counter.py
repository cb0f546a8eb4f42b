"""The walk on the Overview: the number that one turns up, and what it now computes."""

from __future__ import annotations

from xlbackprop.formula.addresses import on_sheet
from xlbackprop.workbook.write.draft import Draft
from xlbackprop.workbook.write.here import COUNTER, COUNTER_COLUMN, COUNTER_ROW
from xlbackprop.workbook.write.sheets.style import TEXTS, fill_in_format
from xlbackprop.workbook.write.walk.list_sheet import SHEET, START, name, target, words
from xlbackprop.workbook.write.walk.steps import HIDDEN, steps_of

_ROWS = 4  # with an empty one below


def write_counter(overview: Draft) -> int:
    """Write the counter, what it may be, and below it what it computes, in words and as a link.

    Returns the first row below.
    """
    worksheet, contents, formats = overview.worksheet, overview.contents, overview.formats
    column, last = COUNTER_COLUMN, len(contents.network.equations)
    end = last + 1  # at which all is computed, and nothing framed
    text, bold = (
        formats(TEXTS["meaning"]),
        formats({**TEXTS["symbol"], "align": "right", "indent": 1}),
    )
    worksheet.write_string(COUNTER_ROW, column - 1, "walk, step", bold)
    worksheet.write_number(COUNTER_ROW, column, 0, formats({**fill_in_format("0"), "bold": True}))
    about = (
        f"of {last}: type 1, 2, 3 … here, and the blocks of all sheets fill one after another;"
        f" {end} shows all pages as they are"
    )
    worksheet.write_string(COUNTER_ROW, column + 1, about, text)
    says = f"type a whole number from 0 to {end}"
    worksheet.data_validation(
        *(COUNTER_ROW, column, COUNTER_ROW, column),
        {
            "validate": "integer", "criteria": "between", "minimum": 0, "maximum": end,
            "ignore_blank": False, "error_title": "the walk", "error_message": says,
        },
    )  # fmt: skip
    row, link = COUNTER_ROW + 1, formats({**TEXTS["link"], "align": "right", "indent": 1})
    # LibreOffice takes for a link what is one outermost.
    where = f'=HYPERLINK(IFERROR({target(contents)},""),IFERROR("→ "&{name(contents)},""))'
    worksheet.write_formula(row, column - 1, where, link, "→ start")
    now = f'=IFERROR({words(contents)},"{says}")'
    worksheet.write_formula(row, column, now, text, f"start: {START}")
    lists = f"internal:{on_sheet(SHEET, 'A1')}"
    worksheet.write_url(row + 1, column - 1, lists, link, "all steps")
    return COUNTER_ROW + _ROWS


def hide_until_computed(overview: Draft, place: tuple[int, int], tensor: str) -> None:
    """Hide a cell of the Overview that shows a tensor's number."""
    rule = f"={COUNTER}<{steps_of(overview.contents)[tensor]}"
    style = {"type": "formula", "criteria": rule, "format": overview.formats(HIDDEN)}
    overview.worksheet.conditional_format(*place, *place, style)
