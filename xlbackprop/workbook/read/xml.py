"""XML from a stranger, read as a stream of calls: nothing is kept that the reader does not keep.

A tree, even one that is cleared as it grows, can be made as large as the file by a single row
with all cells in it. Document types, the door to entity bombs, are refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Protocol, TypeVar
from xml.parsers import expat

from xlbackprop.errors import WorkbookError, one_line

MAX_ELEMENTS = 7_000_000
TOO_MANY_ELEMENTS = f"it has more than {MAX_ELEMENTS:,} elements"
MAX_DEPTH = 64
MAX_TOKEN_BYTES = 1_000_000
MAX_INDEXED = 200_000
MAX_ATTRIBUTES = 40
MAX_INDEX_CHARACTERS = 30_000_000
_CHUNK = 1 << 16
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class Reader(Protocol):
    """What is called for each start tag, text and end tag; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...  # noqa: D102

    def text(self, data: str) -> None: ...  # noqa: D102

    def end(self, name: str) -> None: ...  # noqa: D102


def read_part(package: zipfile.ZipFile, part: str, reader: Reader) -> None:
    """Read one part of an archive. Raises WorkbookError where it is missing, damaged or endless."""
    try:
        stream = package.open(part)
    except KeyError:
        raise WorkbookError(f"the file is damaged: its part {_shown(part)} is missing") from None
    with stream:
        Parsing(part, reader).feed(stream)


_Reader = TypeVar("_Reader", bound=Reader)


def read_positions(
    part: str, content: bytes, make_reader: Callable[[Callable[[], int]], _Reader]
) -> _Reader:
    """Read a part's bytes with a reader that can ask where in them it is; return the reader.

    `make_reader` is given the function that says so. Raises WorkbookError as `read_part` does,
    and for a part in UTF-16, into which no plain bytes could be put.
    """
    if content.startswith(_UTF_16):
        raise WorkbookError(f"its part {_shown(part)} is in UTF-16: save it as .xlsx once more")
    reader = make_reader(lambda: parsing.position)
    parsing = Parsing(part, reader)
    parsing.feed(BytesIO(content))
    return reader


class Parsing:
    """One part while it is parsed: counts its elements, their depth, and the longest token."""

    def __init__(self, part: str, reader: Reader) -> None:
        self._part, self._reader = part, reader
        self._elements = self._depth = self._fed = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = reader.text
        self._parser = parser

    @property
    def position(self) -> int:
        """Where in the bytes the current call's tag begins (for an empty element's end, ends)."""
        return self._parser.CurrentByteIndex

    def feed(self, stream: IO[bytes], *, is_last: bool = True) -> None:
        """Read on, to the end if this is the last of it.

        Raises WorkbookError where the part is damaged or endless.
        """
        try:
            while chunk := stream.read(_CHUNK):
                self._parser.Parse(chunk, False)
                self._fed += len(chunk)
                # A comment or a tag is held until it ends, and searched again with each chunk.
                if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                    raise self.error(f"it has a tag of more than {MAX_TOKEN_BYTES:,} bytes")
            if is_last:
                self._parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self.error(f"it is damaged: {one_line(error, 80)}") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS:
            raise self.error(TOO_MANY_ELEMENTS)
        if self._depth > MAX_DEPTH:
            raise self.error(f"its elements are nested more than {MAX_DEPTH} deep")
        self._reader.start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._reader.end(name.rpartition(":")[2] if ":" in name else name)

    def _refuse_document_type(self, *_: object) -> None:
        raise self.error("it declares a document type, which no workbook needs and an attack does")

    def error(self, reason: str) -> WorkbookError:
        """Return what is raised for a reason that the part gives."""
        return WorkbookError(f"the file cannot be read: its part {_shown(self._part)}: {reason}")


@dataclass
class Element:
    """A tag with its attributes (prefixes stripped) and the text directly in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


class _Elements:
    """Collects the elements of some names."""

    def __init__(self, names: Collection[str]) -> None:
        self.found: list[Element] = []
        self._names = names
        self._texts: list[str] = []
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._texts = []
        if name in self._names:
            plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            self.found.append(Element(name, plain))
            if len(self.found) > MAX_INDEXED or len(plain) > MAX_ATTRIBUTES:
                raise WorkbookError(f"it has more than {MAX_INDEXED:,} sheets, parts and names")

    def text(self, data: str) -> None:
        self._texts.append(data)
        self._characters += len(data)
        if self._characters > MAX_INDEX_CHARACTERS:
            raise WorkbookError(f"its index has more than {MAX_INDEX_CHARACTERS:,} characters")

    def end(self, name: str) -> None:
        if name in self._names:
            self.found[-1].text = "".join(self._texts)


def read_elements(package: zipfile.ZipFile, part: str, names: Collection[str]) -> list[Element]:
    """Return the elements of the given names, none of which holds another, in order."""
    elements = _Elements(names)
    read_part(package, part, elements)
    return elements.found


def _shown(part: str) -> str:
    return repr(one_line(part, 80))
