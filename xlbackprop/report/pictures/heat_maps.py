"""Tensors as heat maps: each block an image, each tensor with a scale of its own.

White is 0, and the scale goes as far to both sides. Where a tensor has few entries, each has its
number in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10, prod
from typing import Any

import numpy as np
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xlbackprop.equation import Array, Index, Tensor
from xlbackprop.errors import SizeError
from xlbackprop.formula.grid import block_size
from xlbackprop.layout import heading_about
from xlbackprop.report.pictures.canvas import (
    COLOURS,
    FAINT,
    INK,
    NAME,
    NOTHING,
    SMALL,
    TEXT,
    new_figure,
)
from xlbackprop.report.pictures.numbers import Numbers

MOST_NUMBERS = 200  # entries of a tensor that are written out
MOST_BLOCKS = 400
_WIDEST = 14.0  # inches; what is wider stands in further rows
_MARGIN, _GAP, _SIDE = 0.3, 0.35, 0.24
_HEAD, _LABEL, _BETWEEN, _BAND = 0.42, 0.32, 0.2, 0.36
_NUMBERED, _PLAIN, _LARGEST = (0.46, 0.25), 0.12, 3.2
_CHARACTER = 0.068
_MOST_INDICES = 12  # along an edge
# What a colour's luminance is at least where black can be read on it as well as white could.
_LIGHT = 0.179


@dataclass(frozen=True)
class Panel:
    """A tensor's part of a figure: its cells' size, and how its blocks stand; in inches."""

    tensor: Tensor
    cell: tuple[float, float]
    across: int
    down: int

    @property
    def block(self) -> tuple[float, float]:
        """The width and height of a block."""
        height, width = block_size(self.tensor)
        return width * self.cell[0], height * self.cell[1]

    @property
    def size(self) -> tuple[float, float]:
        """The width and height of all, titles included."""
        width, height = self.block
        wide = max(self.across * (width + _SIDE), (len(self.about) + 8) * _CHARACTER)
        return wide, _HEAD + self.down * (height + _LABEL)

    @property
    def about(self) -> str:
        """Some words about the tensor."""
        return heading_about(self.tensor)


def heat_maps(
    numbers: Numbers, title: str, bands: Iterable[tuple[str, Sequence[Tensor]]]
) -> Figure:
    """Return the figure of tensors, by bands that have titles.

    Raises SizeError where there are too many blocks to see anything.
    """
    rows = [(name, row) for name, tensors in bands for row in _rows(tensors)]
    arrays = numbers.read(panel.tensor for _, row in rows for panel in row)
    width = max(sum(one.size[0] + _GAP for one in row) for _, row in rows) - _GAP
    heights = [max(one.size[1] for one in row) + _BETWEEN for _, row in rows]
    titles = len({name for name, _ in rows if name})
    whole = f"{numbers.network.spec.name} · {title}" if title else numbers.network.spec.name
    height = sum(heights) + _BAND * (titles + 1) + 2 * _MARGIN - _BETWEEN
    figure = new_figure(width + 2 * _MARGIN, height)
    figure.set_label(whole)
    drawer = _Drawer(figure)
    drawer.write(_MARGIN, _MARGIN, whole, NAME, bold=True)
    y, before = _MARGIN + _BAND, ""
    for (name, row), high in zip(rows, heights, strict=True):
        if name != before:
            drawer.write(_MARGIN, y, name, TEXT, bold=True)
            y, before = y + _BAND, name
        x = _MARGIN
        for panel in row:
            drawer.draw(panel, arrays.get(panel.tensor.name), x, y)
            x += panel.size[0] + _GAP
        y += high
    return figure


def _rows(tensors: Sequence[Tensor]) -> list[list[Panel]]:
    """Return the tensors' panels, side by side as far as there is room."""
    blocks = sum(prod(tensor.leading) for tensor in tensors)
    if blocks > MOST_BLOCKS:
        most = max(tensors, key=lambda tensor: prod(tensor.leading))
        raise SizeError(
            f"the picture would have {blocks:,} blocks, more than {MOST_BLOCKS}, of which"
            f" {most.name} has {prod(most.leading):,}: draw a smaller tensor"
        )
    rows: list[list[Panel]] = [[]]
    used = 0.0
    for panel in map(_panel, tensors):
        if rows[-1] and used + panel.size[0] > _WIDEST:
            rows.append([])
            used = 0.0
        rows[-1].append(panel)
        used += panel.size[0] + _GAP
    return [row for row in rows if row]


