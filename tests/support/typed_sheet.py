"""Sheets of typed numbers, one block below the other, and the maps that say what they show."""

import openpyxl

import xlbackprop
from tests.support.page_with_slip import Page

TWO_LAYERS = """
name = "two"
input = [3]
[[layers]]
type = "dense"
units = 2
[[layers]]
type = "sigmoid"
[[layers]]
type = "dense"
units = 2
[loss]
type = "half_sse"
[training]
optimizer = "sgd"
lr = 0.5
[values]
style = "normal"
seed = 4
"""
_INPUTS = ("dense1.h", "dense1.w", "dense1.b", "dense2.w", "dense2.b", "loss.target")


class TypedSheet:
    """A sheet of typed numbers, one block below the other, and its map."""

    def __init__(self, folder, spec=TWO_LAYERS):
        (folder / "two.toml").write_text(spec)
        self.true = Page(xlbackprop.load_spec(folder / "two.toml")).true
        self.folder, self.book, self.lines = folder, openpyxl.Workbook(), []
        for name in _INPUTS:
            self.put(name)

    def put(self, name, array=None, option="", cell=None):
        """Write a tensor, or what is shown of it, and its line of the map."""
        array = self.true[name] if array is None else array
        rows = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
        sheet, first = self.book.active, self.book.active.max_row + 2
        for number, row in enumerate(rows.tolist()):
            for column, value in enumerate(row):
                sheet.cell(first + number, 2 + column, value)
        last = f"{chr(65 + rows.shape[1])}{first + len(rows) - 1}"
        where = f"B{first}" if rows.size == 1 else f"B{first}:{last}"
        where = cell or where
        self.lines.append(f'"{name}" = {{ range = "{where}"{option} }}')
        return where

    def check(self, **options):
        head = ['spec = "two.toml"', 'sheet = "Sheet"', "[tensors]"]
        (self.folder / "map.toml").write_text("\n".join([*head, *self.lines]))
        self.book.save(self.folder / "mine.xlsx")
        return xlbackprop.check(self.folder / "mine.xlsx", map=self.folder / "map.toml", **options)
