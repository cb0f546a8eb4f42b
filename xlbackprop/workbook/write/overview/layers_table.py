"""The table of the layers: what each is, and what comes out of it."""

from __future__ import annotations

from xlbackprop.formula.addresses import on_sheet
from xlbackprop.layout import STEPS
from xlbackprop.layout.graph import LOSS, sizes
from xlbackprop.network.steps import NetworkLayer
from xlbackprop.workbook.write.draft import Draft
from xlbackprop.workbook.write.sheets.style import TEXTS

_HEADS = ("Layer", "Type", "Output", "Parameters", "Options")
_COLUMNS = 9


def write_layers(overview: Draft, row: int, column: int) -> int:
    """Write the table from a row on, L in its last one; return the first row below it."""
    for offset in range(_COLUMNS):
        overview.text(row, column + offset, _HEADS[offset] if offset < len(_HEADS) else "", "head")
    for layer in overview.contents.network.layers:
        row += 1
        _write_layer(overview, row, column, layer)
    overview.text(row + 1, column, LOSS, "box")
    return row + 2


def _write_layer(overview: Draft, row: int, column: int, layer: NetworkLayer) -> None:
    part, worksheet, formats = layer.equations, overview.worksheet, overview.formats
    sheet = STEPS if overview.contents.network.has_rows else layer.name
    target = f"internal:{on_sheet(sheet, 'A1')}"
    box = formats({**TEXTS["box"], "underline": 1, "font_color": "#1D5FBF"})
    worksheet.write_url(row, column, target, box, layer.name, f"to the sheet {sheet}")
    overview.text(row, column + 1, layer.type, "meaning")
    shapes = ", ".join(sizes(port.tensor.shape) for port in part.outputs)
    overview.text(row, column + 2, shapes, "meaning")
    left = formats({**TEXTS["meaning"], "align": "left"})
    worksheet.write_number(
        row, column + 3, sum(port.tensor.size for port in layer.parameters), left
    )
    overview.text(row, column + 4, part.about, "meaning")
