"""The lists of a workbook's styles, to which is added what they do not have.

The format lets a program leave out any list, and some leave out all. A list that is not there, or
is empty, is begun with what every program takes for granted.
"""

from __future__ import annotations

from typing import Any

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.document import Document, Element

# What spreadsheet programs take, less a margin.
MAX_FORMATS = 64_000

# In the order that the format demands: how each list begins, the prefix put in for {p}.
_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "numFmts": (),
    "fonts": ('<{p}font><{p}sz val="11"/><{p}name val="Calibri"/></{p}font>',),
    "fills": (
        '<{p}fill><{p}patternFill patternType="none"/></{p}fill>',
        '<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>',
    ),
    "borders": ("<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/><{p}diagonal/></{p}border>",),
    "cellStyleXfs": ('<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
    "cellXfs": ('<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',),
    "cellStyles": ('<{p}cellStyle name="Normal" xfId="0" builtinId="0"/>',),
}
# By which attribute a format refers to a list.
_REFERENCES = {"fonts": "fontId", "fills": "fillId", "borders": "borderId"}


Key = tuple[Any, ...]


class StyleList:
    """One of the lists, and what is appended to it."""

    def __init__(self, document: Document, name: str, least: int = 0) -> None:
        """Read a list, and lengthen it to `least` entries, which something refers to."""
        self._document, self._name, self._element = document, name, document.root.child(name)
        children = self._element.children if self._element else []
        self._own, self._added = [document.bytes_of(child) for child in children], list[bytes]()
        self._numbers = {_key(child): number for number, child in reversed([*enumerate(children)])}
        self._looked_up: dict[bytes, int] = {}
        beginning = [text.format(p=document.prefix).encode() for text in _BEGINNINGS[name]]
        self.plain = beginning[0]
        if not self._own:
            self._added += beginning
        self._added += [self.plain] * (least - len(self._own) - len(self._added))
        for number, text in enumerate(self._added, start=len(self._own)):
            self._numbers.setdefault(self._key_of(text), number)

    def bytes_of(self, number: int) -> bytes:
        """Return one entry as it is written, or nothing where there is none."""
        return self._own[number] if number < len(self._own) else b""

    def number_of(self, text: str | bytes) -> int:
        """Return the number of an entry, which is appended where it is new."""
        written = text.encode("ascii") if isinstance(text, str) else text
        if written not in self._looked_up:
            self._looked_up[written] = self._number_of(written)
        return self._looked_up[written]

    def _number_of(self, written: bytes) -> int:
        number = len(self._own) + len(self._added)
        found = self._numbers.setdefault(self._key_of(written), number)
        if found == number:
            if number >= MAX_FORMATS:
                raise WorkbookError(f"with marks, it would have more than {MAX_FORMATS:,} formats")
            self._added.append(written)
        return found

    def _key_of(self, text: bytes) -> Key:
        return _key(Document(self._document.part, text).root)

    def write(self) -> None:
        """Put the new entries into the document."""
        if not self._added:
            return
        document, added = self._document, b"".join(self._added)
        count = len(self._own) + len(self._added)
        if self._element is not None:
            document.append_to(self._element, added)
            document.set_attribute(self._element.start, "count", count)
            return
        name = f"{document.prefix}{self._name}"
        self._put_in(f'<{name} count="{count}">'.encode() + added + f"</{name}>".encode())

    def _put_in(self, text: bytes) -> None:
        earlier = list(_BEGINNINGS)[: list(_BEGINNINGS).index(self._name)]
        later = [child for child in self._document.root.children if child.name not in earlier]
        if later:
            self._document.insert(later[0].start, text)
        else:
            self._document.append_to(self._document.root, text)


def style_lists(document: Document, formats: int) -> dict[str, StyleList]:
    """Return the lists that formats are made of, in order; cells refer to so many `formats`.

    Raises WorkbookError where the part is no style sheet.
    """
    if document.root.name != "styleSheet":
        raise WorkbookError("the file is damaged: its styles are no style sheet")
    least = {name: _referred(document.root, key) for name, key in _REFERENCES.items()}
    names = ["fonts", "fills", "borders", "cellStyleXfs", "cellXfs"]
    if document.root.child("cellStyleXfs") is None:
        names.append("cellStyles")
    return {
        name: StyleList(document, name, formats if name == "cellXfs" else least.get(name, 0))
        for name in names
    }


def _referred(root: Element, key: str) -> int:
    """Return how many entries a list must have, that each format finds the one it refers to."""
    formats = [one for name in ("cellStyleXfs", "cellXfs") for one in root.all(name)]
    numbers = [number for one in formats for xf in one.children if (number := xf.get(key))]
    fitting = [int(number) for number in numbers if number.isdecimal() and len(number) < 6]
    return max((number + 1 for number in fitting if number < MAX_FORMATS), default=0)


def _key(element: Element) -> Key:
    """Return what an entry says, however it is written: programs leave out what goes without."""
    attributes = ((key.rpartition(":")[2], value) for key, value in element.attributes.items())
    said = frozenset(
        (key, value) for key, value in attributes if not _is_usual(element.name, key, value)
    )
    return element.name, said, element.text.strip(), frozenset(map(_key, element.children))


def _is_usual(element: str, key: str, value: str) -> bool:
    """Return whether an attribute says what holds without it, or that others are to count."""
    if element in ("xf", "alignment"):
        return value in ("0", "false") or key.startswith("apply")
    return (element, key) in (("b", "val"), ("u", "val")) and value in ("1", "true", "single")
