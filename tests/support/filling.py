"""Workbooks filled in by hand: cells of a built one changed, with the saved values kept."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.formula.translate import Translator

import xlbackprop
from tests.support.oracles.workbook import sheet_names

Place = tuple[str, tuple[int, ...]]  # a tensor and an index


def places_by_index(path: Path) -> dict[Place, tuple[str, str]]:
    """Return the sheet and the address of every cell, by tensor and index."""
    found: dict[Place, tuple[str, str]] = {}
    for tensor in xlbackprop.inspect(path).tensors:
        for block in tensor.blocks:
            shape = tensor.shape[len(block.index) :]
            cells = openpyxl.worksheet.cell_range.CellRange(block.range)
            addresses = [
                f"{openpyxl.utils.get_column_letter(column)}{row}" for row, column in cells.cells
            ]
            for inside, address in zip(np.ndindex(shape), addresses, strict=True):
                found[tensor.name, (*block.index, *inside)] = (block.sheet, address)
    return found


def fill(path: Path, entries: Mapping[Place, Any]) -> None:
    """Type numbers, texts or formulas (with "=") into cells, as a person would in place.

    Every other cell keeps its formula and its saved value; a formula typed here has a saved
    value only where the entry is a pair of it and the value. A pair of None and a text is that
    text, even where it begins like a formula.
    """
    where = places_by_index(path)
    by_sheet: dict[str, dict[str, Any]] = {}
    for place, value in entries.items():
        sheet, address = where[place]
        by_sheet.setdefault(sheet, {})[address] = value
    index = {name: number for number, name in enumerate(sheet_names(path), 1)}
    parts = {f"xl/worksheets/sheet{index[sheet]}.xml": cells for sheet, cells in by_sheet.items()}
    patch(
        path, {part: lambda xml, cells=cells: _retyped(xml, cells) for part, cells in parts.items()}
    )


def patch(path: Path, changes: Mapping[str, Callable[[bytes], bytes]]) -> None:
    """Rewrite parts of a workbook's archive, and leave the others as they are."""
    old = path.with_suffix(".old")
    shutil.move(path, old)
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        assert set(changes) <= set(source.namelist())
        for part in source.namelist():
            content = source.read(part)
            target.writestr(part, changes[part](content) if part in changes else content)
    old.unlink()


def _retyped(xml: bytes, cells: Mapping[str, Any]) -> bytes:
    from lxml import etree

    root = etree.fromstring(xml)
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    by_address = {cell.get("r"): cell for cell in root.iter(f"{space}c")}
    for address, value in cells.items():
        cell = by_address[address]
        _hand_on(cell, root, space)
        style = cell.get("s")
        cell.clear()
        cell.set("r", address)
        cell.set("s", style)
        is_pair = isinstance(value, tuple)
        formula, saved = value if is_pair else (None, value)
        if not is_pair and isinstance(saved, str) and saved.startswith("="):
            formula, saved = saved, None
        if formula is not None:
            etree.SubElement(cell, f"{space}f").text = formula.removeprefix("=")
        _save(cell, saved, space, is_formula=formula is not None)
    return etree.tostring(root)


def _hand_on(cell: Any, root: Any, space: str) -> None:
    """Move a formula that others share to the next of them, as a program does that loses it."""
    formula = cell.find(f"{space}f")
    if formula is None or formula.get("t") != "shared" or not formula.text:
        return
    for other in root.iter(f"{space}f"):
        if other is not formula and other.get("si") == formula.get("si"):
            here = other.getparent().get("r")
            moved = Translator(f"={formula.text}", origin=cell.get("r")).translate_formula(here)
            other.text = moved.removeprefix("=")
            other.set("ref", formula.get("ref"))
            return


def _save(cell: Any, value: Any, space: str, *, is_formula: bool) -> None:
    from lxml import etree

    if value is None:
        return
    if isinstance(value, bool):
        cell.set("t", "b")
        etree.SubElement(cell, f"{space}v").text = str(int(value))
    elif isinstance(value, str) and value.startswith("#"):
        cell.set("t", "e")
        etree.SubElement(cell, f"{space}v").text = value
    elif isinstance(value, str) and is_formula:
        cell.set("t", "str")
        etree.SubElement(cell, f"{space}v").text = value
    elif isinstance(value, str):
        cell.set("t", "inlineStr")
        etree.SubElement(etree.SubElement(cell, f"{space}is"), f"{space}t").text = value
    else:
        etree.SubElement(cell, f"{space}v").text = repr(value)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """Return the true arrays of a workbook built by this program, from its givens."""
    values = openpyxl.load_workbook(path, data_only=True)
    arrays: dict[str, np.ndarray] = {}
    shapes = {tensor.name: tensor.shape for tensor in xlbackprop.inspect(path).tensors}
    for (name, index), (sheet, address) in places_by_index(path).items():
        arrays.setdefault(name, np.zeros(shapes[name]))[index] = values[sheet][address].value
    return arrays
