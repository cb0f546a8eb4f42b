"""A workbook of one's own is looked through for as long as --timeout says, and no longer."""

import openpyxl
import pytest

import xlbackprop

FORMULAS = {
    "A1": "x", "B1": 0.5, "A2": "w", "B2": 0.3, "A3": "y", "B3": "=B1*B2", "A4": "E",
    "B4": "=(B3-1)^2/2", "A5": "dE/dw", "B5": "=(B3-1)*B1",
}  # fmt: skip


def test_time_is_up_for_all_sheets_together(tmp_path):
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet()):
        for address, value in FORMULAS.items():
            sheet[address] = value
    path = tmp_path / "own.xlsx"
    book.save(path)
    assert xlbackprop.check(path).verdict == "right"
    with pytest.raises(xlbackprop.WorkbookError, match="longer than --timeout allows"):
        xlbackprop.check(path, limits=xlbackprop.Limits(seconds=1e-9))
