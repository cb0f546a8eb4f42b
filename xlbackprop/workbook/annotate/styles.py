"""Formats appended to a workbook's styles; those that are there keep their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.document import Document
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.annotate.marks import COLOURS
from xlbackprop.workbook.annotate.package import TRANSITIONAL, Package
from xlbackprop.workbook.write.style import FONT, INK, RULE

# What spreadsheet programs take, less a margin.
MAX_FORMATS = 64_000

_PLAIN = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
_SHADES = 8
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_NEW = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="{TRANSITIONAL}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/>\
</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill\
 patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/>\
<diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0"\
 borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0"\
 borderId="0" xfId="0"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0"\
 builtinId="0"/></cellStyles></styleSheet>"""


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

    def __init__(self, package: Package) -> None:
        part = package.related(package.main, "styles")
        if part is None:
            content = _NEW.replace(TRANSITIONAL, package.namespace).encode()
            part = package.add(package.main, "styles", "styles.xml", content, _TYPE).target
        self._package, self._part = package, part
        document = Document(part, package.read(part))
        self._document = document
        self._lists = {
            name: _Appended(document, name) for name in ("fonts", "fills", "borders", "cellXfs")
        }
        self._coloured: dict[tuple[int, str], int] = {}

    @property
    def made(self) -> dict[int, int]:
        """The formats that were made for marks by `coloured`, and what each is made from."""
        return {number: own for (own, _), number in self._coloured.items()}

    def coloured(self, own: int, status: str) -> int:
        """Return the format that is a cell's own one with the fill of a status."""
        key = own, status
        if key not in self._coloured:
            fill = self._fill(_shade(COLOURS[status], own))
            edits = Edits(self._lists["cellXfs"].bytes_of(own) or self._plain)
            edits.set_attribute(0, "fillId", fill)
            edits.set_attribute(0, "applyFill", 1)
            self._coloured[key] = self._format(edits.result())
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
        return self._format(
            f'<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
            f' applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</{p}xf>'
        )

    def save(self) -> None:
        """Put what was appended into the package."""
        for one in self._lists.values():
            one.write()
        self._package.write(self._part, self._document.result())

    @property
    def _plain(self) -> bytes:
        return _PLAIN.replace(b"<", f"<{self._document.prefix}".encode())

    def _fill(self, colour: str) -> int:
        p = self._document.prefix
        return self._lists["fills"].number_of(
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="FF{colour}"/>'
            f'<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        )

    def _format(self, text: str | bytes) -> int:
        number = self._lists["cellXfs"].number_of(text)
        if number >= MAX_FORMATS:
            raise WorkbookError(f"with marks, it would have more than {MAX_FORMATS:,} formats")
        return number


class _Appended:
    """One of the lists of the styles' part, to which is added what it does not have."""

    def __init__(self, document: Document, name: str) -> None:
        self._document, self._element = document, document.need(name)
        own = [document.bytes_of(child) for child in self._element.children]
        self._own, self._added = own, list[bytes]()
        self._numbers = {text: number for number, text in reversed(list(enumerate(own)))}

    def bytes_of(self, number: int) -> bytes:
        """Return one entry as it is written, or nothing where there is none."""
        return self._own[number] if number < len(self._own) else b""

    def number_of(self, text: str | bytes) -> int:
        """Return the number of an entry, which is appended where it is new."""
        written = text.encode("ascii") if isinstance(text, str) else text
        if written not in self._numbers:
            self._numbers[written] = len(self._own) + len(self._added)
            self._added.append(written)
        return self._numbers[written]

    def write(self) -> None:
        """Append the new entries to the document."""
        if self._added:
            self._document.append_to(self._element, b"".join(self._added))
            count = len(self._own) + len(self._added)
            self._document.set_attribute(self._element.start, "count", count)


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
