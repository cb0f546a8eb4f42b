"""A layout and a network to a workbook, with the map that a person would write for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

from tests.support.handmade.layouts import LAYOUTS, Layout
from tests.support.handmade.pages import PAGES, Page
from tests.support.handmade.pen import Pen
from tests.support.handmade.writings import Written, address
from xlbackprop.formula.places import Places
from xlbackprop.network import Network

_TOP = 4  # the first row of a block; titles stand above


class Typed(str):
    """What a person typed that a spreadsheet took for a text."""

    __slots__ = ()


@dataclass(frozen=True)
class Foreign:
    """A workbook that somebody else laid out."""

    path: Path
    network: Network
    map: str  # TOML
    places: Mapping[str, Places]

    @property
    def computed(self) -> list[str]:
        """The names of the tensors on the page that are computed."""
        return [name for name in self.places if self.network.tensors[name].kind.is_computed]

    @property
    def cells(self) -> int:
        """How many cells are graded."""
        return sum(self.network.tensors[name].size for name in self.computed)


@cache
def page_of(network: str) -> Page:
    return PAGES[network]()


def build(
    network: str,
    layout: str,
    folder: Path,
    changes: Mapping[tuple[str, tuple[int, ...]], object] | None = None,
) -> Foreign:
    """Write the workbook; `changes` are other entries for some cells, by tensor and index.

    A change that is a function makes a formula from the hand's own. No value is saved with the
    formulas.
    """
    page, plan = page_of(network), LAYOUTS[layout]
    written = {name: _written(page, plan, name) for name in page.tensors}
    corners = _corners(page, plan, written)
    places = {name: _places(written[name], *corners[name]) for name in page.tensors}
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in dict.fromkeys(plan.sheets):
        book.create_sheet(sheet)
    names = _names(book, places) if plan.has_names else {}
    _write_cells(book, page, plan, places, names, changes or {})
    for name in page.tensors:
        _decorate(book[corners[name][0]], name, places[name], plan)
    path = folder / f"{network}-{layout}.xlsx"
    book.save(path)
    return Foreign(path, page.network, _map(network, plan, written, corners, names), places)


def _written(page: Page, plan: Layout, name: str) -> Written:
    tensor = page.network.tensors[name]
    return plan.write(tensor.short, tensor.shape, tensor.axes)


def _sheet_of(page: Page, plan: Layout, name: str) -> str:
    if name in page.given:
        return plan.sheets[0]
    return plan.sheets[2 if ".dL_d" in name or name.endswith("_new") else 1]


def _corners(page, plan, written):
    """Return the sheet and the upper left cell of each tensor: one beside the other."""
    free = dict.fromkeys(plan.sheets, 2)
    corners, waiting = {}, list(page.tensors)
    while waiting:
        name = waiting.pop(0)
        sheet = _sheet_of(page, plan, name)
        owner, _, short = name.rpartition(".")
        before = plan.attached.get(short)
        if before and f"{owner}.{before}" in waiting:  # its place is beside one that comes later
            waiting.append(name)
            continue
        if before:
            anchor, width = f"{owner}.{before}", written[f"{owner}.{before}"].size[1]
            corners[name] = (sheet, _TOP, corners[anchor][2] + width)
            continue
        corners[name] = (sheet, _TOP, free[sheet])
        room = 1 + sum(after == short for after in plan.attached.values())
        free[sheet] += written[name].size[1] + room + plan.is_labelled
    return corners


def _places(written: Written, sheet: str, row: int, column: int) -> Places:
    numbers = (written.rows + row).astype(np.int32), (written.columns + column).astype(np.int32)
    return Places((sheet,), np.zeros(written.rows.shape, np.int32), *numbers)


def _names(book, places):
    """Define a name for each tensor that fills a rectangle; return the names by range."""
    names = {}
    for name, own in places.items():
        height, width = (int(np.ptp(numbers)) + 1 for numbers in (own.rows, own.columns))
        if height * width == own.rows.size > 1:
            area = address(int(own.rows.min()), int(own.columns.min()), height, width)
            sheet = quote_sheetname(own.sheets[0])
            short = f"my_{name.replace('.', '_')}"
            first, _, last = area.partition(":")
            fixed = ":".join(f"${_letters(one)}${_digits(one)}" for one in (first, last))
            book.defined_names[short] = DefinedName(short, attr_text=f"{sheet}!{fixed}")
            names[f"{sheet}!{area}"] = short
    return names


def _letters(text):
    return text.rstrip("0123456789")


def _digits(text):
    return text[len(_letters(text)) :]


def _write_cells(book, page, plan, places, names, changes):
    for name, array in page.given.items():
        for index in np.ndindex(array.shape):
            _put(book, places[name], index, changes.get((name, index), float(array[index])))
    for name, formula in page.formulas.items():
        pen = Pen(places, places[name].sheets[0], plan.style, names)
        own = [(index, formula(pen, *index)) for index in np.ndindex(places[name].rows.shape)]
        if plan.has_matrix_products and _write_matrix_product(book, page, pen, name, changes):
            continue
        for index, text in own:
            change = changes.get((name, index), text)
            value = change(text) if callable(change) else change
            is_formula = isinstance(value, str) and not isinstance(value, Typed)
            entry = f"={value}" if is_formula else value
            if plan.style == "array" and is_formula and "SUM(" in value:
                entry = ArrayFormula(places[name].at(index)[1], entry)
            _put(book, places[name], index, entry)


def _write_matrix_product(book, page, pen, name, changes):
    """Write {=MMULT(w,h)+b} over a dense layer's output, where all stand alike: upright."""
    owner, _, short = name.rpartition(".")
    if short != "out" or not owner.startswith("dense"):
        return False
    ranges = {}
    h = {"dense1": "dense1.h", "dense2": "sigmoid1.out"}.get(owner)
    for part in (f"{owner}.w", h, f"{owner}.b", name):
        if part not in page.tensors:
            return False
        entries = [(part, index) for index in np.ndindex(pen.shape(part))]
        ranges[part] = pen.list(entries)
    if any((name, index) in changes for index in np.ndindex(pen.shape(name))):
        return False
    w, h, b, out = ranges.values()
    formula = f"=TRANSPOSE(MMULT({w},TRANSPOSE({h})))+{b}"
    sheet, first = pen.places[name].at((0,))
    book[sheet][first] = ArrayFormula(out, formula)
    return True


