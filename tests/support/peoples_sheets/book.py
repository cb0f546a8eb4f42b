"""A workbook while a person writes it: each cell's text, and the number that it comes to."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

from tests.support.peoples_sheets.terms import Term

_FORMULA_CELL = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"([^>]*)><f([^>]*)>([^<]*)</f><v ?/?>(?:</v>)?</c>'
)


class Book:
    """Sheets by name; rows and columns count from 1. A blank cell is worth 0."""

    def __init__(self):
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.active)
        self.values = {}
        self._in_arrays = []  # the cells of array formulas but for the first of each

    def add(self, name):
        """Add a sheet."""
        self.workbook.create_sheet(name)
        return name

    def put(self, sheet, row, column, content):
        """Put a number, a text, or a formula into a cell."""
        worksheet = self.workbook[sheet]
        if not isinstance(content, Term):
            worksheet.cell(row, column, content)
            if not isinstance(content, str):
                self.values[sheet, row, column] = float(content)
            return
        worksheet.cell(row, column, "=" + self._local(sheet, content.text))
        self.values[sheet, row, column] = float(np.asarray(content.value).item())

    def put_array(self, sheet, row, column, content, size):
        """Put an array formula into a rectangle."""
        height, width = size
        end = f"{get_column_letter(column + width - 1)}{row + height - 1}"
        area = f"{get_column_letter(column)}{row}:{end}"
        formula = "=" + self._local(sheet, content.text)
        worksheet = self.workbook[sheet]
        worksheet[f"{get_column_letter(column)}{row}"] = ArrayFormula(area, formula)
        matrix = np.broadcast_to(content.value, size)
        for (down, along), value in np.ndenumerate(matrix):
            self.values[sheet, row + down, column + along] = float(value)
            if down or along:
                self._in_arrays.append((sheet, row + down, column + along))

    def write(self, sheet, row, column, text, *, bold=False, colour=None):
        """Write a title, a label or a note."""
        cell = self.workbook[sheet].cell(row, column, text)
        cell.font = Font(bold=bold)
        if colour:
            cell.fill = PatternFill("solid", fgColor=colour)

    def cell(self, sheet, row, column, dollars=""):
        """Return a reference to a cell; `dollars` names what is fixed: "", "r", "c" or "rc"."""
        text = f"{'$' * ('c' in dollars)}{get_column_letter(column)}{'$' * ('r' in dollars)}{row}"
        return Term(f"'{sheet}'!{text}", self.values.get((sheet, row, column), 0.0))

    def area(self, sheet, row, column, size):
        """Return a reference to a rectangle."""
        height, width = size
        matrix = np.array(
            [
                [
                    self.values.get((sheet, row + down, column + along), 0.0)
                    for along in range(width)
                ]
                for down in range(height)
            ]
        )
        last = f"{get_column_letter(column + width - 1)}{row + height - 1}"
        return Term(f"'{sheet}'!{get_column_letter(column)}{row}:{last}", matrix)

    def save(self, path, *, with_values=True):
        """Save the workbook, with the value of each formula or without any."""
        for sheet, row, column in self._in_arrays:
            value = self.values[sheet, row, column] if with_values else None
            self.workbook[sheet].cell(row, column).value = value
        self.workbook.save(path)
        if with_values:
            self._save_values(Path(path))
        return Path(path)

    @staticmethod
    def _local(sheet, text):
        """Return a formula as Excel writes it: a reference to its own sheet has no sheet's name."""
        text = text.replace(f"'{sheet}'!", "")
        return re.sub(r"'([A-Za-z]\w*)'!", r"\1!", text)

    def _save_values(self, path):
        parts = {}
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                parts[name] = archive.read(name)
        for number, sheet in enumerate(self.workbook.sheetnames, 1):
            part = f"xl/worksheets/sheet{number}.xml"
            parts[part] = self._with_values(sheet, parts[part])
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        path.write_bytes(packed.getvalue())

    def _with_values(self, sheet, xml):
        places = {
            f"{get_column_letter(column)}{row}".encode(): value
            for (own, row, column), value in self.values.items()
            if own == sheet
        }

        def saved(match):
            address, attributes, of_formula, formula = match.groups()
            value = repr(places[address]).encode()
            return b'<c r="%s"%s><f%s>%s</f><v>%s</v></c>' % (
                address,
                attributes,
                of_formula,
                formula,
                value,
            )

        return _FORMULA_CELL.sub(saved, xml)
