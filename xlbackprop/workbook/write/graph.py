"""The computational graph, drawn with cells, which is the table of the layers at the same time.

Each layer is a box in a column, from the input above to L below; what follows its box in the row
says what it is. Between two boxes stands what flows there: values down, gradients up. A
connection that skips layers is a line to the left of the boxes, in a lane of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.worksheet import Worksheet

from xlbackprop.contract.port import Port
from xlbackprop.equation import Shape
from xlbackprop.formula.addresses import on_sheet
from xlbackprop.layout import STEPS
from xlbackprop.network import Network
from xlbackprop.network.graph import Source
from xlbackprop.network.steps import NetworkLayer
from xlbackprop.workbook.write.style import BAND, TEXTS, Formats

LOSS = "L"
_HEADS = ("Type", "Output", "Parameters", "Options")


@dataclass(frozen=True)
class Connection:
    """What flows between two boxes: the shape of the values, the name of their gradient."""

    source: str
    user: str
    shape: Shape
    gradient: str | None
    output: str = ""  # the source's, where it is named


def connections(network: Network) -> list[Connection]:
    """Return all connections, from the input to L."""
    found = [
        _connection(source, layer.name, port)
        for layer in network.layers
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True)
    ]
    last = network.layers[-1]
    return [*found, _connection(Source(last.name), LOSS, last.equations.outputs[0])]


def _connection(source: Source, user: str, port: Port) -> Connection:
    gradient = port.gradient.title if port.flows else None
    return Connection(source.layer, user, port.tensor.shape, gradient, source.output)


def lanes(network: Network) -> int:
    """Return how many lanes the connections take that skip layers."""
    return len(_skips(network))


def draw_graph(worksheet: Worksheet, row: int, network: Network, formats: Formats) -> int:
    """Draw the graph from a row on, lanes from column B; return the first row below it."""
    column = 1 + lanes(network)
    head = formats(TEXTS["head"])
    for offset in range(9):
        title = _HEADS[offset - 1] if 1 <= offset <= len(_HEADS) else ""
        worksheet.write_string(row, column + offset, title, head)
    rows = {name: row + 2 + 2 * number for number, name in enumerate(_boxes(network))}
    for name, at in rows.items():
        worksheet.write_string(at, column, name, formats(TEXTS["box"]))
    for layer in network.layers:
        _write_layer(worksheet, rows[layer.name], column, layer, formats, has_rows=network.has_rows)
    flowing = connections(network)
    skips = _skips(network)
    for name, at in rows.items():
        flows = [one for one in flowing if one.user == name]
        flows.sort(key=lambda one: one in skips)
        _write_flow(worksheet, at - 1, column, flows, formats)
    for lane, skip in enumerate(skips, start=1):
        _draw_lane(worksheet, (rows[skip.source], rows[skip.user] - 1), lane, column, formats)
    return max(rows.values()) + 1


def _boxes(network: Network) -> list[str]:
    return [*network.spec.sizes_of_inputs, *(layer.name for layer in network.layers), LOSS]


def _skips(network: Network) -> list[Connection]:
    place = {name: number for number, name in enumerate(_boxes(network))}
    return [one for one in connections(network) if place[one.user] - place[one.source] > 1]


def _write_layer(
    worksheet: Worksheet,
    row: int,
    column: int,
    layer: NetworkLayer,
    formats: Formats,
    *,
    has_rows: bool,
) -> None:
    part, text = layer.equations, formats(TEXTS["meaning"])
    sheet = STEPS if has_rows else layer.name
    target = f"internal:{on_sheet(sheet, 'A1')}"
    box = formats({**TEXTS["box"], "underline": 1, "font_color": "#1D5FBF"})
    worksheet.write_url(row, column, target, box, layer.name, f"to the sheet {sheet}")
    worksheet.write_string(row, column + 1, layer.type, text)
    shapes = ", ".join(sizes(port.tensor.shape) for port in part.outputs)
    worksheet.write_string(row, column + 2, shapes, text)
    left = formats({**TEXTS["meaning"], "align": "left"})
    worksheet.write_number(
        row, column + 3, sum(port.tensor.size for port in layer.parameters), left
    )
    worksheet.write_string(row, column + 4, part.about, text)


def _write_flow(
    worksheet: Worksheet, row: int, column: int, flows: list[Connection], formats: Formats
) -> None:
    """Write what flows into a box, each beside the other; a lane's flow says where it is from."""
    for offset, flow in zip(range(0, 4 * len(flows), 4), flows, strict=True):
        where = ".".join(filter(None, [flow.source, flow.output]))
        value = f"↓ {sizes(flow.shape)}" + (f" from {where}" if offset or flow.output else "")
        slope = f"↑ {flow.gradient}" if flow.gradient else "no gradient"
        worksheet.write_rich_string(
            row,
            column + offset // 2,
            formats(TEXTS["value"]),
            f"{value}   ",
            formats(TEXTS["slope"]),
            slope,
            formats(TEXTS["flow"]),
        )


def _draw_lane(
    worksheet: Worksheet, rows: tuple[int, int], lane: int, column: int, formats: Formats
) -> None:
    """Draw a line from a box to the left, down its lane, and right to what another box takes.

    Lanes cross: a cell that two lines pass keeps the borders of both.
    """
    top, bottom = rows
    cells = {(row, lane): {"left": 2} for row in range(top, bottom + 1)}
    for across in range(lane, column):
        cells[top, across] = {**cells.get((top, across), {}), "top": 2}
        cells[bottom, across] = {**cells.get((bottom, across), {}), "bottom": 2}
    for (row, at), borders in cells.items():
        style = {**borders, **{f"{side}_color": BAND for side in borders}}
        worksheet.write_blank(row, at, None, formats(style))


def sizes(shape: Shape) -> str:
    """Return a shape as people write it: 2×5×5."""
    return "×".join(map(str, shape)) or "1"