def _put(book, places, index, value):
    sheet, cell = places.at(index)
    book[sheet][cell] = str(value) if isinstance(value, Typed) else value


def _decorate(sheet, name, places, plan):
    """Write a title above, and where the layout has it labels and units around."""
    top, left = int(places.rows.min()), int(places.columns.min())
    bottom, right = int(places.rows.max()), int(places.columns.max())
    title = sheet.cell(top - 2, left + 1, name)  # a row apart; rows and columns from 1
    if plan.has_merged_titles and right > left:
        sheet.merge_cells(f"{title.coordinate}:{get_column_letter(right + 1)}{top - 1}")
    if plan.is_labelled:
        used = set(zip(places.rows.ravel().tolist(), places.columns.ravel().tolist(), strict=True))
        for column in range(left, right + 1):
            sheet.cell(top, column + 1, column - left)  # a number, just above the block
        for row in range(top, bottom + 1):
            label = f"i={row - top}" if (row, left) in used else "px"
            sheet.cell(row + 1, left, label)
    if plan.has_hidden_columns:
        for row in range(top, bottom + 1):
            sheet.cell(row + 1, left, 7 * row)
        sheet.column_dimensions[get_column_letter(left)].hidden = True


def _map(network, plan, written, corners, names):
    first = plan.sheets[0]
    lines = [f'spec = "{network}"', f'sheet = "{first}"', "", "[tensors]"]
    for name, one in written.items():
        sheet, row, column = corners[name]
        prefix = "" if sheet == first else f"{quote_sheetname(sheet)}!"
        height, width = one.size
        known = names.get(f"{quote_sheetname(sheet)}!{address(row, column, height, width)}")
        is_whole = height * width == prod(one.rows.shape)
        text = f'"{known}"' if known and is_whole else one.entry(row, column, prefix)
        lines.append(f'"{name}" = {text}')
    return "\n".join(lines) + "\n"
