"""What formulas rest on, however far back: in bounded time, also where somebody means ill."""

import time

import numpy as np
import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from xlbackprop.workbook.engine import dependencies
from xlbackprop.workbook.engine.dependencies import Dependencies
from xlbackprop.workbook.read.workbook import open_workbook


def needed(path):
    """Return what the formula in the first cell of the first sheet rests on, and the cells."""
    with open_workbook(path) as workbook:
        first, *others = workbook.sheets
        mask = np.zeros(len(workbook.cells(first).rows), dtype=np.bool_)
        mask[0] = True
        found = Dependencies(workbook).follow({first: mask}, {first: set()})
        return found, {sheet: workbook.cells(sheet) for sheet in others}


@pytest.mark.parametrize("is_circle", [False, True], ids=["chain", "circle"])
def test_names_that_mean_names_are_followed_further_than_calls_are_nested(is_circle, tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "=n0_"
    book.create_sheet("Data")["A1"] = 1
    for at in range(2_000):
        meaning = f"n{at + 1}_+1" if at < 1_999 else "n0_" if is_circle else "Data!$A$1"
        book.defined_names[f"n{at}_"] = DefinedName(f"n{at}_", attr_text=meaning)
    book.save(tmp_path / "page.xlsx")
    found, _ = needed(tmp_path / "page.xlsx")
    assert len(found.names) == 2_000
    assert ("Data" in found.cells) is not is_circle


def with_chain(length):
    """Return a workbook whose only cell is the last of a chain on another sheet."""
    book = openpyxl.Workbook()
    book.active["A1"] = f"=Data!A{length}"
    data = book.create_sheet("Data")
    data["A1"] = 1
    for row in range(2, length + 1):
        data[f"A{row}"] = f"=A{row - 1}+1"
    return book


@pytest.fixture
def chain(tmp_path):
    book = with_chain(300)
    book["Data"]["B1"] = "=1/0"
    book.create_sheet("Other")["A1"] = 1
    book.save(tmp_path / "page.xlsx")
    return tmp_path / "page.xlsx"


def test_chain_of_cells_is_followed_link_by_link(chain):
    found, cells = needed(chain)
    assert cells["Data"].columns[~found.cells["Data"]].tolist() == [1]
    assert "Other" not in found.cells


def test_of_a_long_chain_whole_sheets_are_taken(chain, monkeypatch):
    monkeypatch.setattr(dependencies, "_MOST_LOOKED_AT", 5_000)
    found, _ = needed(chain)
    assert found.cells["Data"].all()
    assert "Other" not in found.cells


@pytest.mark.hostile
def test_chain_that_was_followed_for_minutes_takes_seconds(tmp_path):
    book = with_chain(30_000)
    book.save(tmp_path / "page.xlsx")
    start = time.process_time()
    found, _ = needed(tmp_path / "page.xlsx")
    assert time.process_time() - start < 6
    assert found.cells["Data"].all()
