"""A sheet as data: what is written where on it, beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import NamedTuple

from xlbackprop.equation import Equation, Math, Tensor
from xlbackprop.layout.paper import COLUMN_WIDTH, GAP_WIDTH, Printed

TITLE_ROW, ABOUT_ROW, LEGEND_ROW = 0, 1, 2
HEAD_ROWS = 3  # frozen, and repeated on every printed page
FIRST_ROW = 4
FIRST_COLUMN = 1  # the first column is a margin


# How wide the font of what a sheet is about runs, in characters of the standard font.
_ABOUT_CHARACTER = 0.76


class Text(NamedTuple):
    """A text on the page; `style` names one of the writer's formats.

    Pages have as many of them as numbers: hence no dataclass.
    """

    row: int
    column: int
    text: str | int
    style: str


@dataclass(frozen=True)
class Heading:
    """A tensor's title, and its equation in the row below.

    The title's symbol may be followed by what the chain rule makes of it, and that by some words.
    """

    row: int
    column: int
    tensor: Tensor
    equation: str
    chain: str
    about: str

    @property
    def text(self) -> str:
        """The title: `dL/dw = dL/dout · ∂out/∂w  3×2×3×3 · backward`."""
        return f"{self.tensor.title}{self.chain and ' = '}{self.chain}  {self.about}"


@dataclass(frozen=True)
class Sheet:
    """One layer's page."""

    name: str
    title: str
    about: str
    bands: tuple[Text, ...]
    bars: Mapping[int, int]  # where the bars behind them end: the column after, by row
    headings: tuple[Heading, ...]
    edges: tuple[Text, ...]  # the blocks' labels, and the indices along their edges
    rows: int
    columns: int
    printed: Printed
    gaps: tuple[int, ...] = ()  # the empty columns between tensors: narrower
    reasons: tuple[Text, ...] = ()  # lines below all bands
    frozen: tuple[int, int] = (HEAD_ROWS, 1)  # the rows and columns that stay in sight

    @property
    def head_column(self) -> int:
        """Where title, text and legend begin: beside what stays in sight and on all pages."""
        return self.frozen[1]


def heading_text(tensor: Tensor) -> str:
    """Return a tensor's title line: `dL/dw  gradient of the filters · 3×2×3×3 · backward`."""
    return f"{tensor.title}  {heading_about(tensor)}"


def heading_about(tensor: Tensor) -> str:
    """Return what follows the symbol in a title line."""
    name = f"{tensor.short}: " if tensor.symbol else ""
    return " · ".join(part for part in (f"{name}{tensor.about}", _size(tensor)) if part)


def about_texts(sheet: Sheet) -> list[Text]:
    """Return what a sheet is about, a text on each of the printed pages that it reaches.

    Each ends with a word, so that none is cut in two where a page begins.
    """
    words, texts = sheet.about.split(" "), []
    starts = (sheet.head_column, *sheet.printed.columns)
    for start, end in zip_longest(starts, starts[1:]):
        widths = (
            GAP_WIDTH if one in sheet.gaps else COLUMN_WIDTH for one in range(start, end or 0)
        )
        room = sum(widths) / _ABOUT_CHARACTER if end else len(sheet.about)
        lengths = accumulate(len(word) + 1 for word in words)
        fitting = sum(length <= room + 1 for length in lengths)
        if fitting:
            texts.append(Text(ABOUT_ROW, start, " ".join(words[:fitting]), "about"))
        words = words[fitting:]
    return texts


def heading(
    row: int, column: int, tensor: Tensor, equation: Equation | None, room: float
) -> Heading:
    """Return a tensor's heading, whose title is at most `room` characters long.

    The chain rule stands in it where there is room, in place of the words about it if need be; a
    title without it takes what it takes.
    """
    math = equation.math if equation else Math("")
    if math.chain:
        shape = "×".join(map(str, tensor.shape))
        for about in (heading_about(tensor), _size(tensor), shape):
            made = Heading(row, column, tensor, math.text, math.chain, about)
            if len(made.text) <= room:
                return made
    return Heading(row, column, tensor, math.text, "", heading_about(tensor))


def _size(tensor: Tensor) -> str:
    return " · ".join(filter(None, ["×".join(map(str, tensor.shape)), tensor.kind]))
