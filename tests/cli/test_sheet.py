"""--sheet NAME restricts a command to one sheet; sheets that each hold a network are not mixed."""

from __future__ import annotations

import json

import openpyxl
import pytest

import xlbackprop
from tests.support.command_line import called, document
from tests.support.filling import fill

SPEC = """
name = "line"
input = [2]
layers = [{ type = "dense", units = 2, bias = false }]
loss.type = "given"
"""
# One dense layer: h, w, out, dL/dout, dL/dw, each under its label.
DENSE = [
    ["h", 3, 5], ["w", 2, -1], ["", 4, 7], ["dL/dout", -6, 9],
    ["out", "=B1*B2+C1*C2", "=B1*B3+C1*C3"],
    ["dL/dw", "=B4*B1", "=B4*C1"], ["", "=C4*B1", "=C4*C1"],
]  # fmt: skip
# One step of one weight: with a slip on the second sheet.
STEP = [["x", 2], ["t", 1], ["w", 0.3], ["a", "=B1*B3"], ["L", "=(B4-B2)^2/2"]]
RIGHT, WRONG = ["dL/dw", "=(B4-B2)*B1"], ["dL/dw", "=(B4-B2)*B3"]


def write(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def runs(tmp_path):
    """Return a workbook in which two sheets each have an L of their own, and one has texts."""
    return write(tmp_path / "runs.xlsx", First=[*STEP, RIGHT], Second=[*STEP, WRONG], Notes=[["x"]])


def test_sheets_with_an_l_each_are_judged_each(runs):
    report = xlbackprop.check(runs)
    assert report.verdict == "wrong"
    assert {tensor.name: dict(tensor.counts) for tensor in report.tensors} == {
        "First.dL/dw": {"right": 1}, "Second.dL/dw": {"wrong": 1},
    }  # fmt: skip
    assert [note.partition(": differentiated")[0] for note in report.notes] == [
        "'First'", "'Second'",
    ]  # fmt: skip
    assert report.yours == xlbackprop.Yours(2, 1)


@pytest.mark.parametrize(("sheet", "status"), [("First", 0), ("second", 1)])
def test_check_looks_at_the_sheet_that_is_asked_for(sheet, status, runs, capsys):
    outcome = called(capsys, "check", runs, "--sheet", sheet, "--json")
    assert outcome[0] == status
    (tensor,) = document(outcome)["tensors"]
    assert tensor["name"] == f"{sheet.capitalize()}.dL/dw"


@pytest.mark.parametrize(
    "command",
    [["check"], ["check", "--spec", "line.toml"], ["locate", "--guess"], ["explain", "B1"]],
    ids=" ".join,
)
def test_wrong_name_gets_one_line_with_the_sheets(command, runs, capsys, monkeypatch):
    monkeypatch.chdir(runs.parent)
    (runs.parent / "line.toml").write_text(SPEC)
    first, *others = command
    status, out, err = called(capsys, first, runs, *others, "--sheet", "Third")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "it has no sheet 'Third': there is 'First', 'Second' and 'Notes'" in err


def test_sheets_that_refer_to_one_another_are_one(tmp_path):
    first = [["x", 2], ["t", 1], ["w", 0.3], ["a", "=B1*B3"]]
    second = [["L", "=(First!B4-First!B2)^2/2"], ["dL/dw", "=(First!B4-First!B2)*First!B1"]]
    report = xlbackprop.check(write(tmp_path / "one.xlsx", First=first, Second=second))
    assert report.verdict == "right"
    assert [tensor.name for tensor in report.tensors] == ["Second.dL/dw"]


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Return a workbook in which two sheets each hold the network of line.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.toml").write_text(SPEC)
    return write(tmp_path / "pages.xlsx", One=DENSE, Other=DENSE)


@pytest.mark.parametrize("command", ["check", "locate"])
def test_which_of_several_sheets_is_meant_is_asked(command, pages, capsys):
    status, out, err = called(capsys, command, pages, "--spec", "line.toml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "'One' and 'Other' each hold the network" in err
    assert "--sheet One" in err
    assert called(capsys, command, pages, "--spec", "line.toml", "--sheet", "Other")[0] == 0


def test_located_tensors_stand_on_the_sheet_that_is_asked_for(pages, capsys):
    options = ["--spec", "line.toml", "--sheet", "Other", "--json"]
    found = document(called(capsys, "locate", pages, *options))["tensors"]
    assert {block["sheet"] for tensor in found for block in tensor["blocks"]} == {"Other"}


@pytest.fixture
def built(tmp_path):
    """Return a page of two dense layers, a sheet each, with a mistake on the first."""
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "mine.xlsx")
    fill(path, {("dense1.dL_dw", (0, 0)): 4711})
    return path


def test_a_page_of_ours_is_judged_sheet_by_sheet(built, capsys):
    places = {one.name: one.blocks[0].sheet for one in xlbackprop.inspect(built).tensors}
    wrong = places["dense1.dL_dw"]
    other = next(sheet for sheet in places.values() if sheet != wrong)
    assert called(capsys, "check", built, "--sheet", wrong)[0] == 1
    outcome = called(capsys, "check", built, "--sheet", other, "--json")
    assert outcome[0] == 0
    judged = {tensor["name"] for tensor in document(outcome)["tensors"]}
    assert judged
    assert {places[name] for name in judged} == {other}
    told = json.loads(called(capsys, "inspect", built, "--sheet", other, "--json")[1])
    assert {block["sheet"] for tensor in told["tensors"] for block in tensor["blocks"]} == {other}


def test_explain_takes_an_address_of_the_sheet_that_is_asked_for(built, capsys):
    block = next(t for t in xlbackprop.inspect(built).tensors if t.name == "dense1.dL_dw").blocks[0]
    cell = block.range.partition(":")[0]
    outcome = called(capsys, "explain", built, cell, "--sheet", block.sheet, "--json")
    assert document(outcome)["tensor"] == "dense1.dL_dw"


def test_what_helps_on_is_named_where_nothing_tells_what_a_workbook_holds(tmp_path, capsys):
    path = write(tmp_path / "my notes.xlsx", Notes=[["x", 2, "=B1*2"]])
    status, out, err = called(capsys, "check", path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    for command in (
        "xlbackprop check 'my notes.xlsx' --spec conv5x5x2", "xlbackprop templates",
        "xlbackprop locate 'my notes.xlsx' --guess",
    ):  # fmt: skip
        assert f"`{command}`" in err
    assert err.endswith("say with --loss which cell is L\n")
