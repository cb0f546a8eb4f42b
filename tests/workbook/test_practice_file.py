"""The file of a page to practise on: blocks, hidden sheets, marks, formulas."""

import re

import openpyxl
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.filling import fill
from tests.support.practice_colours import (
    GREEN,
    with_ironcalc,
)
from tests.support.practising import ALLOWED, cells_of, each_engine, practice, seen, truth_of
from tests.support.specs_and_values import spec_of
from xlbackprop.__main__ import main
from xlbackprop.errors import SpecError


def test_page_to_practise_with_has_its_blocks_where_they_always_are(tmp_path):
    for name in ("batch-norm", "conv-depthwise", "optimizers"):
        path = practice(name, tmp_path / "p.xlsx")
        blank = xlbackprop.build(name, tmp_path / "b.xlsx", blank=["all"], force=True)
        assert xlbackprop.inspect(path) == xlbackprop.inspect(blank)
        found, expected = xlbackprop.check(path), xlbackprop.check(blank)
        assert (found.verdict, found.counts) == (expected.verdict, expected.counts)
        assert found.cells == expected.cells


def test_answers_are_on_a_very_hidden_sheet(tmp_path):
    path = practice("two-conv", tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(path)
    states = {sheet.title: sheet.sheet_state for sheet in book}
    assert states.pop("_answers") == "veryHidden"
    assert states.pop("_xlbackprop") == "hidden"
    assert set(states.values()) == {"visible"}
    assert next(iter(states)) == "Overview"


@pytest.mark.parametrize("blank", ["all", "dL_dh"])
@pytest.mark.parametrize("name", ["batch-norm", "mlp-2-2-2", "two-conv"])
def test_marks_are_in_hidden_columns_and_nothing_else_is(tmp_path, name, blank):
    pages = openpyxl.load_workbook(practice(name, tmp_path / "p.xlsx", blank=[blank])).worksheets
    for sheet in pages[1:-2]:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            is_mark = "_answers" in str(cell.value)
            if cell.value is not None or cell.has_style:
                assert hidden(sheet, cell.column) == is_mark, (sheet.title, cell.coordinate)


def hidden(sheet, column):
    return any(d.hidden and d.min <= column <= d.max for d in sheet.column_dimensions.values())


def test_conditional_formats_look_at_their_own_sheet_only(tmp_path):
    book = openpyxl.load_workbook(practice("two-conv", tmp_path / "p.xlsx"))
    rules = [r for sheet in book for f in sheet.conditional_formatting for r in f.rules]
    assert len(rules) > 2 * (len(book.sheetnames) - 3)
    for rule in rules:
        assert "!" not in rule.formula[0]
        assert rule.dxf.font.b or rule.dxf.font.strike  # not by colour alone


FORMULA = re.compile(r"([A-Za-z.0-9_]+)\(")


@pytest.mark.many(quick=["stride2-padding3"])
@pytest.mark.parametrize(
    "geometry", ["more-filters-than-a-formula-holds", "stride2-padding3", "batch3"]
)
def test_formulas_of_practice_use_old_functions_and_are_not_too_long(tmp_path, geometry):
    raw = conv_raw(GEOMETRIES[geometry], loss="mse")
    raw["layers"][0]["name"] = "A" * 25
    book = openpyxl.load_workbook(practice(spec_of(raw), tmp_path / "p.xlsx"))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert len(cell.value) <= 8192
                    assert set(FORMULA.findall(cell.value)) <= ALLOWED, cell.value


def test_saved_values_are_those_of_a_workbook_in_which_nothing_is_typed(tmp_path):
    for name in ("batch-norm", "conv-depthwise", "optimizers"):
        path = practice(name, tmp_path / "p.xlsx")
        value = with_ironcalc(path)
        for sheet in openpyxl.load_workbook(path, data_only=True):
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is not None and sheet.title != "_xlbackprop":
                        now, saved = value(sheet.title, cell.row, cell.column), cell.value
                        if isinstance(saved, (int, float)):
                            saved = pytest.approx(saved, rel=1e-9, abs=1e-9)
                        assert now == saved, cell


@pytest.mark.parametrize("options", [[], ["--blank", ""], ["--blank", " , "]], ids=str)
def test_practice_without_anything_blank_is_refused(tmp_path, capsys, options):
    path = tmp_path / "p.xlsx"
    assert main(["build", "conv5x5x2", "--practice", *options, "-o", str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "--blank" in output.err
    assert not list(tmp_path.iterdir())


def test_practice_without_anything_blank_raises_in_the_library(tmp_path):
    with pytest.raises(SpecError, match="practice"):
        xlbackprop.build("conv5x5x2", tmp_path / "p.xlsx", practice=True)


def test_practice_option_builds_the_same_as_the_library(tmp_path):
    command = ["build", "conv5x5x2", "--blank", "dL_dh", "--practice", "-o"]
    assert main([*command, str(tmp_path / "a.xlsx")]) == 0
    practice("conv5x5x2", tmp_path / "b.xlsx", blank=["dL_dh"])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_more_answers_than_a_sheet_has_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("xlbackprop.workbook.write.sheets.stacked_sheet.MAX_ROWS", 100)
    with pytest.raises(SpecError, match=r"practice: .* rows of a sheet"):
        practice("two-conv", tmp_path / "p.xlsx")
    assert not list(tmp_path.iterdir())


def test_page_too_wide_for_its_marks_is_refused(tmp_path):
    raw = {"name": "wide", "input": [9000], "layers": [{"type": "relu"}]}
    with pytest.raises(SpecError, match=r"relu1 has [0-9,]+ columns"):
        practice(spec_of(raw), tmp_path / "p.xlsx")
    assert not list(tmp_path.iterdir())


@each_engine
def test_wide_page_has_its_marks_beside_it(tmp_path, engine):
    spec = spec_of({"name": "row", "input": [40], "layers": [{"type": "relu"}]})
    path = practice(spec, tmp_path / "p.xlsx", blank=["out"])
    answers = cells_of(truth_of(spec), ["relu1.out"])
    fill(path, answers)
    found = seen(path, engine)
    assert {found[place] for place in answers} == {GREEN}


def test_what_is_typed_is_shown_as_the_page_would_show_it(tmp_path):
    path = practice("mlp-2-2-2", tmp_path / "p.xlsx", blank=["dL_dw"])
    page = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx")
    empty = xlbackprop.build("mlp-2-2-2", tmp_path / "empty.xlsx", blank=["dL_dw"])
    (block,) = {t.name: t.blocks for t in xlbackprop.inspect(page).tensors}["dense1.dL_dw"]
    shown = [openpyxl.load_workbook(one)["dense1"][block.range] for one in (path, page, empty)]
    formats = [{cell.number_format for row in rows for cell in row} for rows in shown]
    assert formats[0] == formats[1] != {"General"}
    assert formats[2] == {"General"}, "which would tell how large the answers are"
