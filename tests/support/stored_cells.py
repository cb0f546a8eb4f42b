"""Cells put anywhere into a workbook, as the XML that some program may have written."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.utils import coordinate_to_tuple

from tests.support.filling import patch

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def put(path: Path, sheet: str, cells: Mapping[str, str]) -> None:
    """Put cells into a sheet, in place of those that are there.

    Each is the XML of what is in it, such as `<f>A1+1</f><v>2</v>`; attributes of the cell come
    first, as in `t="str"|<v>text</v>`.
    """
    number = openpyxl.load_workbook(path, read_only=True).sheetnames.index(sheet) + 1
    part = f"xl/worksheets/sheet{number}.xml"
    patch(path, {part: lambda xml: _with_cells(xml, cells)})


def add_sheet(path: Path, name: str, cells: Mapping[str, str]) -> None:
    """Add a sheet with such cells to a workbook of this program."""
    with zipfile.ZipFile(path) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    number = sum(part.startswith("xl/worksheets/sheet") for part in parts) + 1
    part = f"worksheets/sheet{number}.xml"
    for changed, end, new in (
        ("xl/workbook.xml", "</sheets>", f'<sheet name="{name}" sheetId="99" r:id="rIdX"/>'),
        (
            "xl/_rels/workbook.xml.rels",
            "</Relationships>",
            f'<Relationship Id="rIdX" Type="{RELATIONSHIPS}/worksheet" Target="{part}"/>',
        ),
        (
            "[Content_Types].xml",
            "</Types>",
            f'<Override PartName="/xl/{part}" ContentType="{SHEET_TYPE}"/>',
        ),
    ):
        parts[changed] = parts[changed].replace(end.encode(), f"{new}{end}".encode())
    empty = f'<worksheet xmlns="{SPACE[1:-1]}"><sheetData/></worksheet>'.encode()
    parts[f"xl/{part}"] = _with_cells(empty, cells)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name_of_part, content in parts.items():
            package.writestr(name_of_part, content)


def _with_cells(xml: bytes, cells: Mapping[str, str]) -> bytes:
    root = etree.fromstring(xml)
    data = root.find(f"{SPACE}sheetData")
    for address, written in cells.items():
        attributes, _, content = written.rpartition("|")
        text = f'<c xmlns="{SPACE[1:-1]}" r="{address}" {attributes}>{content}</c>'
        _put(data, address, etree.fromstring(text))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _put(data: Any, address: str, cell: Any) -> None:
    row_number, _ = coordinate_to_tuple(address)
    rows = {int(row.get("r")): row for row in data}
    if row_number not in rows:
        row = etree.Element(f"{SPACE}row", r=str(row_number))
        data.insert(sum(number < row_number for number in rows), row)
        rows[row_number] = row
    row = rows[row_number]
    for old in row:
        if old.get("r") == address:
            if cell.get("s") is None and old.get("s") is not None:
                cell.set("s", old.get("s"))
            row.replace(old, cell)
            return
    before = sum(_column(old) < _column(cell) for old in row)
    row.insert(before, cell)


def _column(cell: Any) -> int:
    return coordinate_to_tuple(re.sub(r"\s", "", cell.get("r")))[1]
