"""A workbook whose formulas nobody has computed is not a page of mistakes."""

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from xlbackprop.__main__ import main

SPEC = """name = "small"
input = [2]
[[layers]]
type = "dense"
units = 1
bias = false
[loss]
type = "given"
"""
MAP = """spec = "small.toml"
sheet = "S"
[tensors]
dense1.h = "A1:B1"
dense1.w = "A2:B2"
dense1.out = "G1"
"""


@pytest.fixture
def own(tmp_path):
    """A sheet by openpyxl, which computes nothing: its formulas, array formulas among them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"] = 1.5, -2, 0.5, 3
    sheet["G1"] = "=A1*A2+B1*B2"
    for row in range(1, 102):
        sheet[f"D{row}"] = ArrayFormula(f"D{row}:E{row}", f"=$A$1:$B$1*{row}")
    (tmp_path / "small.toml").write_text(SPEC)
    (tmp_path / "map.toml").write_text(MAP)
    return book, tmp_path / "own.xlsx", tmp_path / "map.toml"


def saved(own):
    book, path, mapped = own
    book.save(path)
    return path, mapped


def test_they_are_computed(own):
    path, mapped = saved(own)
    report = xlbackprop.check(path, map=mapped)
    assert (report.verdict, report.counts) == ("right", {"right": 1})


def test_where_nothing_computes_them_nobody_is_accused(own, capsys):
    path, mapped = saved(own)
    assert main(["check", str(path), "--map", str(mapped), "--engine", "none"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "INCOMPLETE" in out
    assert "no formula has a saved value, and nothing has computed them" in out


def test_where_the_engine_stops_nobody_is_accused(own):
    path, mapped = saved(own)
    report = xlbackprop.check(path, map=mapped, limits=xlbackprop.Limits(seconds=1e-6))
    assert report.verdict == "incomplete"
    assert len(report.notes) == 2


@pytest.mark.parametrize(("typed", "verdict"), [(-5.25, "right"), (5.25, "wrong"), ("x", "wrong")])
def test_what_is_typed_is_judged(typed, verdict, own):
    own[0]["S"]["G1"] = typed
    path, mapped = saved(own)
    assert xlbackprop.check(path, map=mapped, engine="none").verdict == verdict


def test_mistake_among_them_is_one_still(tmp_path):
    """A number that is wrong on a page of which nothing else is computed."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx")
    book = openpyxl.load_workbook(path)
    book["conv1"]["P32"] = 99
    book.save(path)
    report = xlbackprop.check(path, engine="none")
    assert (report.verdict, report.counts["wrong"]) == ("wrong", 1)
