"""A sheet of one's own: what stands beside the network does not matter, and it needs no name."""

from __future__ import annotations

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from xlbackprop.errors import CellError, WorkbookError
from xlbackprop.find.mapping import parse_map

SPEC = xlbackprop.parse_spec("""
name = "line"
input = [2]
layers = [{ type = "dense", units = 1, bias = false }]
loss.type = "given"
""")
MAP = """
sheet = "Mine"
[tensors]
"dense1.h" = "A1:B1"
"dense1.w" = "A2:B2"
"dense1.out" = "G1"
"""


@pytest.fixture
def book(tmp_path):
    """Return a sheet with 150 array formulas beside a layer of two numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Mine"
    for row in ([1.5, -2], [0.5, 3]):
        sheet.append(row)
    sheet["G1"] = "=A1*A2+B1*B2"
    for row in range(1, 151):
        sheet[f"D{row}"] = ArrayFormula(f"D{row}:E{row}", f"=$A$1:$B$1*{row}")
    book.create_sheet("Notes")["G1"] = "what it is about"
    book.save(tmp_path / "mine.xlsx")
    return tmp_path / "mine.xlsx"


def test_array_formulas_beside_what_is_judged_do_not_matter(book):
    report = xlbackprop.check(book, spec=SPEC, map=parse_map(MAP))
    assert (report.verdict, dict(report.counts)) == ("right", {"right": 1})
    assert report.notes == ()


def test_without_an_engine_nothing_is_evaluated(book, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    report = xlbackprop.check(book, spec=SPEC, map=parse_map(MAP), engine="none")
    assert report.verdict == "incomplete"
    assert "no formula has a saved value" in report.notes[0]


def test_explain_knows_the_only_sheet(book):
    explanation = xlbackprop.explain(book, "G1", spec=SPEC, map=parse_map(MAP))
    assert (explanation.sheet, explanation.tensor, explanation.found) == (
        "Mine",
        "dense1.out",
        -5.25,
    )


def test_explain_says_what_it_needs_where_no_network_is_known(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["x", 2],
        ["t", 1],
        ["w", 0.3],
        ["L", "=(B1*B3-B2)^2/2"],
        ["dL/dw", "=(B1*B3-B2)*B1"],
    ):
        book.active.append(row)
    book.save(tmp_path / "own.xlsx")
    with pytest.raises(CellError, match=r"name one with --spec, or write a map"):
        xlbackprop.explain(tmp_path / "own.xlsx", "B5")


def test_marks_go_into_xlsx_only(book, tmp_path):
    report = xlbackprop.check(book, spec=SPEC, map=parse_map(MAP))
    table = tmp_path / "mine.csv"
    table.write_text("1.5,-2\n0.5,3\n")
    with pytest.raises(WorkbookError, match=r"marks go into \.xlsx only.*\.csv.*save it as \.xlsx"):
        xlbackprop.annotate(report, table, tmp_path / "marked.xlsx")
    assert not (tmp_path / "marked.xlsx").exists()
