"""The table of the layers: what each is, and what comes out of it."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from xlbackprop.formula.addresses import on_sheet
from xlbackprop.layout import STEPS
from xlbackprop.layout.graph import LOSS, sizes
from xlbackprop.network import Network
from xlbackprop.network.steps import NetworkLayer
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats

_HEADS = ("Layer", "Type", "Output", "Parameters", "Options")
_COLUMNS = 9


def write_layers(
    worksheet: Worksheet, row: int, column: int, network: Network, formats: Formats
) -> int:
    """Write the table from a row on, L in its last one; return the first row below it."""
    head = formats(TEXTS["head"])
    for offset in range(_COLUMNS):
        title = _HEADS[offset] if offset < len(_HEADS) else ""
        worksheet.write_string(row, column + offset, title, head)
    for layer in network.layers:
        row += 1
        _write_layer(worksheet, row, column, layer, formats, has_rows=network.has_rows)
    worksheet.write_string(row + 1, column, LOSS, formats(TEXTS["box"]))
    return row + 2


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
