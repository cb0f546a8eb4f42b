"""The first sheet: the network as a picture and as a table, L, the legend, and how to read on."""

from __future__ import annotations

from math import ceil

import numpy as np
from xlsxwriter.utility import quote_sheetname

from xlbackprop.equation import Kind
from xlbackprop.formula.grid import Range
from xlbackprop.layout import COLUMN_WIDTH
from xlbackprop.layout.graph import draw_graph
from xlbackprop.network.training import OWNER as TRAINING
from xlbackprop.workbook.write.colours import has_colours
from xlbackprop.workbook.write.draft import Draft
from xlbackprop.workbook.write.gradcheck.check_sheet import SHEET as GRADIENT_CHECK
from xlbackprop.workbook.write.overview.layers_table import write_layers
from xlbackprop.workbook.write.practice.ladder import write_reached
from xlbackprop.workbook.write.practice.progress import write_progress
from xlbackprop.workbook.write.sheets.printing import set_up_overview
from xlbackprop.workbook.write.sheets.sheet import ERROR
from xlbackprop.workbook.write.sheets.style import (
    BAND,
    RIGHT,
    TEXTS,
    WRONG,
    closed_format,
    fill_in_format,
    kind_format,
    marked_format,
    number_format,
)
from xlbackprop.workbook.write.walk.counter import hide_until_computed, write_counter

_COLUMN_WIDTH = 13
_BOX_WIDTH = 20
_COLUMNS_PRINTED = 9
_CHART_ROWS = 12
_FIRST_ROW, _FIRST_COLUMN = 3, 1
_ROW = 20  # pixels

_MEANINGS = {
    Kind.GIVEN: "a number you choose: inputs, targets. Change one, and everything follows",
    Kind.PARAMETER: "a number the network learns: weights, biases. Yours to change, too",
    Kind.FORWARD: "a formula of the forward pass, from the input to L",
    Kind.BACKWARD: "a formula of the backward pass: how L changes with this cell",
    Kind.HELPER: "a formula that only rearranges: zeros around, zeros between, a half turn",
    Kind.LINK: "a copy of cells on another sheet",
    Kind.UPDATE: "a formula of the training step",
}

_RIGHT_MEANS = "what you typed is right: rounded to two decimals or more, or not rounded"
_WRONG_MEANS = (
    "what you typed is not right; where it follows from an earlier mistake, mend that one first"
)
_LATER_MEANS = "asked for when all cells of the block before are right"

_HOW_TO_READ = (
    "In the drawing, green arrows carry values and red ones gradients; those of an output that is"
    " used twice add up at ⊕.",
    "Each layer has a sheet: the forward pass above, the backward pass below, each gradient under"
    " its own tensor.",
    "Select a cell and press F2: the cells it is made from are framed in colours.",
    "Within a block, one formula serves all cells wherever the mathematics allows: it can be"
    " filled by dragging.",
    "Indices start at 0, as in NumPy and PyTorch. Convolution is cross-correlation: the filter is"
    " not turned in the forward pass.",
)

_COLOURS = (
    "Of large blocks, and of images: blue is negative, white is 0, orange is positive, and each"
    " tensor has a scale of its own."
)


def write_overview(overview: Draft) -> None:
    """Write the Overview sheet, a DrawingSheet."""
    worksheet, contents, first = overview.worksheet, overview.contents, _FIRST_COLUMN
    network = contents.network
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, 2)
    worksheet.set_column(first, first, _BOX_WIDTH)
    worksheet.set_column(first + 1, first + _COLUMNS_PRINTED, _COLUMN_WIDTH)
    overview.text(0, first, network.spec.name, "title")
    overview.text(1, first, network.spec.about, "about")
    if contents.handout is not None and contents.handout.name:
        overview.text(2, first, contents.handout.name, "symbol")
    if contents.gradcheck:
        target = f"internal:{quote_sheetname(GRADIENT_CHECK)}!A1"
        worksheet.write_url(2, first, target, overview.formats(TEXTS["link"]), GRADIENT_CHECK)
    row = _write_stepping(overview)
    drawing = draw_graph(network)
    worksheet.insert_drawing(row, first, drawing, "the computational graph")
    row += ceil(drawing.height / _ROW) + 1
    sections = [row]
    row = write_layers(overview, row, first)
    _write_loss(overview, row - 1, first + 1)
    row += 1
    sections.append(row)
    if network.training:
        row = _write_training(overview, row, first)
        sections.append(row)
    if contents.answers is not None:
        row = write_progress(overview, row, first)
        sections.append(row)
    row = _write_legend(overview, row, first)
    lines = [*_HOW_TO_READ, _COLOURS] if has_colours(contents) else _HOW_TO_READ
    for number, line in enumerate(lines, start=row + 1):
        overview.text(number, first, line)
    end = row + len(lines)
    worksheet.print_area(0, 0, end, first + _COLUMNS_PRINTED - 1)
    set_up_overview(worksheet, [*sections, end + 1], _columns_of_a_page(), network.spec.name)


