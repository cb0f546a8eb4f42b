"""What is judged is what the formulas give, not what was saved; where it is not, that is said."""

import json
import os

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.oracles import libreoffice
from xlbackprop.__main__ import main
from xlbackprop.workbook.engine.settings import Limits

LAST = ("conv1.dL_dh", (1, 2, 3))  # nothing depends on it
OUT = ("conv1.out", (0, 0, 0))  # loss.error depends on it


@pytest.fixture
def book(tmp_path):
    spec = conv_spec(GEOMETRIES["plain"], loss="mse", seed=1)
    return xlbackprop.build(spec, tmp_path / "book.xlsx")


@pytest.fixture
def truth(book):
    return arrays_of(book)


def formula_of(path, place):
    sheet, address = places_by_index(path)[place]
    return openpyxl.load_workbook(path)[sheet][address].value


def number(truth, place):
    return float(truth[place[0]][place[1]])


def by_place(report):
    return {(cell.tensor, cell.index): cell for cell in report.cells}


def test_stale_value_is_recalculated_and_counted(book):
    fill(book, {LAST: (formula_of(book, LAST), 123.0)})
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert report.notes == ("1 saved value was stale: what the formulas give now is judged",)


def test_wrong_formula_is_judged_by_what_it_gives_and_says_what_was_saved(book, truth):
    """A saved value that is right, as if typed over: the formula beneath is what counts."""
    fill(book, {LAST: ("=2*3", number(truth, LAST))})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found, cell.formula) == ("wrong", 6.0, "=2*3")
    assert cell.note == f"stale: the saved value was {number(truth, LAST):.6g}"


def test_saved_values_are_judged_without_an_engine(book, truth):
    fill(book, {LAST: ("=2*3", number(truth, LAST))})
    assert xlbackprop.check(book, engine="none").verdict == "right"


def test_difference_within_the_tolerance_of_formulas_is_not_stale(book, truth):
    fill(book, {LAST: (formula_of(book, LAST), number(truth, LAST) * (1 + 1e-7))})
    assert xlbackprop.check(book).notes == ()


def test_workbook_without_saved_values_is_judged(book):
    openpyxl.load_workbook(book).save(book)
    report = xlbackprop.check(book)
    assert (report.verdict, report.notes) == ("right", ())


def test_mistake_in_a_workbook_without_saved_values_is_named_with_what_follows(book):
    fill(book, {OUT: 77.5})
    openpyxl.load_workbook(book).save(book)
    found = by_place(xlbackprop.check(book))
    assert found.pop(OUT).status == "wrong"
    assert {cell.status for cell in found.values()} == {"carried"}
    assert found["loss.error", (0, 0, 0)].found == pytest.approx(
        found["loss.error", (0, 0, 0)].from_your_cells
    )


CIRCULAR = pytest.param("={here}+1", "a circular reference", id="circular")
UNABLE = [
    pytest.param("=NOSUCHFUNCTION(1)", "an unknown function or name", id="unknown-function"),
    pytest.param("=no_such_name+1", "an unknown function or name", id="unknown-name"),
    pytest.param("=[1]Sheet1!A1+1", "a link to another workbook", id="external-link"),
    pytest.param("='[other.xlsx]S'!A1", "a link to another workbook", id="external-link-by-name"),
    pytest.param("=IF(", "a formula that the engine cannot read", id="broken"),
]


@pytest.mark.parametrize(("formula", "reason"), UNABLE)
def test_saved_value_is_judged_where_the_engine_cannot_compute(book, truth, formula, reason):
    _, here = places_by_index(book)[LAST]
    fill(book, {LAST: (formula.format(here=here), number(truth, LAST))})
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert report.notes == ("1 cell was not recalculated: what was saved there is judged",)
    fill(book, {LAST: (formula.format(here=here), 0.123)})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found) == ("wrong", 0.123)
    assert cell.note == f"not recalculated: it has, or rests on, {reason}"


def test_saved_value_of_a_formula_that_refers_to_itself_is_as_good_as_typed(book, truth):
    _, here = places_by_index(book)[LAST]
    fill(book, {LAST: (f"={here}+1", number(truth, LAST))})
    report = xlbackprop.check(book)
    assert report.verdict == "wrong"
    (cell,) = report.cells
    assert cell.status == "typed"
    assert cell.note.startswith("it refers to itself")


@pytest.mark.parametrize(("formula", "reason"), [*UNABLE, CIRCULAR])
def test_cell_without_a_saved_value_that_the_engine_cannot_compute_is_invalid(
    book, formula, reason
):
    _, here = places_by_index(book)[LAST]
    fill(book, {LAST: formula.format(here=here)})
    (cell,) = xlbackprop.check(book).cells
    assert cell.status == "invalid"
    assert reason in cell.note


