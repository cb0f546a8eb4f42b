"""The computational graph, drawn with cells: values to the right, gradients to the left.

Layers stand in a row in the order of the forward pass. An arrow between neighbours is a cell; a
connection that skips layers is a line of cell borders below the row, in a lane of its own.
"""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from xlbackprop.equation import Shape
from xlbackprop.network import Network
from xlbackprop.spec import INPUT
from xlbackprop.workbook.style import BAND, TEXTS, Formats

LOSS = "L"


def draw_graph(worksheet: Worksheet, row: int, network: Network, formats: Formats) -> int:
    """Draw the graph from a row on; return the first row below it."""
    boxes = [INPUT, *(layer.name for layer in network.layers), LOSS]
    columns = {name: 1 + 2 * number for number, name in enumerate(boxes)}
    for name, column in columns.items():
        style = formats(TEXTS["box"])
        worksheet.merge_range(row, column, row + 1, column, name, style)
    shapes = _shapes(network)
    skips = []
    for source, user, gradient in _connections(network):
        if columns[user] == columns[source] + 2:
            _draw_arrow(worksheet, row, columns[source] + 1, shapes[source], gradient, formats)
        else:
            skips.append((source, user, f"{_sizes(shapes[source])} →   ← {gradient}"))
    lane = row + 2
    for source, user, label in skips:
        _draw_skip(worksheet, (row + 2, lane), (columns[source], columns[user]), label, formats)
        lane += 1
    return lane + bool(skips)


def _shapes(network: Network) -> dict[str, Shape]:
    first = network.layers[0].equations.inputs[0].shape
    return {INPUT: first} | {layer.name: layer.equations.out.shape for layer in network.layers}


def _connections(network: Network) -> list[tuple[str, str, str]]:
    """Return each connection: from which box, to which, and what the gradient on it is called."""
    found = []
    for layer in network.layers:
        for source, gradient in zip(layer.sources, layer.equations.gradients, strict=True):
            name = f"{layer.name}.{gradient.short}" if gradient else "no gradient"
            found.append((source, layer.name, name.replace("dL_d", "dL/d")))
    last = network.layers[-1].name
    return [*found, (last, LOSS, f"{last}.dL/dout")]


def _draw_arrow(
    worksheet: Worksheet, row: int, column: int, shape: Shape, gradient: str, formats: Formats
) -> None:
    worksheet.write_string(row, column, f"{_sizes(shape)} →", formats(TEXTS["value"]))
    worksheet.write_string(
        row + 1, column, f"← {gradient.rpartition('.')[2]}", formats(TEXTS["slope"])
    )


def _draw_skip(
    worksheet: Worksheet,
    rows: tuple[int, int],
    columns: tuple[int, int],
    label: str,
    formats: Formats,
) -> None:
    """Draw a line down from one box, along a lane, and up to the other."""
    (top, lane), (start, end) = rows, columns
    down, along = {"left": 2, "left_color": BAND}, {"bottom": 2, "bottom_color": BAND}
    for row in range(top, lane):
        worksheet.write_blank(row, start + 1, None, formats(down))
        worksheet.write_blank(row, end, None, formats(down))
    worksheet.write_string(lane, start + 1, label, formats({**TEXTS["kind"], **down, **along}))
    for column in range(start + 2, end):
        worksheet.write_blank(lane, column, None, formats(along))
    worksheet.write_blank(lane, end, None, formats(down))


def _sizes(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "1"
