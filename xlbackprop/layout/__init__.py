"""Where each block of a network stands: pure data, before any file is written."""

from xlbackprop.layout.contents import SheetContent, sheet_contents
from xlbackprop.layout.paper import COLUMN_WIDTH, GAP_WIDTH, MARGIN_WIDTH, SMALLEST_TYPE, Printed
from xlbackprop.layout.rows import STEPS
from xlbackprop.layout.sheet import (
    HEAD_ROWS,
    LEGEND_ROW,
    TITLE_ROW,
    Heading,
    Sheet,
    Text,
    about_texts,
    heading_about,
    heading_text,
)
from xlbackprop.layout.whole import Layout, lay_out

__all__ = [
    "COLUMN_WIDTH",
    "GAP_WIDTH",
    "HEAD_ROWS",
    "LEGEND_ROW",
    "MARGIN_WIDTH",
    "SMALLEST_TYPE",
    "STEPS",
    "TITLE_ROW",
    "Heading",
    "Layout",
    "Printed",
    "Sheet",
    "SheetContent",
    "Text",
    "about_texts",
    "heading_about",
    "heading_text",
    "lay_out",
    "sheet_contents",
]
