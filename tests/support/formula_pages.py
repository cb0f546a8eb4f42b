"""A page of cells and formulas, evaluated by the program and by others."""

import math

import ironcalc
import numpy as np
import openpyxl
import xlsxwriter

from tests.support.oracles import libreoffice
from xlbackprop.formula.addresses import read_cell
from xlbackprop.formula.sheets.codes import ERRORS, Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import ArrayFormula, Contents, SheetContents

# The column in which the formulas stand, one below the other.
COLUMN = 20

UNKNOWN = "not known"


def contents(cells, formulas=(), *, name="Sheet1", first=0):
    """Return a sheet with cells by address, and formulas in a column.

    A formula at the address of a rectangle, `D1:E2`, is an array formula.
    """
    arrays = [array(address, cells[address]) for address in cells if ":" in address]
    cells = {address: value for address, value in cells.items() if ":" not in address}
    stored = [(*read_cell(address), value) for address, value in cells.items()]
    stored += [(first + row, COLUMN, f"={formula}") for row, formula in enumerate(formulas)]
    codes, numbers, texts, with_formula = [], [], {}, []
    for position, (_, _, value) in enumerate(stored):
        code, number = Code.NUMBER, math.nan
        if isinstance(value, bool):
            code = Code.TRUE if value else Code.FALSE
        elif isinstance(value, str):
            code = Code.BLANK if value.startswith("=") else Code.TEXT
            texts[position] = value
            with_formula += [position] * value.startswith("=")
        else:
            number = float(value)
        codes.append(code)
        numbers.append(number)
    rows, columns = (np.array([one[axis] for one in stored], dtype=np.int64) for axis in (0, 1))
    return SheetContents(
        name,
        rows,
        columns,
        np.array(codes, dtype=np.int8),
        np.array(numbers),
        texts.get,
        [texts[position][1:].encode() for position in with_formula],
        np.array(with_formula, dtype=np.int64),
        arrays=arrays,
    )


def array(area, formula):
    """Return an array formula."""
    corners = [place for address in area.split(":") for place in read_cell(address)]
    return ArrayFormula(formula.removeprefix("=").encode(), *corners)


def value_at(board, index, draw=0):
    """Return what a cell holds: a number, TRUE, a text, an error as text, None for a blank."""
    code = Code(int(board.codes[index, draw]))
    if code is Code.NUMBER:
        return float(board.numbers[index, draw])
    if code in ERRORS:
        return ERRORS[code]
    plain = {Code.TRUE: True, Code.FALSE: False, Code.BLANK: None, Code.UNKNOWN: UNKNOWN}
    return plain[code] if code in plain else board.text(index, draw)


def ours(cells, formulas):
    """Return what the program makes of formulas."""
    computation = Computation(Contents([contents(cells, formulas)]))
    board = computation.page()
    rows = np.arange(len(formulas))
    indices = computation.plane.indices(0, rows, np.full(len(formulas), COLUMN))
    return [value_at(board, index) for index in indices.tolist()]


def write(path, cells, formulas):
    """Write the page as a workbook."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for address, value in cells.items():
            if ":" in address:
                sheet.write_array_formula(address, f"{{{value}}}")
            elif isinstance(value, bool):
                sheet.write_boolean(address, value)
            elif isinstance(value, str) and value.startswith("="):
                sheet.write_formula(address, value)
            elif isinstance(value, str):
                sheet.write_string(address, value)
            else:
                sheet.write_number(address, value)
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, COLUMN, f"={formula}")
    return path


def in_ironcalc(cells, formulas, folder):
    """Return what IronCalc makes of formulas."""
    model = ironcalc.load_from_xlsx(str(write(folder / "page.xlsx", cells, formulas)))
    model.evaluate()
    return [model.get_cell_value(0, row + 1, COLUMN + 1) for row in range(len(formulas))]


def in_libreoffice(cells, formulas, folder):
    """Return what LibreOffice makes of formulas."""
    (copy,) = libreoffice.recalculate([write(folder / "page.xlsx", cells, formulas)], folder)
    sheet = openpyxl.load_workbook(copy, data_only=True).active
    return [sheet.cell(row + 1, COLUMN + 1).value for row in range(len(formulas))]


def is_error(value):
    """Return whether a value is an error."""
    return isinstance(value, str) and value.startswith("#")


def same(one, other):
    """Return whether two values are the same, but for the last digits of a number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 1e-12 * max(abs(one), abs(other), 1e-3)
    return one == other
