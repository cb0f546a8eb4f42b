"""XML from a stranger, read as a stream of calls: nothing is kept that the reader does not keep.

A tree, even one that is cleared as it grows, can be made as large as the file by a single row
with all cells in it. Document types, the door to entity bombs, are refused.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from typing import Protocol
from xml.parsers import expat

from xlbackprop.errors import WorkbookError, one_line

MAX_ELEMENTS = 400_000
_CHUNK = 1 << 16


class Reader(Protocol):
    """What is called for each start tag, text and end tag; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...  # noqa: D102

    def text(self, data: str) -> None: ...  # noqa: D102

    def end(self, name: str) -> None: ...  # noqa: D102


def read_part(package: zipfile.ZipFile, part: str, reader: Reader) -> None:
    """Read one part of an archive. Raises WorkbookError where it is missing or damaged."""
    try:
        stream = package.open(part)
    except KeyError:
        raise WorkbookError(f"the file is damaged: its part {_shown(part)} is missing") from None
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_document_type(part)
    parser.StartElementHandler = lambda name, attributes: reader.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: reader.end(_local(name))
    parser.CharacterDataHandler = reader.text
    try:
        with stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise WorkbookError(
            f"the file is damaged: its part {_shown(part)}: {one_line(error, 80)}"
        ) from None


@dataclass
class Element:
    """A tag with its attributes (prefixes stripped) and the text directly in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class _Elements:
    found: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, {_local(key): value for key, value in attributes.items()})
        self.found.append(element)
        self._open.append(element)
        if len(self.found) > MAX_ELEMENTS:
            raise WorkbookError(f"one of its parts has more than {MAX_ELEMENTS:,} elements")

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def end(self, _: str) -> None:
        self._open.pop()


def read_elements(package: zipfile.ZipFile, part: str) -> list[Element]:
    """Return all elements of a small part, in the order of their start tags."""
    elements = _Elements()
    read_part(package, part, elements)
    return elements.found


def _refuse_document_type(part: str) -> None:
    raise WorkbookError(
        f"its part {_shown(part)} declares a document type, which no workbook needs and an attack"
        " does"
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def _shown(part: str) -> str:
    return repr(one_line(part, 80))
