"""The computational graph: the drawing of the Overview, as a figure."""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path

from xlbackprop.layout.graph import Box, Drawing, Label, Line, Mark, Run, Way, draw_graph
from xlbackprop.network import Network
from xlbackprop.report.pictures.canvas import BACKWARD, FORWARD, INK, new_figure

_PIXELS = 96  # to the inch
_NAME, _TEXT = 8.5, 7.5  # points, for boxes that were measured in a narrower font
_LINE = 16  # pixels
_INKS = {Way.FORWARD: FORWARD, Way.BACKWARD: BACKWARD, Way.NEITHER: INK}
_GROUNDS = {
    "input": "#DCEBFA", "given": "#DCEBFA", "layer": "#EDF2F7", "sum": "#FFFFFF",
    "loss": "#E0F4E5", "parameters": "#FFF0CC",
}  # fmt: skip


def graph(network: Network) -> Figure:
    """Return the figure of a network's graph."""
    drawing = draw_graph(network)
    figure = new_figure(drawing.width / _PIXELS, drawing.height / _PIXELS)
    figure.set_label(drawing.about)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.axis("off")
    _draw(axes, drawing)
    return figure


def _draw(axes: Axes, drawing: Drawing) -> None:
    for line in drawing.lines:
        axes.add_patch(_arrow(line))
    for label in drawing.labels:
        _write_label(axes, label)
    for box in drawing.boxes:
        axes.add_patch(_frame(box))
        _write_lines(axes, box)
    for mark in drawing.marks:
        _draw_mark(axes, mark)


def _arrow(line: Line) -> Patch:
    return FancyArrowPatch(
        path=Path(list(line.points)),
        arrowstyle="-|>,head_length=5,head_width=2.5",
        color=_INKS[line.way],
        linewidth=1.1,
        shrinkA=0,
        shrinkB=0,
        joinstyle="miter",
        zorder=1,
    )


def _write_label(axes: Axes, label: Label) -> None:
    _write(axes, label.middle, label.runs, _TEXT, ground=True)


def _frame(box: Box) -> Patch:
    look: dict[str, Any] = {
        "facecolor": _GROUNDS[box.look],
        "edgecolor": "#334E68",
        "linewidth": 0.8,
        "zorder": 3,
    }
    if box.look == "sum":
        return Ellipse(box.middle, box.width, box.height, **look)
    style = "round,pad=0,rounding_size=5" if box.look in ("layer", "loss") else "square,pad=0"
    return FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=style, **look)


def _write_lines(axes: Axes, box: Box) -> None:
    x, y = box.middle
    first = y - (len(box.lines) - 1) / 2 * _LINE
    for at, runs in enumerate(box.lines):
        is_name = box.has_name and not at
        _write(axes, (x, first + at * _LINE), runs, _NAME if is_name else _TEXT, bold=is_name)


def _draw_mark(axes: Axes, mark: Mark) -> None:
    ink = _INKS[mark.way]
    adds_up = mark.way is Way.BACKWARD
    axes.add_patch(
        Circle(mark.middle, mark.radius, facecolor="white" if adds_up else ink, edgecolor=ink,
               linewidth=1, zorder=5)
    )  # fmt: skip
    if adds_up:
        (x, y), half = mark.middle, mark.radius
        axes.plot([x - half, x + half], [y, y], color=ink, linewidth=1, zorder=6)
        axes.plot([x, x], [y - half, y + half], color=ink, linewidth=1, zorder=6)


def _write(
    axes: Axes,
    middle: tuple[float, float],
    runs: tuple[Run, ...],
    size: float,
    *,
    bold: bool = False,
    ground: bool = False,
) -> None:
    """Write runs of different colours beside each other, around a point."""
    look = {"size": size, "weight": "bold" if bold else "normal", "parse_math": False}
    texts: list[Artist] = [
        TextArea(text.replace(" ", "\N{NO-BREAK SPACE}"), textprops={**look, "color": _INKS[way]})
        for text, way in runs
    ]
    packed = HPacker(children=texts, align="baseline", pad=0, sep=0)
    box = AnnotationBbox(packed, middle, frameon=ground, pad=0.12, zorder=2 if ground else 4,
                         bboxprops={"edgecolor": "none", "facecolor": "white"})  # fmt: skip
    axes.add_artist(box)
