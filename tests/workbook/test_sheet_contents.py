"""A sheet's cells as arrays: each has the formula that it has when it is asked for alone."""

import numpy as np
import pytest

import xlbackprop
from tests.support.sheet_pieces import BEGIN, END
from tests.support.two_readers import PART, packed
from xlbackprop.formula.moving import MovableFormula
from xlbackprop.workbook.read.cell_reader import CellReader
from xlbackprop.workbook.read.scan.sheet import scan_sheet
from xlbackprop.workbook.read.sheet_contents import sheet_contents
from xlbackprop.workbook.read.workbook import open_workbook
from xlbackprop.workbook.read.xml import read_part

NOWHERE = np.empty((2, 0), dtype=np.int64)


def formulas_of(contents):
    """Return the formulas by their places."""
    places = list(zip(contents.rows.tolist(), contents.columns.tolist(), strict=True))
    assert len(set(places)) == len(places)
    found = {
        places[at]: text.decode()
        for at, text in zip(contents.with_formula.tolist(), contents.formulas, strict=True)
    }
    for one in contents.shared:
        for at in one.cells.tolist():
            row, column = places[at]
            assert places[at] not in found
            moved = MovableFormula(one.text).moved(row - one.row, column - one.column)
            found[places[at]] = moved if one.text else ""
    return found


def one_by_one(cells):
    """Return the formulas of cells by their places, those of arrays left out."""
    places = zip(cells.rows.tolist(), cells.columns.tolist(), strict=True)
    last = {place: at for at, place in enumerate(places)}  # of a cell that is stored twice
    return {
        place: cells.formula(at)
        for place, at in last.items()
        if cells.formulas.raw(at) and cells.array_of[at] < 0
    }


def contents_of(cells):
    return sheet_contents(cells, "sheet", np.ones(len(cells.rows), np.bool_), (), NOWHERE)


@pytest.mark.parametrize("template", ["conv5x5x2", "batch-norm"])
def test_each_cell_of_a_page_has_its_formula(template, tmp_path):
    with open_workbook(xlbackprop.build(template, tmp_path / "page.xlsx")) as workbook:
        sheets = [workbook.cells(sheet) for sheet in workbook.sheets]
    shared = 0
    for cells in sheets:
        contents = contents_of(cells)
        assert formulas_of(contents) == one_by_one(cells)
        shared += len(contents.shared)
    assert shared


CELLS = [
    '<f t="shared" ref="A1:A9" si="0">B1+$B$1</f>',
    '<f t="shared" si="0"/>',
    "<f>C1</f>",
    '<f t="shared" si="0"/>',
    '<f t="shared" si="00"/>',  # a number that is nobody's
    '<f t="shared" ref="A1:A9" si="long-number-12">D1*2</f>',
    '<f t="shared" si="long-number-12"/>',
    '<f t="shared" si="1234567"/>',
    '<f t="dataTable" ref="A1:A9"/>',
    '<f t="array" ref="B1:B9">A1:A9</f>',
    "",
]


@pytest.mark.parametrize("sharers", [CELLS[:5], CELLS, CELLS[4:9]])
def test_odd_formulas_are_those_of_each_cell(sharers):
    tags = "".join(
        f'<row><c r="A{row}">{formula}<v>1</v></c></row>'
        for row, formula in enumerate(sharers, start=1)
    )
    twice = '<row><c r="A2"><v>5</v></c></row>'
    for more in ("", twice):
        sheet = f"{BEGIN}<sheetData>{tags}{more}</sheetData>{END}".encode()
        with packed(sheet) as package:
            slow = CellReader([])
            read_part(package, PART, slow)
            read = scan_sheet(package, PART, [])
        assert read is not None
        for cells in (read, slow.cells()):
            assert formulas_of(contents_of(cells)) == one_by_one(cells)
            assert ((1, 0) in one_by_one(cells)) == (not more)