def _write_stepping(overview: Draft) -> int:
    """Write how far a walk or a ladder has come, if there is one; return the first row below."""
    if overview.contents.walk:
        return write_counter(overview)
    return write_reached(overview) if overview.contents.ladder else _FIRST_ROW


def _columns_of_a_page() -> int:
    """Return how many columns of a layer's page are as wide as what is printed of this sheet."""
    wide = _pixels(_BOX_WIDTH) + (_COLUMNS_PRINTED - 1) * _pixels(_COLUMN_WIDTH)
    return ceil(wide / _pixels(COLUMN_WIDTH))


def _pixels(characters: float) -> int:
    return round(7 * characters) + 5


def _write_loss(overview: Draft, row: int, column: int) -> None:
    contents, loss = overview.contents, overview.contents.network.loss
    number = contents.arrays[loss.L.name]
    (block,) = contents.layout.blocks[loss.L.name]
    style = overview.formats(kind_format(Kind.LINK, number_format(number)))
    address = f"={quote_sheetname(block.sheet)}!{Range(block.range)}"
    saved = float(number) if np.isfinite(number) else ERROR
    overview.worksheet.write_formula(row, column, address, style, saved)
    overview.text(row, column + 1, loss.about, "meaning")
    if contents.walk:
        hide_until_computed(overview, (row, column), loss.L.name)


def _write_training(overview: Draft, row: int, column: int) -> int:
    """Draw the loss over the training steps where there are several; return the row below."""
    target = f"internal:{quote_sheetname(TRAINING)}!A1"
    worksheet, contents, formats = overview.worksheet, overview.contents, overview.formats
    worksheet.write_url(row, column, target, formats(TEXTS["link"]), TRAINING)
    about = "hyperparameters, each a cell to turn, and the loss in each step"
    overview.text(row, column + 1, about, "meaning")
    (block,) = contents.layout.blocks[f"{TRAINING}.L"]
    losses = np.nan_to_num(contents.arrays[f"{TRAINING}.L"]).tolist()
    if len(losses) == 1:
        return row + 2
    cells = [block.sheet, block.row, block.column, block.row + block.height - 1, block.column]
    chart = formats.workbook.add_chart({"type": "line"})
    line = {"color": BAND, "width": 2}
    marker = {"type": "circle", "size": 5, "fill": {"color": BAND}, "border": {"color": BAND}}
    chart.add_series(
        {"name": "L", "values": cells, "values_data": losses, "line": line, "marker": marker}
    )
    chart.set_title({"name": "L, step by step", "name_font": {"size": 11}})
    chart.set_x_axis({"name": "step", "num_font": {"size": 9}})
    chart.set_y_axis({"num_font": {"size": 9}, "major_gridlines": {"visible": True}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 20 * _CHART_ROWS})
    first, last = f"{losses[0]:.3g} in the first", f"{losses[-1]:.3g} in the last"
    described = f"L over the training steps: {first}, {last}"
    worksheet.insert_chart(row + 2, column, chart, {"description": described})
    return row + _CHART_ROWS + 3


def _write_legend(overview: Draft, row: int, column: int) -> int:
    contents = overview.contents
    tensors, blank = contents.network.tensors, contents.blank
    kinds = {tensor.kind for name, tensor in tensors.items() if name not in blank}
    lines = [(kind_format(kind), str(kind), _MEANINGS[kind]) for kind in Kind if kind in kinds]
    if blank:
        lines.append((fill_in_format(), "to fill in", "yours: a formula or a number"))
    if contents.answers is not None:
        lines += [
            (marked_format(RIGHT), "right", _RIGHT_MEANS),
            (marked_format(WRONG), "not right", _WRONG_MEANS),
        ]
    if contents.ladder:
        lines.append((closed_format(), "later", _LATER_MEANS))
    for number, (properties, word, meaning) in enumerate(lines, start=row):
        overview.worksheet.write_string(number, column, word, overview.formats(properties))
        overview.text(number, column + 1, meaning, "meaning")
    return row + len(lines)
