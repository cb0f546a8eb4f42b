"""A small XML part as a tree whose elements know where in the bytes they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.read.xml import read_positions

# More than the largest style sheet has; a tree of so many elements takes some 100 MB.
MAX_ELEMENTS = 300_000


@dataclass(slots=True)
class Element:
    """An element: its tag begins at `start`, its end tag at `outside`; after `end` it is over."""

    name: str  # without its prefix
    attributes: dict[str, str]
    start: int
    outside: int = 0
    end: int = 0
    text: str = ""  # what is directly in it
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """Return the first child of a name."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children of a name."""
        return (child for child in self.children if child.name == name)

    def get(self, name: str) -> str:
        """Return an attribute, whatever its prefix, or an empty text."""
        for key, value in self.attributes.items():
            if key.rpartition(":")[2] == name and not key.startswith("xmlns"):
                return value
        return ""


class Document(Edits):
    """The elements of a part, and changes to them."""

    def __init__(self, part: str, content: bytes) -> None:
        super().__init__(content)
        self.part = part
        self.root = read_positions(part, content, lambda at: _Tree(at, self)).root
        self.prefix = prefix_of(self.raw_name(self.root.start))
        self.namespace = namespace_of(self.root.attributes, self.prefix)

    def need(self, name: str) -> Element:
        """Return the root's child of a name. Raises WorkbookError where there is none."""
        child = self.root.child(name)
        if child is None:
            raise WorkbookError(f"its part {one_line(self.part, 80)!r} has no {name}")
        return child

    def append_to(self, element: Element, text: str | bytes) -> None:
        """Put a text at the end of what is inside of an element."""
        self.append(element.start, element.outside, text)

    def remove(self, element: Element) -> None:
        """Take an element out."""
        self.replace(element.start, element.end, "")

    def bytes_of(self, element: Element) -> bytes:
        """Return an element as it is written."""
        return self.content[element.start : element.end]


def prefix_of(raw_name: str) -> str:
    """Return a tag's prefix with its colon, or an empty text."""
    prefix, colon, _ = raw_name.rpartition(":")
    return prefix + colon


def namespace_of(attributes: dict[str, str], prefix: str) -> str:
    """Return the namespace that a root element's prefix stands for."""
    return attributes.get(f"xmlns:{prefix}".rstrip(":"), "")


class _Tree:
    """Builds the tree while the part goes by."""

    def __init__(self, position: Callable[[], int], edits: Edits) -> None:
        self._position, self._edits = position, edits
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, self._position())
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise WorkbookError(f"a part to be marked has more than {MAX_ELEMENTS:,} elements")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def text(self, data: str) -> None:
        if self._texts:
            self._texts[-1].append(data)

    def end(self, name: str) -> None:  # noqa: ARG002
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        element.outside = self._position()
        is_empty = self._edits.is_empty(element.start)
        element.end = element.outside if is_empty else self._edits.end_of_tag(element.outside)
