"""Changes to the bytes of an XML part: what is not named stays as it is, byte for byte."""

from __future__ import annotations

import re
from enum import IntEnum
from html import escape

from xlbackprop.errors import WorkbookError

# Possessive, so that what does not end costs no more than what does.
_TAG = re.compile(rb"""</?[^\s/>]++(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")

# What XML has no way to write, and what a spreadsheet would read as such a character.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class _Rank(IntEnum):
    """What comes first at the same position."""

    INSIDE = 0  # new content of an element that was empty
    CLOSING = 1  # the end tag of that element
    BEFORE = 2
    INSTEAD = 3


class Edits:
    """Insertions and replacements in some bytes, made all at once by `result`.

    Texts are XML; characters beyond ASCII become references, so that the part's encoding is
    of no concern.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._edits: list[tuple[int, _Rank, int, int, bytes]] = []
        self._opened: set[int] = set()

    def insert(self, at: int, text: str | bytes) -> None:
        """Put a text before what stands at a position."""
        self._add(at, at, text, _Rank.BEFORE)

    def replace(self, start: int, end: int, text: str | bytes) -> None:
        """Put a text in the place of a stretch."""
        self._add(start, end, text, _Rank.INSTEAD)

    def append(self, start: int, outside: int, text: str | bytes) -> None:
        """Put a text at the end of what is inside of an element.

        `start` is where its start tag begins, `outside` where its end tag begins; of an element
        without one (`<a/>`), where the tag ends.
        """
        if not self.is_empty(start):
            self.insert(outside, text)
            return
        if start not in self._opened:
            self._opened.add(start)
            self.replace(outside - 2, outside, ">")
            self._add(outside, outside, f"</{self.raw_name(start)}>", _Rank.CLOSING)
        self._add(outside, outside, text, _Rank.INSIDE)

    def set_attribute(self, start: int, name: str, value: str | int) -> None:
        """Set an attribute of the start tag at a position; one that is there keeps its place."""
        written = f'"{escape(str(value))}"'
        for match in _ATTRIBUTE.finditer(self.content, start, self.end_of_tag(start)):
            if match[1] == name.encode():
                self.replace(match.start(2), match.end(2), written)
                return
        self.insert(start + 1 + len(self.raw_name(start).encode()), f" {name}={written}")

    def end_of_tag(self, start: int) -> int:
        """Return where the tag that begins at a position ends; raises WorkbookError if nowhere."""
        match = _TAG.match(self.content, start)
        if match is None:
            raise WorkbookError("the file is damaged: a tag does not end")
        return match.end()

    def is_empty(self, start: int) -> bool:
        """Return whether the element at a position is a single tag, `<a/>`."""
        return self.content.endswith(b"/>", start, self.end_of_tag(start))

    def raw_name(self, start: int) -> str:
        """Return the name of the tag at a position with its prefix."""
        match = _NAME.match(self.content, start)
        return match[1].decode("ascii", "xmlcharrefreplace") if match else ""

    def result(self) -> bytes:
        """Return the changed bytes."""
        parts, at = [], 0
        for start, _, _, end, text in sorted(self._edits):
            parts += [self.content[at:start], text]
            at = end
        return b"".join([*parts, self.content[at:]])

    def _add(self, start: int, end: int, text: str | bytes, rank: _Rank) -> None:
        written = text if isinstance(text, bytes) else text.encode("ascii", "xmlcharrefreplace")
        self._edits.append((start, rank, len(self._edits), end, written))


def xml_text(text: str) -> str:
    """Return a text as it stands in XML, between tags and in attributes.

    Characters that XML forbids are left out; what a spreadsheet would decode (`_x0041_`) is
    written so that it reads as it does here.
    """
    return escape(_ESCAPED.sub("_x005F_", _FORBIDDEN.sub("", text)))
