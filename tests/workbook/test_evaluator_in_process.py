"""The program's own evaluator recalculates and proves; a process is for what it does not know."""

import subprocess

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.stored_cells import add_sheet, put
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.workbook.engine import engine
from xlbackprop.workbook.read.sheet_contents import sheet_contents
from xlbackprop.workbook.read.workbook import open_workbook


@pytest.fixture(params=["process", "none"])
def found(request, monkeypatch):
    """Return a function that checks a workbook with a process and without any."""

    def refuse(*_):
        raise OSError("no process can be started")

    def check(path, **options):
        if request.param == "none":
            monkeypatch.setattr(engine, "EngineProcess", refuse)
        return xlbackprop.check(path, **options)

    return check


def page(folder, changes=None):
    path = xlbackprop.build("conv5x5x2", folder / "book.xlsx")
    if changes:
        fill(path, changes)
    return path


def test_right_page_is_proven(found, tmp_path):
    report = found(page(tmp_path), prove=7)
    assert report.verdict == "right"
    assert "tried on 7 other draws of all inputs: 336 cells hold" in report.notes


def test_mistakes_and_stale_values_are_found(found, tmp_path):
    report = found(
        page(
            tmp_path,
            {
                ("conv1.out", (0, 0, 0)): ("=1+1", 7.0),
                ("conv1.dL_dh", (0, 0, 0)): '="text"',
                ("conv1.dL_dh", (1, 2, 3)): "=1/0",
            },
        )
    )
    by_place = {(one.tensor, one.index): (one.status, one.found) for one in report.cells}
    assert by_place["conv1.out", (0, 0, 0)] == ("wrong", 2.0)
    assert by_place["conv1.dL_dh", (0, 0, 0)][0] == "invalid"
    assert by_place["conv1.dL_dh", (1, 2, 3)][0] == "invalid"
    # The other one is L, which follows from the first.
    assert "2 saved values were stale: what the formulas give now is judged" in report.notes


def test_formula_that_happens_to_be_right_is_found_out(found, tmp_path):
    path = page(tmp_path)
    place = ("conv1.dL_dw", (0, 0, 0, 0))
    value = arrays_of(path)[place[0]][place[1]]
    fill(path, {place: (f"=SUM(1,{float(value) - 1!r})", float(value))})
    report = found(path, prove=7)
    assert [(one.tensor, one.index) for one in report.cells] == [place]


def test_unknown_function_is_one_cells_own(found, tmp_path):
    path = page(tmp_path)
    place = ("conv1.dL_dw", (0, 0, 0, 0))
    value = float(arrays_of(path)[place[0]][place[1]])
    fill(path, {place: (f"=NOSUCHFUNCTION({value!r})", value)})
    report = found(path)
    assert not report.cells
    assert any("1 " in note and "recalculated" in note for note in report.notes)


def test_no_process_is_started_for_what_the_evaluator_knows(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a process is started")

    path = page(tmp_path)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert xlbackprop.check(path, prove=2).verdict == "right"
    fill(path, {("conv1.dL_dw", (0, 0, 0, 0)): "=NOSUCHFUNCTION(1)"})
    with pytest.raises(AssertionError, match="a process is started"):
        xlbackprop.check(path)


def test_array_formulas_are_recalculated(tmp_path, monkeypatch):
    path = page(tmp_path)
    places = [("conv1.dL_dh", (1, 2, column)) for column in range(3)]
    truth = arrays_of(path)["conv1.dL_dh"]
    sheet, addresses = "conv1", [places_by_index(path)[place][1] for place in places]
    numbers = ",".join(repr(float(truth[index])) for _, index in places)
    area = f"{addresses[0]}:{addresses[2]}"
    array = f'<f t="array" ref="{area}">ABS({{0,0,0}})+{{{numbers}}}</f><v>7</v>'
    put(path, sheet, {addresses[0]: array, addresses[1]: "<v>7</v>", addresses[2]: "<v>7</v>"})
    monkeypatch.setattr(subprocess, "Popen", None)
    report = xlbackprop.check(path)
    assert report.verdict == "right"
    assert report.notes == ("3 saved values were stale: what the formulas give now is judged",)


def test_of_array_formulas_that_overlap_nothing_is_known(tmp_path):
    cells = {
        "A1": '<f t="array" ref="A1:A3">{1;2;3}</f><v>1</v>',
        "A3": '<f t="array" ref="A3:A4">{5;6}</f><v>5</v>',
        "B1": '<f t="array" ref="B1">SUM(EXP({0,0}))</f><v>2</v>',
        "C1": "<f>A1+1</f>",
    }
    path = page(tmp_path)
    add_sheet(path, "Scratch", cells)
    with open_workbook(path) as workbook:
        own = workbook.cells("Scratch")
        everything, nowhere = np.ones(len(own.rows), np.bool_), np.empty((2, 0), np.int64)
        contents = sheet_contents(own, "Scratch", everything, {0, 1}, nowhere)
    found = Computation(Contents([contents])).page()
    index = found.plane.indices(0, np.array([0, 0, 0, 2, 3]), np.array([0, 1, 2, 0, 0]))
    assert (found.codes[index, 0] == Code.UNKNOWN).tolist() == [True, False, True, True, True]
    assert found.numbers[index[1], 0] == 2


def test_what_rests_on_an_unknown_cell_is_computed_by_the_engine(tmp_path):
    """What the engine alone knows, and what rests on it, is recalculated and tried."""
    path = page(tmp_path)
    place = ("conv1.out", (0, 0, 0))
    value = float(arrays_of(path)[place[0]][place[1]])
    fill(path, {place: (f"=SUM(OFFSET(A1,2000,2000,1,2))+{value!r}", value)})
    assert xlbackprop.check(path).notes == ()
    report = xlbackprop.check(path, prove=3)
    assert [(one.tensor, one.index) for one in report.cells if one.status == "wrong"] == [place]
