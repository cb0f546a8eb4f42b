"""Where each block of a network stands: pure data, before any file is written."""

from xlbackprop.layout.pages import (
    ABOUT_ROW,
    COLUMN_WIDTH,
    HEAD_ROWS,
    LEGEND_ROW,
    TITLE_ROW,
    Heading,
    Sheet,
    SheetContent,
    Text,
    heading_about,
    heading_text,
    sheet_contents,
)
from xlbackprop.layout.rows import STEPS
from xlbackprop.layout.whole import Layout, lay_out

__all__ = [
    "ABOUT_ROW",
    "COLUMN_WIDTH",
    "HEAD_ROWS",
    "LEGEND_ROW",
    "STEPS",
    "TITLE_ROW",
    "Heading",
    "Layout",
    "Sheet",
    "SheetContent",
    "Text",
    "heading_about",
    "heading_text",
    "lay_out",
    "sheet_contents",
]