def _panel(tensor: Tensor) -> Panel:
    """Return a tensor's panel: the last leading index goes down, those before it across.

    Folded blocks stand side by side in the order in which one reads, as single cells do.
    """
    height, width = block_size(tensor)
    blocks = prod(tensor.leading)
    side = min(_PLAIN, _LARGEST / max(height, width))
    cell = _NUMBERED if tensor.size <= MOST_NUMBERS else (side, side)
    fitting = max(1, int(_WIDEST / (width * cell[0] + _SIDE)))
    is_in_columns = tensor.block_shape and not tensor.row_length
    across = prod(tensor.leading[:-1]) if is_in_columns else blocks
    down = blocks // across
    if across > fitting:
        across = fitting
        down = -(-blocks // across)
    return Panel(tensor, cell, across, down)


class _Drawer:
    """Draws on a figure, in inches from its upper left corner."""

    def __init__(self, figure: Figure) -> None:
        width, height = figure.get_size_inches()
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")

    def write(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        """Write a text whose upper left corner is there."""
        weight = "bold" if bold else "normal"
        self._text(x, y, text, size, ha="left", va="top", color=INK, weight=weight)

    def draw(self, panel: Panel, array: Array | None, x: float, y: float) -> None:
        """Draw a tensor's blocks below its title; grey where there are no numbers."""
        tensor = panel.tensor
        numbers = np.full(tensor.shape, np.nan) if array is None else array
        largest = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0))
        self.write(x, y, tensor.title, TEXT, bold=True)
        self.write(x, y + 0.17, f"{panel.about} · ±{largest:.3g}", SMALL)
        scale = Normalize(-(largest or 1), largest or 1)
        width, height = panel.block
        is_in_rows = tensor.row_length or not tensor.block_shape
        flows = panel.across * panel.down > prod(tensor.leading) or is_in_rows
        for at, index in enumerate(tensor.block_indices()):
            down, across = divmod(at, panel.across) if flows else divmod(at, panel.down)[::-1]
            left = x + _SIDE + across * (width + _SIDE)
            top = y + _HEAD + down * (height + _LABEL) + _LABEL - 0.05
            self._draw_block(panel, numbers, index, scale, (left, top))
            self._mark_edges(panel, index, left, top)

    def _draw_block(
        self,
        panel: Panel,
        numbers: Array,
        index: Index,
        scale: Normalize,
        corner: tuple[float, float],
    ) -> None:
        (left, top), (width, height) = corner, panel.block
        block = numbers[index].reshape(block_size(panel.tensor))
        colours = COLOURS(scale(np.nan_to_num(block)))
        colours[~np.isfinite(block)] = to_rgba(NOTHING)
        place = (left, left + width, top + height, top)
        self._axes.imshow(colours, extent=place, aspect="auto", zorder=1)
        frame = Rectangle(
            (left, top), width, height, fill=False, edgecolor="#9AA5B1", linewidth=0.6
        )
        self._axes.add_patch(frame)
        if panel.tensor.size > MOST_NUMBERS:
            return
        light, write = _luminance(colours[..., :3]) > _LIGHT, _writer(numbers)
        for (i, j), number in np.ndenumerate(block):
            if np.isfinite(number):
                x, y = left + (j + 0.5) * panel.cell[0], top + (i + 0.5) * panel.cell[1]
                ink = "black" if light[i, j] else "white"
                self._text(x, y, write(number), SMALL - 1, ha="center", va="center", color=ink)

    def _mark_edges(self, panel: Panel, index: Index, left: float, top: float) -> None:
        """Write the indices along the edges, some of many, and the block's own above it."""
        tensor, (width, height) = panel.tensor, panel.cell
        rows, columns = block_size(tensor)
        inner, look = len(tensor.block_shape), {"color": FAINT}
        step = tensor.row_length or 1
        if inner == 2 or (inner and not tensor.vertical):
            for j in _some(columns):
                x = left + (j + 0.5) * width
                self._text(x, top - 0.03, str(j), SMALL - 2, ha="center", va="bottom", **look)
        if inner == 2 or tensor.row_length or (inner and tensor.vertical):
            for i in _some(rows):
                y = top + (i + 0.5) * height
                self._text(
                    left - 0.05, y, str(i * step), SMALL - 2, ha="right", va="center", **look
                )
        letters = tensor.axes[: len(index)]
        label = "  ".join(f"{letter}={at}" for letter, at in zip(letters, index, strict=True))
        self._text(left, top - 0.14 * bool(inner) - 0.03, label, SMALL - 1, ha="left", va="bottom",
                   **look)  # fmt: skip

    def _text(self, x: float, y: float, text: str, size: float, **look: Any) -> None:
        self._axes.text(x, y, text, fontsize=size, parse_math=False, zorder=2, **look)


def _luminance(colours: Array) -> Array:
    """Return how bright colours are to the eye, by the formula of the WCAG; the last axis goes."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _writer(numbers: Array) -> Callable[[float], str]:
    """Return what writes a tensor's numbers: whole as they are, others with as many decimals each.

    The largest has three digits that count; an exact zero looks like one.
    """
    finite = numbers[np.isfinite(numbers)]
    largest = float(np.abs(finite).max(initial=0))
    if largest and not 1e-3 <= largest < 1e5:
        return lambda number: f"{number:.0e}" if number else "0"
    decimals = 0 if (finite == finite.round()).all() else max(0, 2 - floor(log10(largest)))
    return lambda number: f"{number:.{decimals}f}" if number else "0"


def _some(number: int) -> range:
    return range(0, number, max(1, -(-number // _MOST_INDICES)))
