"""What stands above a page's bands: its title, what the page is about, and the legend.

Printed, these rows are on all pages: no word of them is cut in two where one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlbackprop.equation import Kind
from xlbackprop.layout import LEGEND_ROW, TITLE_ROW, about_texts
from xlbackprop.workbook.write.colours import emphases
from xlbackprop.workbook.write.draft import Page
from xlbackprop.workbook.write.here import write_where
from xlbackprop.workbook.write.practice.progress import write_page_progress
from xlbackprop.workbook.write.sheets.style import (
    RIGHT,
    WRONG,
    closed_format,
    emphasised_format,
    fill_in_format,
    kind_format,
    marked_format,
)

# How many columns a sample and its word take.
_SWATCH = 3


def write_head(page: Page) -> None:
    """Write the rows above the bands."""
    page.text(TITLE_ROW, page.sheet.head_column, page.sheet.title, "title")
    for text in about_texts(page.sheet):
        page.text(text.row, text.column, str(text.text), text.style)
    _write_legend(page)


def _write_legend(page: Page) -> None:
    fit, column = page.sheet.printed.fit, page.sheet.head_column
    for properties, word, sample in _swatches(page):
        column = fit(column, _SWATCH)
        page.worksheet.write_string(LEGEND_ROW, column, sample, page.formats(properties))
        page.text(LEGEND_ROW, column + 1, word, "legend")
        column += _SWATCH
    column = fit(column, _SWATCH)
    if page.contents.answers is not None and page.names & page.contents.blank:
        write_page_progress(page, column)
    if page.contents.walk:
        write_where(page, column, "step", len(page.contents.network.equations))


def _swatches(page: Page) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield a sample's format, what it means, and the text in the sample."""
    names, contents = page.names, page.contents
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
