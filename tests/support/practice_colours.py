"""What a person sees in a practice workbook: the colour of each cell, and the count of right ones.

Only what a spreadsheet program evaluates is looked at: the conditional formats, with the values of
the cells that they refer to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ironcalc
import openpyxl
from openpyxl.utils import coordinate_to_tuple, range_boundaries

from tests.support.filling import Place, places_by_index
from tests.support.oracles import libreoffice

Value = Callable[[str, int, int], Any]  # of a sheet's cell, counted from 1

GREEN, RED, PLAIN = "green", "red", "plain"


def colours(path: Path, value: Value) -> dict[Place, str]:
    """Return the colour of every cell of every tensor."""
    rules = {sheet.title: list(_rules(sheet)) for sheet in openpyxl.load_workbook(path)}
    return {
        place: _colour(rules[sheet], *coordinate_to_tuple(address), sheet, value)
        for place, (sheet, address) in places_by_index(path).items()
    }


def _rules(sheet: Any) -> Any:
    """Yield each conditional format's range, how far off its mark is, the value, the colour."""
    for formats in sheet.conditional_formatting:
        for rule in formats.rules:
            if rule.type == "cellIs" or rule.formula[0].startswith("$A$3"):
                continue  # of a ladder: how far it has come
            mark, wanted = re.fullmatch(r"([A-Z]+[0-9]+)=(-?1)", rule.formula[0]).groups()
            left, top, right, bottom = range_boundaries(str(formats.sqref))
            row, column = coordinate_to_tuple(mark)
            fill = rule.dxf.fill.bgColor.rgb
            red, green = int(fill[2:4], 16), int(fill[4:6], 16)
            colour = GREEN if green > red else RED
            yield (left, top, right, bottom), (row - top, column - left), int(wanted), colour


def _colour(rules: Any, row: int, column: int, sheet: str, value: Value) -> str:
    found = {
        colour
        for (left, top, right, bottom), (down, across), wanted, colour in rules
        if left <= column <= right
        and top <= row <= bottom
        and value(sheet, row + down, column + across) == wanted
    }
    assert len(found) <= 1
    return found.pop() if found else PLAIN


def with_ironcalc(path: Path) -> Value:
    """Return the values of the workbook's cells after IronCalc has evaluated all formulas."""
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    sheets = {sheet["name"]: i for i, sheet in enumerate(model.get_worksheets_properties())}
    return lambda sheet, row, column: model.get_cell_value(sheets[sheet], row, column)


def with_libreoffice(path: Path) -> Value:
    """Return the values of the workbook's cells after LibreOffice has evaluated all formulas."""
    (copy,) = libreoffice.recalculate([path], path.parent)
    return saved_values(copy)


def saved_values(path: Path) -> Value:
    """Return the values of the workbook's cells as they were saved."""
    book = openpyxl.load_workbook(path, data_only=True)
    return lambda sheet, row, column: book[sheet].cell(row, column).value


def summary(value: Value) -> str:
    """Return the line below the network's name on the Overview."""
    return str(value("Overview", 3, 2))
