"""Formats appended to a workbook's styles; those that are there keep their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xlbackprop.workbook.annotate.document import Document
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.annotate.marks import COLOURS
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.annotate.style_lists import MAX_FORMATS, style_lists
from xlbackprop.workbook.write.sheets.style import FONT, INK, RULE

_SHADES = 8
_FORMAT = re.compile(rb"""\s(?:s|style)\s*=\s*["'](\d{1,6})["']""")
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_NEW = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{}"/>'


@dataclass(frozen=True)
class Look:
    """How a cell of the summary looks; colours are six hexadecimal digits, sizes points."""

    size: float = 10
    bold: bool = False
    underline: bool = False
    colour: str = INK.removeprefix("#")
    fill: str = ""
    frame: bool = False
    align: str = "left"
    wrap: bool = False
    indent: int = 0


class Styles:
    """The formats of a workbook, and those that are added."""

    def __init__(self, package: Package, sheets: Iterable[str] = ()) -> None:
        """Read the styles; `sheets` are the parts whose cells refer to them."""
        kind, name = "styles", "styles.xml"
        part = package.related(package.main, kind) or package.adopt(package.main, kind, name, _TYPE)
        if part is None:
            content = _NEW.format(package.namespace).encode()
            part = package.add(package.main, kind, name, content, _TYPE).target
        self._package, self._part = package, part
        self._document = document = Document(part, package.read(part))
        formats = document.root.child("cellXfs")
        # Where formats are not described, numbers of them in the cells must not become ours.
        is_bare = formats is None or not formats.children
        used = (_formats_used(package.read(sheet)) for sheet in sheets if is_bare)
        self._lists = style_lists(document, max(used, default=0))
        self._coloured: dict[tuple[int, str], int] = {}

    @property
    def made(self) -> dict[int, int]:
        """The formats that were made for marks by `coloured`, and what each is made from."""
        return {number: own for (own, _), number in self._coloured.items()}

    def coloured(self, own: int, status: str) -> int:
        """Return the format that is a cell's own one with the fill of a status."""
        key, formats = (own, status), self._lists["cellXfs"]
        if key not in self._coloured:
            fill = self._fill(_shade(COLOURS[status], own))
            edits = Edits(formats.bytes_of(own) or formats.plain)
            edits.set_attribute(0, "fillId", fill)
            edits.set_attribute(0, "applyFill", 1)
            self._coloured[key] = formats.number_of(edits.result())
        return self._coloured[key]

    def look(self, look: Look) -> int:
        """Return the format that looks so."""
        p = self._document.prefix
        font = self._lists["fonts"].number_of(
            f"<{p}font>{f'<{p}b/>' if look.bold else ''}{f'<{p}u/>' if look.underline else ''}"
            f'<{p}sz val="{look.size:g}"/><{p}color rgb="FF{look.colour}"/><{p}name val="{FONT}"/>'
            f'<{p}family val="2"/></{p}font>'
        )
        border = self._lists["borders"].number_of(_border(p)) if look.frame else 0
        fill = self._fill(look.fill) if look.fill else 0
        alignment = (
            f'<{p}alignment horizontal="{look.align}" vertical="center"'
            f' wrapText="{int(look.wrap)}" indent="{look.indent}"/>'
        )
        return self._lists["cellXfs"].number_of(
            f'<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
            f' applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</{p}xf>'
        )

    def save(self) -> None:
        """Put what was appended into the package."""
        for one in self._lists.values():
            one.write()
        self._package.write(self._part, self._document.result())

    def _fill(self, colour: str) -> int:
        p = self._document.prefix
        return self._lists["fills"].number_of(
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="FF{colour}"/>'
            f'<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        )


def _formats_used(content: bytes) -> int:
    """Return how many formats there must be, that each cell, row and column finds its own."""
    numbers = map(int, _FORMAT.findall(content))
    return max((number + 1 for number in numbers if number < MAX_FORMATS), default=0)


def _shade(colour: str, number: int) -> str:
    """Return a colour that the eye cannot tell from another, different for each number.

    Cells that differ only in their fill have different formats in this way, after any program
    has saved the file: what a format was before the mark can be told from it.
    """
    steps = (number // _SHADES**2 % _SHADES, number // _SHADES % _SHADES, number % _SHADES)
    parts = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    shaded = (min(part, 255 - _SHADES) + step for part, step in zip(parts, steps, strict=True))
    return "".join(f"{part:02X}" for part in shaded)


def _border(p: str) -> str:
    sides = "".join(
        f'<{p}{side} style="thin"><{p}color rgb="FF{RULE.removeprefix("#")}"/></{p}{side}>'
        for side in ("left", "right", "top", "bottom")
    )
    return f"<{p}border>{sides}<{p}diagonal/></{p}border>"
