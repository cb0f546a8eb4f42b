"""The first sheet: the network as a picture and as a table, L, the legend, and how to read on."""

from __future__ import annotations

from xlsxwriter.utility import quote_sheetname
from xlsxwriter.worksheet import Worksheet

from xlbackprop.equation import Kind, Shape
from xlbackprop.grid import Range
from xlbackprop.network import Network
from xlbackprop.training import OWNER as TRAINING
from xlbackprop.workbook.contents import Contents
from xlbackprop.workbook.graph_picture import draw_graph
from xlbackprop.workbook.style import (
    BAND,
    TEXTS,
    Formats,
    fill_in_format,
    kind_format,
    number_format,
)

OVERVIEW = "Overview"

_COLUMN_WIDTH = 13
_COLUMNS_PRINTED = 9
_CHART_ROWS = 12

_MEANINGS = {
    Kind.GIVEN: "a number you choose: inputs, targets. Change one, and everything follows",
    Kind.PARAMETER: "a number the network learns: weights, biases. Yours to change, too",
    Kind.FORWARD: "a formula of the forward pass, from the input to L",
    Kind.BACKWARD: "a formula of the backward pass: how L changes with this cell",
    Kind.HELPER: "a formula that only rearranges: zeros around, zeros between, a half turn",
    Kind.LINK: "a copy of cells on another sheet",
    Kind.UPDATE: "a formula of the training step",
}

_HOW_TO_READ = (
    "Each layer has a sheet: the forward pass above, the backward pass below, each gradient under"
    " its own tensor.",
    "Select a cell and press F2: the cells it is made from are framed in colours.",
    "Within a block, one formula serves all cells wherever the mathematics allows: it can be"
    " filled by dragging.",
    "Indices start at 0, as in NumPy and PyTorch. Convolution is cross-correlation: the filter is"
    " not turned in the forward pass.",
)


def write_overview(worksheet: Worksheet, contents: Contents, formats: Formats) -> None:
    """Write the Overview sheet."""
    network = contents.network
    text = {name: formats(properties) for name, properties in TEXTS.items()}
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, 2)
    worksheet.set_column(1, 40, _COLUMN_WIDTH)
    worksheet.write_string(0, 1, network.spec.name, text["title"])
    worksheet.write_string(1, 1, network.spec.about, text["about"])
    row = draw_graph(worksheet, 3, network, formats)
    row = _write_loss(worksheet, row + 1, contents, formats)
    row = _write_table(worksheet, row + 1, network, formats)
    if network.training:
        row = _write_chart(worksheet, row + 1, contents, formats)
    row = _write_legend(worksheet, row + 1, contents, formats)
    for number, line in enumerate(_HOW_TO_READ, start=row + 1):
        worksheet.write_string(number, 1, line, text["text"])
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    worksheet.fit_to_pages(1, 0)
    last_column = max(_COLUMNS_PRINTED, 2 * len(network.layers) + 3)
    worksheet.print_area(0, 0, row + len(_HOW_TO_READ), last_column)


def _write_loss(worksheet: Worksheet, row: int, contents: Contents, formats: Formats) -> int:
    loss = contents.network.loss
    number = contents.arrays[loss.L.name]
    (block,) = contents.layout.blocks[loss.L.name]
    style = formats(kind_format(Kind.LINK, number_format(number)))
    address = f"={quote_sheetname(block.sheet)}!{Range(block.range)}"
    worksheet.write_string(row, 1, "L, the loss", formats(TEXTS["head"]))
    worksheet.write_formula(row, 2, address, style, float(number))
    worksheet.write_string(row, 3, loss.about, formats(TEXTS["meaning"]))
    return row + 1


def _write_table(worksheet: Worksheet, row: int, network: Network, formats: Formats) -> int:
    head, text, link = (formats(TEXTS[style]) for style in ("head", "text", "link"))
    titles = ("Layer", "Type", "Output", "Parameters", "Options")
    for column in range(1, _COLUMNS_PRINTED + 1):
        title = titles[column - 1] if column <= len(titles) else ""
        worksheet.write_string(row, column, title, head)
    for number, layer in enumerate(network.layers, start=row + 1):
        part = layer.equations
        target = f"internal:{quote_sheetname(layer.name)}!A1"
        worksheet.write_url(number, 1, target, link, layer.name, f"to the sheet {layer.name}")
        worksheet.write_string(number, 2, layer.type, text)
        worksheet.write_string(number, 3, _sizes(part.out.shape), text)
        left = formats({**TEXTS["text"], "align": "left"})
        worksheet.write_number(number, 4, sum(t.size for t in part.parameters), left)
        worksheet.write_string(number, 5, part.about, text)
    row += 1 + len(network.layers)
    if network.training:
        target = f"internal:{quote_sheetname(TRAINING)}!A1"
        worksheet.write_url(row, 1, target, link, TRAINING, f"to the sheet {TRAINING}")
        worksheet.write_string(row, 2, network.training.name, text)
        worksheet.write_string(row, 5, "hyperparameters, and the loss in each step", text)
        row += 1
    return row


def _write_chart(worksheet: Worksheet, row: int, contents: Contents, formats: Formats) -> int:
    """Draw the loss over the training steps; return the first row below the chart."""
    (block,) = contents.layout.blocks[f"{TRAINING}.L"]
    losses = contents.arrays[f"{TRAINING}.L"].tolist()
    cells = [block.sheet, block.row, block.column, block.row + block.height - 1, block.column]
    chart = formats.workbook.add_chart({"type": "line"})
    line = {"color": BAND, "width": 2}
    chart.add_series({"name": "L", "values": cells, "values_data": losses, "line": line})
    chart.set_title({"name": "L, step by step", "name_font": {"size": 11}})
    chart.set_x_axis({"name": "step", "num_font": {"size": 8}})
    chart.set_y_axis({"num_font": {"size": 8}, "major_gridlines": {"visible": True}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 20 * _CHART_ROWS})
    worksheet.insert_chart(row, 1, chart)
    return row + _CHART_ROWS


def _write_legend(worksheet: Worksheet, row: int, contents: Contents, formats: Formats) -> int:
    tensors, blank = contents.network.tensors, contents.blank
    text = formats(TEXTS["meaning"])
    kinds = {tensor.kind for name, tensor in tensors.items() if name not in blank}
    lines = [(kind_format(kind), str(kind), _MEANINGS[kind]) for kind in Kind if kind in kinds]
    if blank:
        lines.append((fill_in_format(), "to fill in", "yours: a formula or a number"))
    for number, (properties, word, meaning) in enumerate(lines, start=row):
        worksheet.write_string(number, 1, word, formats(properties))
        worksheet.write_string(number, 2, meaning, text)
    return row + len(lines)


def _sizes(shape: Shape) -> str:
    return "×".join(map(str, shape))
