"""The program's own evaluator recalculates and proves; a process is for what it does not know."""

import subprocess

import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill
from xlbackprop.workbook.engine import engine


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


def test_what_rests_on_an_unknown_cell_is_computed_by_the_engine(tmp_path):
    """What the engine alone knows, and what rests on it, is recalculated and tried."""
    path = page(tmp_path)
    place = ("conv1.out", (0, 0, 0))
    value = float(arrays_of(path)[place[0]][place[1]])
    fill(path, {place: (f"=SUM(OFFSET(A1,2000,2000,1,2))+{value!r}", value)})
    assert xlbackprop.check(path).notes == ()
    report = xlbackprop.check(path, prove=3)
    assert [(one.tensor, one.index) for one in report.cells if one.status == "wrong"] == [place]
