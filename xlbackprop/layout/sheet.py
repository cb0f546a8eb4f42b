"""A sheet as data: what is written where on it, beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.equation import Tensor
from xlbackprop.layout.paper import Printed

TITLE_ROW, ABOUT_ROW, LEGEND_ROW = 0, 1, 2
HEAD_ROWS = 3  # frozen, and repeated on every printed page
FIRST_ROW = 4
FIRST_COLUMN = 1  # the first column is a margin


@dataclass(frozen=True)
class Text:
    """A text on the page; `style` names one of the writer's formats."""

    row: int
    column: int
    text: str | int
    style: str


@dataclass(frozen=True)
class Heading:
    """A tensor's title, and its equation in the row below."""

    row: int
    column: int
    tensor: Tensor
    equation: str


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
    frozen: tuple[int, int] = (HEAD_ROWS, 1)  # the rows and columns that stay in sight


def heading_text(tensor: Tensor) -> str:
    """Return a tensor's title line: `dL/dw  gradient of the filters · 3×2×3×3 · backward`."""
    return f"{tensor.title}  {heading_about(tensor)}"


def heading_about(tensor: Tensor) -> str:
    """Return what follows the symbol in a title line."""
    name = f"{tensor.short}: " if tensor.symbol else ""
    parts = [f"{name}{tensor.about}", "×".join(map(str, tensor.shape)), tensor.kind]
    return " · ".join(part for part in parts if part)
