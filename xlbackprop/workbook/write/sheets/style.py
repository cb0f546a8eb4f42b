"""Colours and number formats: what a cell is, at a glance. Titles say it in words as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.format import Format

from xlbackprop.equation import Array, Kind
from xlbackprop.layout import COLUMN_WIDTH

FONT = "Calibri"
INK = "#1F2933"
FAINT = "#5E6975"
RULE = "#C9D1D9"
BAND = "#334E68"

_KIND_COLOURS: dict[Kind, dict[str, Any]] = {
    Kind.GIVEN: {"bg_color": "#DCEBFA", "font_color": "#0B3C6F"},
    Kind.PARAMETER: {"bg_color": "#FFEFC7", "font_color": "#6B4300"},
    Kind.FORWARD: {"bg_color": "#DFF3E3", "font_color": "#14532D"},
    Kind.BACKWARD: {"bg_color": "#FBE1E4", "font_color": "#7A1128"},
    Kind.HELPER: {"bg_color": "#EEF0F2", "font_color": "#3E4C59"},
    Kind.LINK: {"bg_color": "#FFFFFF", "font_color": "#5B3E9E", "italic": True},
    Kind.UPDATE: {"bg_color": "#D8F0F2", "font_color": "#0B4F57"},
}

_CELL: dict[str, Any] = {
    "font_name": FONT,
    "font_size": 10,
    "align": "center",
    "border": 1,
    "border_color": RULE,
}

# How many of its characters a column has room for.
_CHARACTERS = int(COLUMN_WIDTH * 11 / _CELL["font_size"])
_NO_MORE_DECIMALS = 1e-9  # what may be left beyond the last that is shown

# A dashed frame, so that a printed page shows them too.
_TO_FILL_IN = {**_CELL, "bg_color": "#FFFFE0", "border": 3, "border_color": "#B8860B"}

# What becomes of a cell to fill in, in practice: bold or struck through, for those who see no
# difference between green and red.
RIGHT: dict[str, Any] = {
    "bold": True,
    "font_color": "#0A4A1C",
    "bg_color": "#8FD9A3",
    "border": 1,
    "border_color": "#2F8F4E",
}
WRONG: dict[str, Any] = {
    "font_strikeout": True, "font_color": "#7A0012", "bg_color": "#FF9B9B", "border": 1,
    "border_color": "#C0303A",
}  # fmt: skip
# A block to fill in that is not yet asked for.
CLOSED: dict[str, Any] = {
    "num_format": ";;;", "font_color": "#DDE2E7", "bg_color": "#DDE2E7", "border": 1,
    "border_color": RULE,
}  # fmt: skip

# Numbers in colours: two that the colour-blind tell apart, light enough for every kind's ink.
NEGATIVE, ZERO, POSITIVE = "#A6CBE8", "#FFFFFF", "#FDB863"
# What stands out: winners of windows, active units.
EMPHASIS: dict[str, Any] = {"bold": True, "underline": 1}

_SMALL = {"font_name": FONT, "font_size": 8, "font_color": "#6B7682"}

TEXTS: dict[str, dict[str, Any]] = {
    "title": {"font_name": FONT, "font_size": 16, "bold": True, "font_color": INK},
    "about": {"font_name": FONT, "font_size": 10, "font_color": "#52606D"},
    "text": {"font_name": FONT, "font_size": 10, "font_color": INK},
    "head": {
        "font_name": FONT, "font_size": 10, "bold": True, "font_color": INK,
        "bottom": 1, "bottom_color": BAND,
    },
    "link": {"font_name": FONT, "font_size": 10, "font_color": "#1D5FBF", "underline": 1},
    "band": {
        "font_name": FONT, "font_size": 10, "bold": True,
        "font_color": "#FFFFFF", "bg_color": BAND,
    },
    "symbol": {"font_name": FONT, "font_size": 11, "bold": True, "font_color": INK},
    "symbol to source": {
        "font_name": FONT, "font_size": 11, "bold": True, "font_color": "#1D5FBF", "underline": 1,
    },
    "chain": {"font_name": FONT, "font_size": 9, "font_color": INK},
    "kind": {"font_name": FONT, "font_size": 9, "font_color": "#52606D"},
    "equation": {"font_name": "Cambria", "font_size": 8.5, "italic": True, "font_color": INK},
    "label": {**_SMALL, "bold": True, "font_color": "#52606D"},
    "edge": {**_SMALL, "align": "center"},
    "side": {**_SMALL, "align": "right"},
    "legend": {"font_name": FONT, "font_size": 9, "font_color": "#52606D", "indent": 1},
    "progress": {"font_name": FONT, "font_size": 10, "bold": True, "font_color": "#0A4A1C"},
    "bar": {"font_name": FONT, "font_size": 10, "font_color": "#298046", "indent": 1},
    "meaning": {"font_name": FONT, "font_size": 10, "font_color": INK, "indent": 1},
    "box": {
        "font_name": FONT, "font_size": 10, "bold": True, "align": "center",
        "valign": "vcenter", "border": 1, "border_color": BAND, "text_wrap": True,
    },
    "value": {"font_name": FONT, "font_size": 9, "font_color": "#14532D"},
    "slope": {"font_name": FONT, "font_size": 9, "font_color": "#7A1128"},
}  # fmt: skip


def kind_format(kind: Kind, number_format: str = "General") -> dict[str, Any]:
    """Return the format of a cell that holds a number of this kind."""
    return {**_CELL, **_KIND_COLOURS[kind], "num_format": number_format}


def constant_format(kind: Kind, *, hidden: bool = False) -> dict[str, Any]:
    """Return the format of a zero that is there by construction: padding, spacing.

    A hidden one looks empty, and is a number all the same: what is masked.
    """
    style = {**_CELL, **_KIND_COLOURS[kind], "font_color": FAINT}
    return {**style, "num_format": ";;;", "bg_color": "#FFFFFF"} if hidden else style


def emphasised_format() -> dict[str, Any]:
    """Return the format of a cell that shows how what stands out looks."""
    return {**_CELL, **EMPHASIS}


def fill_in_format(number_format: str = "General") -> dict[str, Any]:
    """Return the format of a cell that is left for a person to fill in."""
    return {**_TO_FILL_IN, "num_format": number_format}


def marked_format(mark: Mapping[str, Any]) -> dict[str, Any]:
    """Return the format of a cell that shows how RIGHT or WRONG looks."""
    return {**_CELL, **mark}


def closed_format() -> dict[str, Any]:
    """Return the format of a cell that shows how CLOSED looks, and can be read."""
    return {**_CELL, **CLOSED, "num_format": "General", "font_color": INK}


def number_format(values: Array) -> str:
    """Return a number format in which the values fit a column, for display only.

    Whole numbers stay as they are typed; others get the decimals they have, four at most, and
    as many as the column has room for.
    """
    finite = values[np.isfinite(values)]
    if not finite.size or _are_whole(finite):
        return "General"
    are_short = _are_short(finite, 3)
    decimals = next(n for n in range(1, 4) if _are_short(finite, n)) if are_short else 4
    largest = float(np.abs(finite).max())
    if not 1e-3 <= largest < 1e6:
        return "0.0E+0"
    whole = len(str(int(largest))) + bool((finite < 0).any())
    room = max(0, _CHARACTERS - 1 - whole)
    shown = "0." + "0" * min(decimals, room) if room else "0"
    return f"{shown};-{shown};0"  # an exact zero looks like one


def _are_whole(values: Array) -> bool:
    # Mostly the first number tells, and there are thousands of small tensors.
    return float(values[0]).is_integer() and bool((values == values.round()).all())


def _are_short(values: Array, decimals: int) -> bool:
    first = float(values[0])
    if abs(first - round(first, decimals)) > _NO_MORE_DECIMALS:
        return False
    return bool((np.abs(values - values.round(decimals)) <= _NO_MORE_DECIMALS).all())


class Formats:
    """XlsxWriter's format objects, one for each set of properties."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self.workbook = workbook
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, properties: Mapping[str, Any]) -> Format:
        """Return the format with these properties."""
        key = tuple(properties.items())
        if key not in self._made:
            self._made[key] = self.workbook.add_format(properties)
        return self._made[key]
