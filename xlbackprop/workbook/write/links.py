"""Links: from each sheet to its neighbours and the Overview, from a copy of cells to the cells."""

from __future__ import annotations

from math import ceil

from xlbackprop.equation import Kind, Tensor
from xlbackprop.formula.addresses import cell, on_sheet
from xlbackprop.layout import COLUMN_WIDTH, TITLE_ROW, Heading, heading_text
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import Page
from xlbackprop.workbook.write.sheets.style import TEXTS

OVERVIEW = "Overview"

# How wide a title and a link run, in characters of the standard font.
_TITLE_CHARACTER, _LINK_CHARACTER = 1.5, 1.0
# Excel takes so many links on a sheet.
_MOST_LINKS = 60_000


def write_ways(page: Page) -> None:
    """Write, beside the title, the links to the Overview, the sheet before and the one after."""
    sheet = page.sheet
    names = [one.name for one in page.contents.layout.sheets]
    at = names.index(sheet.name)
    ways = [(OVERVIEW, OVERVIEW)]
    ways += [(f"← {names[at - 1]}", names[at - 1])] if at else []
    ways += [(f"{name} →", name) for name in names[at + 1 : at + 2]]
    column = 2 + ceil(len(sheet.title) * _TITLE_CHARACTER / COLUMN_WIDTH)
    for text, name in ways:
        width = ceil(len(text) * _LINK_CHARACTER / COLUMN_WIDTH)
        column = sheet.printed.fit(column, width)
        target = f"internal:{on_sheet(name, 'A1')}"
        style = page.formats({**TEXTS["link"], "valign": "vcenter"})
        page.worksheet.write_url(TITLE_ROW, column, target, style, text, f"to the sheet {name}")
        column += 1 + width


def source_of(tensor: Tensor, contents: Contents) -> tuple[str, str] | None:
    """Return the tensor that a linked copy shows, and where its first cell is; None of others."""
    equation = contents.network.equation_of.get(tensor.name)
    if tensor.kind is not Kind.LINK or equation is None or len(equation.sources) != 1:
        return None
    (source,) = equation.sources.values()
    block = contents.layout.blocks[source.name][0]
    return source.name, on_sheet(block.sheet, cell(block.row, block.column))


def write_way_to_source(page: Page, heading: Heading) -> bool:
    """Let the title of a linked copy jump to what it shows; return whether it does."""
    source = source_of(heading.tensor, page.contents)
    if source is None or page.worksheet.hlink_count >= _MOST_LINKS:
        return False
    (name, target), place = source, (heading.row, heading.column)
    text = heading_text(heading.tensor)
    page.worksheet.write_url(*place, f"internal:{target}", None, text, f"to {name}")
    return True
