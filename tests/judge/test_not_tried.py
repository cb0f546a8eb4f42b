"""What was asked for and not tried is not proven; what takes its number from elsewhere is typed."""

import json

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill, places_by_index
from xlbackprop.__main__ import main
from xlbackprop.judge import borrowed
from xlbackprop.workbook.engine.settings import Limits

PLACES = {"conv5x5x2": ("conv1.dL_dh", (1, 2, 3)), "mlp-2-2-2": ("dense1.dL_dw", (0, 1))}
GOOGLE = '=IFERROR(__xludf.DUMMYFUNCTION("GOOGLEFINANCE()"),{number})'


def book_with(formula, template, folder, **options):
    """Return a workbook in which one formula stands with the true number saved, and its cell."""
    path, place = xlbackprop.build(template, folder / "book.xlsx", **options), PLACES[template]
    number = float(arrays_of(xlbackprop.build(template, folder / "whole.xlsx"))[place[0]][place[1]])
    sheet, own = places_by_index(path)[place]
    fill(path, {place: (formula.format(number=number, own=own, sheet=sheet), number)})
    return path


@pytest.mark.parametrize("template", PLACES)
@pytest.mark.parametrize("formula", [GOOGLE, "=NOSUCHFUNCTION(1)"], ids=["google", "unknown"])
def test_what_cannot_be_tried_is_not_proven(template, formula, tmp_path):
    path = book_with(formula, template, tmp_path)
    assert xlbackprop.check(path).verdict == "right"
    for options in ({"prove": 5}, {"formulas": True}, {"prove": 5, "formulas": True}):
        report = xlbackprop.check(path, **options)
        assert report.counts.keys() == {"right"}
        assert report.verdict == "incomplete", options
        assert sum("1 cell could not be tried" in note for note in report.notes) == (
            "prove" in options
        )
        assert sum("1 formula could not be tried" in note for note in report.notes) == (
            "prove" not in options
        )


def test_every_form_of_report_says_what_was_not_tried(tmp_path, capsys):
    path = book_with(GOOGLE, "mlp-2-2-2", tmp_path)
    said = "1 cell could not be tried"
    page, copy = tmp_path / "page.html", tmp_path / "marked.xlsx"
    assert main(["check", str(path), "--prove", "--html", str(page), "--annotate", str(copy)]) == 1
    out = capsys.readouterr().out
    assert "INCOMPLETE" in out
    assert said in out
    assert said in page.read_text(encoding="utf-8")
    assert main(["check", str(path), "--prove", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "incomplete"
    assert any(said in note for note in report["notes"])
    assert [said in note for note in report["not_tried"]] == [True]
    first = openpyxl.load_workbook(copy).worksheets[0]
    assert any(said in str(cell.value) for row in first.iter_rows() for cell in row)
    assert main(["check", str(path), "--prove", "--csv", str(tmp_path / "cells.csv")]) == 1
    assert said in (tmp_path / "cells.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("template", PLACES)
@pytest.mark.parametrize(
    ("formula", "source"),
    [
        pytest.param("={own}", "refers to itself", id="itself"),
        pytest.param("={own}+0*SUM(A1:B2)", "refers to itself", id="itself-in-a-sum"),
        pytest.param("='[theirs.xlsx]{sheet}'!{own}", "another workbook", id="other-workbook"),
    ],
)
def test_formula_that_takes_its_number_from_elsewhere_is_typed(template, formula, source, tmp_path):
    path = book_with(formula, template, tmp_path)
    for options in ({"prove": 3}, {"formulas": True}):
        report = xlbackprop.check(path, **options)
        (cell,) = report.cells
        assert cell.status == "typed"
        assert source in cell.note
        assert report.verdict == "wrong"


@pytest.mark.parametrize("formula", ["={answer}", "=2*{answer}/2", '=INDIRECT("{answer}")'])
def test_formula_that_takes_the_answer_of_a_practice_page_is_typed(formula, tmp_path):
    path = practised("dense1.dL_dw", tmp_path)
    place = ("dense1.dL_dw", (1, 0))
    number = float(arrays_of(tmp_path / "whole.xlsx")[place[0]][place[1]])
    fill(path, {place: (formula.format(answer=answer_cell(path, number)), number)})
    (cell,) = xlbackprop.check(path).cells
    assert (cell.status, cell.index) == ("typed", place[1])
    assert "the hidden answers" in cell.note


@pytest.mark.parametrize(
    ("term", "statuses"),
    [("0*ROWS((Scratch!B1))", []), ("0*ROW(INDEX(Scratch!B1,1))", []), ("0*Scratch!B1", ["typed"])],
)
def test_place_of_what_takes_an_answer_is_nobodys_number(term, statuses, tmp_path):
    path = practised("dense1.dL_dw", tmp_path)
    place = ("dense1.dL_dw", (1, 0))
    number = float(arrays_of(tmp_path / "whole.xlsx")[place[0]][place[1]])
    with_scratch(path, {"B1": f"={answer_cell(path, number)}"})
    fill(path, {place: (f"={number!r}+{term}", number)})
    assert [cell.status for cell in xlbackprop.check(path).cells] == statuses


def test_formulas_that_lead_to_too_many_others_are_not_credited(tmp_path, monkeypatch):
    path = practised("dense1.dL_dw", tmp_path)
    place = ("dense1.dL_dw", (1, 0))
    number = float(arrays_of(tmp_path / "whole.xlsx")[place[0]][place[1]])
    with_scratch(path, {f"A{row}": f"=A{row + 1}" for row in range(1, 400)} | {"A400": 0})
    fill(path, {place: (f"={number!r}+Scratch!A1", number)})
    assert xlbackprop.check(path).verdict == "right"
    monkeypatch.setattr(borrowed, "MOST_STEPS", 300)
    report = xlbackprop.check(path)
    assert report.verdict == "incomplete"
    assert "it was not found out where" in report.not_tried[0]


def with_scratch(path, cells):
    """Put cells on a sheet of one's own beside the page."""
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Scratch")
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)


def answer_cell(path, number):
    """Return where among the hidden answers a number stands."""
    (where,) = [
        f"_answers!{cell.coordinate}"
        for row in openpyxl.load_workbook(path, data_only=True)["_answers"].iter_rows()
        for cell in row
        if isinstance(cell.value, float) and abs(cell.value - number) < 1e-12
    ][:1]
    return where


def test_honest_practice_page_is_right(tmp_path):
    report = xlbackprop.check(practised("dense1.dL_dw", tmp_path), prove=3, formulas=True)
    assert report.counts.keys() == {"right"}
    assert report.verdict == "right"


def practised(name, folder):
    """Return a practice page on which a tensor has been filled in with the page's own formulas."""
    path = xlbackprop.build("mlp-2-2-2", folder / "book.xlsx", practice=True, blank=[name])
    whole = xlbackprop.build("mlp-2-2-2", folder / "whole.xlsx")
    truth, sheets = arrays_of(whole)[name], openpyxl.load_workbook(whole)
    fill(
        path,
        {
            place: (sheets[sheet][address].value, float(truth[place[1]]))
            for place, (sheet, address) in places_by_index(whole).items()
            if place[0] == name
        },
    )
    return path


def test_engine_that_stopped_leaves_the_verdict_incomplete(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "book.xlsx")
    limits = Limits(seconds=0.001)
    assert xlbackprop.check(path, limits=limits).verdict == "right"
    for options in ({"prove": 5}, {"formulas": True}):
        report = xlbackprop.check(path, limits=limits, **options)
        assert report.verdict == "incomplete"
        assert report.counts.keys() == {"right"}
