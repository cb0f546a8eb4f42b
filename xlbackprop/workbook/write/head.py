"""What stands above a page's bands: its title, what the page is about, and the legend.

Printed, these rows are on all pages: no word of them is cut in two where one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from xlsxwriter.worksheet import Worksheet

from xlbackprop.equation import Kind
from xlbackprop.layout import LEGEND_ROW, TITLE_ROW, Sheet, about_texts
from xlbackprop.workbook.write.colours import emphases
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.here import write_where
from xlbackprop.workbook.write.practice.progress import write_page_progress
from xlbackprop.workbook.write.sheets.style import (
    RIGHT,
    TEXTS,
    WRONG,
    Formats,
    closed_format,
    emphasised_format,
    fill_in_format,
    kind_format,
    marked_format,
)

# How many columns a sample and its word take.
_SWATCH = 3


def write_head(worksheet: Worksheet, sheet: Sheet, contents: Contents, formats: Formats) -> None:
    """Write the rows above the bands."""
    worksheet.write_string(TITLE_ROW, sheet.head_column, sheet.title, formats(TEXTS["title"]))
    for text in about_texts(sheet):
        worksheet.write_string(text.row, text.column, str(text.text), formats(TEXTS[text.style]))
    _write_legend(worksheet, sheet, contents, formats)


def _write_legend(worksheet: Worksheet, sheet: Sheet, contents: Contents, formats: Formats) -> None:
    fit, column = sheet.printed.fit, sheet.head_column
    names = _names_on(sheet, contents)
    for properties, word, sample in _swatches(names, contents):
        column = fit(column, _SWATCH)
        worksheet.write_string(LEGEND_ROW, column, sample, formats(properties))
        worksheet.write_string(LEGEND_ROW, column + 1, word, formats(TEXTS["legend"]))
        column += _SWATCH
    column = fit(column, _SWATCH)
    blank = names & contents.blank
    if contents.answers is not None and blank:
        write_page_progress(worksheet, column, sheet, contents, formats)
    if contents.walk:
        steps = len(contents.network.equations)
        write_where(worksheet, column, "step", steps, 0, formats)


def _swatches(
    names: AbstractSet[str], contents: Contents
) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield a sample's format, what it means, and the text in the sample, for those tensors."""
    tensors = contents.network.tensors
    kinds = {tensors[name].kind for name in names - contents.blank}
    yield from ((kind_format(kind), str(kind), "") for kind in Kind if kind in kinds)
    if names & contents.blank:
        yield fill_in_format(), "to fill in", ""
        if contents.answers is not None:
            yield marked_format(RIGHT), "right", ""
            yield marked_format(WRONG), "not right", ""
        if contents.ladder:
            yield closed_format(), "later", ""
    meanings = {one.meaning for one in emphases(contents) if one.tensor.name in names}
    yield from ((emphasised_format(), meaning, "bold") for meaning in sorted(meanings))


def _names_on(sheet: Sheet, contents: Contents) -> set[str]:
    """Return the names of the tensors on a sheet."""
    return {name for name, own in contents.layout.blocks.items() if own[0].sheet == sheet.name}
