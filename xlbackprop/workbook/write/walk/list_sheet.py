"""The sheet that lists the equations in the order in which they are computed, from 1."""

from __future__ import annotations

from collections.abc import Iterator

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import cell, on_sheet, rectangle
from xlbackprop.formula.grid import Range
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.here import COUNTER, COUNTER_PLACE, HERE, write_here
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats

SHEET = "the walk"  # no layer has a name with a space
START = "nothing is computed as yet: only what is given shows numbers"
END = "all is computed: the pages as they are"

_NUMBER, _TENSOR, _KIND, _EQUATION, _TARGET = range(1, 6)
_HEADS = {_NUMBER: "Step", _TENSOR: "Computes", _KIND: "Kind", _EQUATION: "Equation"}
_WIDTHS = (2, 6, 26, 11, 80)
_HEAD_ROW = 4
_FIRST_ROW = _HEAD_ROW + 1  # of the start, after which nothing is computed
_NOW = {"bold": True, "bg_color": "#FFE08A"}
_MOST_LINKS = 60_000  # on a sheet, in Excel


def words(contents: Contents) -> str:
    """Return the formula of what is computed now, in words."""
    return _listed(_TENSOR, contents) + '&": "&' + _listed(_EQUATION, contents)


def target(contents: Contents) -> str:
    """Return the formula of where that stands, as a link has it."""
    return _listed(_TARGET, contents)


def name(contents: Contents) -> str:
    """Return the formula of the name of what is computed now."""
    return _listed(_TENSOR, contents)


def _listed(column: int, contents: Contents) -> str:
    count = len(contents.network.equations) + 2
    area = on_sheet(SHEET, Range(rectangle(_FIRST_ROW, column, count, 1)).fixed)
    return f"INDEX({area},{COUNTER}+1)"


def write_list(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Write the sheet; a click on a name leads to its block."""
    sheet = workbook.add_worksheet(SHEET)
    _write_head(sheet, formats)
    lines = list(_lines(contents))
    for number, line in enumerate(lines):
        _write_line(sheet, number, line, formats)
    first, last = cell(_FIRST_ROW, _NUMBER), _FIRST_ROW + len(lines) - 1
    rule = {"type": "formula", "criteria": f"={HERE}=${first}", "format": formats(_NOW)}
    sheet.conditional_format(_FIRST_ROW, _NUMBER, last, _EQUATION, rule)


def _write_head(sheet: Worksheet, formats: Formats) -> None:
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_column(_TARGET, _TARGET, None, None, {"hidden": True})
    sheet.write_string(0, 1, SHEET, formats(TEXTS["title"]))
    about = "the equations in the order in which they are computed"
    sheet.write_string(1, 1, about, formats(TEXTS["about"]))
    write_here(sheet, 0, formats)
    for column, head in _HEADS.items():
        sheet.write_string(_HEAD_ROW, column, head, formats(TEXTS["head"]))
    sheet.freeze_panes(_FIRST_ROW, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(_HEAD_ROW)
    sheet.fit_to_pages(1, 0)


def _lines(contents: Contents) -> Iterator[tuple[str, str, str, str]]:
    """Yield, for each step from 0, the tensor, its kind, its equation, and where it stands."""
    yield "start", "", START, COUNTER_PLACE
    for equation in contents.network.equations:
        tensor = equation.target
        block = contents.layout.blocks[tensor.name][0]
        place = on_sheet(block.sheet, cell(block.row, block.column))
        yield tensor.name, str(tensor.kind), equation.math.text, place
    yield "end", "", END, COUNTER_PLACE


def _write_line(
    sheet: Worksheet, number: int, line: tuple[str, str, str, str], formats: Formats
) -> None:
    row, text = _FIRST_ROW + number, formats(TEXTS["text"])
    tensor, kind, equation, place = line
    sheet.write_number(row, _NUMBER, number, formats({**TEXTS["text"], "align": "left"}))
    if number < _MOST_LINKS:
        sheet.write_url(row, _TENSOR, f"internal:{place}", formats(TEXTS["link"]), tensor)
    else:
        sheet.write_string(row, _TENSOR, tensor, text)
    sheet.write_string(row, _KIND, kind, text)
    sheet.write_string(row, _EQUATION, equation, text)
    sheet.write_string(row, _TARGET, f"#{place}", text)