@pytest.mark.parametrize(
    "formula", ["=1/0", "=NA()", "=SQRT(-1)", '="a"', "=TRUE", '="a"*2', "=#REF!+1"]
)
def test_other_errors_and_texts_are_the_engines_word(book, truth, formula):
    fill(book, {LAST: (formula, number(truth, LAST))})
    (cell,) = xlbackprop.check(book).cells
    assert cell.status == "invalid"
    assert cell.found is not None
    assert "stale" in cell.note


def test_typed_number_stays_what_it_is(book):
    fill(book, {LAST: 0.25})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found) == ("wrong", 0.25)


def test_given_that_is_a_formula_is_recalculated(book):
    fill(book, {("conv1.h", (0, 0, 0)): ("=1+1", 7.0)})
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert report.counts.keys() == {"right"}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        pytest.param(Limits(seconds=0.001), "more than 0.001 seconds", id="time"),
        pytest.param(Limits(megabytes=20), "the engine", id="memory"),
    ],
)
def test_saved_values_are_judged_where_the_engine_stops(book, truth, limits, reason):
    first = ("conv1.dL_dh", (0, 0, 0))  # not known without the engine
    unknown = ("=NOSUCHFUNCTION(1)", number(truth, first))
    fill(book, {LAST: ("=2*3", number(truth, LAST)), first: unknown})
    report = xlbackprop.check(book, limits=limits)
    assert report.verdict == "right"
    (note,) = report.notes
    assert note.startswith("not recalculated: ")
    assert reason in note


@pytest.mark.libreoffice
def test_libreoffice_recalculates_as_well(book, truth):
    libreoffice.require_libreoffice()
    stale, unknown = LAST, ("conv1.dL_dh", (0, 0, 0))
    fill(
        book,
        {
            stale: ("=2*3", number(truth, stale)),
            unknown: ("=NOSUCHFUNCTION(1)", number(truth, unknown)),
        },
    )
    report = xlbackprop.check(book, engine="libreoffice")
    (cell,) = report.cells
    assert (cell.status, cell.found, cell.tensor) == ("wrong", 6.0, "conv1.dL_dh")
    assert len(report.notes) == 2


@pytest.mark.libreoffice
def test_libreoffice_that_takes_too_long_is_ended(book):
    libreoffice.require_libreoffice()
    report = xlbackprop.check(book, engine="libreoffice", limits=Limits(seconds=0.05))
    assert report.notes == (
        "not recalculated: LibreOffice took more than 0.05 seconds; the saved values are judged",
    )


def test_libreoffice_that_is_missing_is_said_in_one_line(book, monkeypatch, capsys):
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["check", str(book), "--engine", "libreoffice"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        "xlbackprop: LibreOffice (soffice) is not installed, or not on the PATH\n"
    )


@pytest.mark.libreoffice
def test_engines_agree_on_a_page_with_mistakes(tmp_path):
    """The same verdicts from IronCalc and from LibreOffice, cell by cell."""
    libreoffice.require_libreoffice()
    path = xlbackprop.build("two-conv", tmp_path / "book.xlsx")
    fill(path, {("conv1.out", (0, 3, 4)): "=SUM(A1:C3)", ("dense1.dL_dw", (1, 2)): "=1/3"})
    ours, theirs = (xlbackprop.check(path, engine=engine) for engine in ("ironcalc", "libreoffice"))
    assert ours.counts == theirs.counts
    assert [(cell.cell, cell.status) for cell in ours.cells] == [
        (cell.cell, cell.status) for cell in theirs.cells
    ]
    numbers = [[cell.found for cell in report.cells] for report in (ours, theirs)]
    np.testing.assert_allclose(*numbers, rtol=1e-9)


def test_command_shows_notes_in_text_and_in_json(book, capsys):
    fill(book, {LAST: (formula_of(book, LAST), 123.0)})
    assert main(["check", str(book)]) == 0
    assert "1 saved value was stale" in capsys.readouterr().out
    assert main(["check", str(book), "--json"]) == 0
    assert "1 saved value was stale" in json.loads(capsys.readouterr().out)["notes"][0]


@pytest.mark.parametrize(
    "options",
    [
        ["--engine", "excel"], ["--timeout", "0"], ["--timeout", "-1"], ["--memory", "1"],
        ["--timeout", "soon"],
    ],
)  # fmt: skip
def test_impossible_options_are_refused_in_one_line(book, options, capsys):
    assert main(["check", str(book), *options]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)


def test_unknown_engine_is_refused_with_those_there_are(book):
    with pytest.raises(xlbackprop.EngineError, match="ironcalc"):
        xlbackprop.check(book, engine="excel")
