"""One mistake is one line, with its ranges: in one step or in six hundred."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xlbackprop
from tests.support.filling import fill
from xlbackprop import Hints
from xlbackprop.report.causes import rectangles
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.report import Report, TensorResult
from xlbackprop.report.terminal.report import MOST_OF_A_CAUSE, print_report

places = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40)


@given(places)
def test_rectangles_cover_each_place_once(cells):
    found = [
        (row, column)
        for top, left, height, width in rectangles(cells)
        for row in range(top, top + height)
        for column in range(left, left + width)
    ]
    assert sorted(found) == sorted(cells)


def test_whole_blocks_are_single_rectangles():
    blocks = {(r, c) for r in (*range(5), *range(7, 12)) for c in range(2, 7)}
    assert rectangles(blocks) == [(0, 2, 5, 5), (7, 2, 5, 5)]


def printed(report, **options):
    stream = io.StringIO()
    print_report(report, stream, **options)
    return stream.getvalue().splitlines()


def report_of(steps, slip="", spoilt=range(0)):
    """Return the report of a network in training: in some steps a gradient of two rows is wrong."""
    names = [f"step{n}.fc.{part}" for n in range(1, steps + 1) for part in ("out", "dL_dw")]
    names = [name.removeprefix("step1.") for name in names]
    wrong = {names[2 * step + 1]: step for step in spoilt}
    cells = tuple(
        CellResult(
            "fc", f"B{10 * step + row + 1}", name, (row,), "wrong", 1.0, 2.0, 2.0, None, "",
            slip, f"{slip} in [{row}]: Mend it." if slip else "",
        )
        for name, step in wrong.items() for row in range(2)
    )  # fmt: skip
    unknown = () if slip else ({"slip": "unknown", "message": "nothing explains it"},)
    tensors = tuple(
        TensorResult(name, {"wrong": 2} if name in wrong else {"right": 2}, "rule",
                     unknown if name in wrong else ())
        for name in names
    )  # fmt: skip
    counts = {"right": 2 * (len(names) - len(wrong)), "wrong": 2 * len(wrong)}
    counts = {status: number for status, number in counts.items() if number}
    verdict = "wrong" if wrong else "right"
    return Report("book.xlsx", verdict, counts, tensors, cells).with_causes()


def test_right_workbook_of_600_steps_prints_ten_lines():
    lines = printed(report_of(600))
    assert len(lines) <= 10
    assert lines[0] == lines[-1] == "book.xlsx: RIGHT (2,400 right)"
    assert any(line.split() == ["1,200", "tensors", "2,400"] for line in lines)


@pytest.mark.parametrize("slip", ["rows for columns", ""])
def test_same_mistake_in_68_steps_is_one_line(slip):
    report = report_of(100, slip, range(68))
    (cause,) = report.causes
    name = slip or "wrong for no known reason"
    where = "fc.B1:B2, B11:B12, B21:B22, and 65 more ranges"
    assert cause.sentence == f"{name}: fc.dL_dw in 68 steps, all 136 cells, {where}"
    assert cause.advice == ("Mend it." if slip else "")
    lines = printed(report)
    assert len(lines) < 30
    assert lines.count(cause.sentence) == 1
    assert lines[0] == lines[-1]
    listed = [line for line in lines if line.startswith("fc.B")]
    assert len(listed) == MOST_OF_A_CAUSE
    assert f"  … and {136 - MOST_OF_A_CAUSE} more; --cells all lists all" in lines
    everything = printed(report, all_cells=True)
    assert len([line for line in everything if line.startswith("fc.B")]) == 136


def test_two_mistakes_are_two_lines():
    report = report_of(3, "rows for columns", range(2))
    other = replace(report.cells[0], slip="sign reversed", hint="sign reversed: Turn it.")
    report = replace(report, cells=(other, *report.cells[1:])).with_causes()
    assert [cause.cells for cause in report.causes] == [1, 3]
    assert [cell.cause for cell in report.cells] == [1, 2, 2, 2]
    assert report.causes[0].sentence == "sign reversed: fc.dL_dw, 1 of 2 cells, fc.B1"


def test_same_mistake_in_several_tensors_is_one_line():
    report = report_of(3, "rows for columns", range(1))
    first, second = report.cells
    other = replace(second, tensor="fc.out", sheet="other")
    (cause,) = replace(report, cells=(first, other)).with_causes().causes
    where = "fc.B1 and other.B2"
    assert cause.sentence == f"rows for columns: fc.dL_dw, fc.out, 2 of 4 cells, {where}"
    unknown = [replace(cell, slip="", hint="") for cell in (first, other)]
    assert len(replace(report, cells=tuple(unknown)).with_causes().causes) == 2


def test_causes_tell_no_more_than_the_hints_allow():
    told = report_of(3, "rows for columns", range(2))
    assert (told.told(Hints.RULE).causes) == told.causes
    (kind,) = told.told(Hints.KIND).causes
    assert (kind.name, kind.advice) == ("rows for columns", "")
    (where,) = told.told(Hints.WHERE).causes
    assert (where.name, where.advice, where.cells) == ("wrong", "", 4)


@pytest.fixture
def page(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx", blank=["dL_db", "dL_dw"])


def test_what_was_left_empty_is_yours_and_told_in_one_line(page):
    fill(page, {("conv1.dL_db", (k,)): 1.54 for k in range(3)})
    report = xlbackprop.check(page)
    right = next(one for one in report.tensors if one.name == "conv1.dL_db").counts.get("right", 0)
    assert report.yours == xlbackprop.Yours(57, right)
    (empty,) = [cause for cause in report.causes if cause.is_empty]
    assert empty.sentence.startswith("still empty: conv1.dL_dw, all 54 cells, conv1.K32:M34, ")
    verdict = " ".join(" ".join(printed(report)).partition(" why ")[0].split())
    assert verdict.endswith(f"{right} of 57 that were yours are right")
    assert not [line for line in printed(report) if line.startswith("blank:")]


def test_page_without_gaps_does_not_say_what_was_yours(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "right.xlsx")
    assert xlbackprop.check(path).yours is None


def test_what_all_cells_of_a_cause_need_is_said_once():
    report = report_of(1)
    notes = [f"a number typed as text: enter it as the number {n}" for n in (1, 1, 2)]
    cells = tuple(
        CellResult("fc", f"B{row}", "fc.out", (row,), "invalid", "1", 1.0, 1.0, None, note)
        for row, note in enumerate(notes, start=1)
    )
    same = replace(report, cells=cells[:2]).with_causes()
    assert same.causes[0].sentence == "a number typed as text: fc.out, all 2 cells, fc.B1:B2"
    assert same.causes[0].advice == "enter it as the number 1"
    assert replace(report, cells=cells[1:]).with_causes().causes[0].advice == ""
    assert replace(report, cells=cells[1:]).told(Hints.WHERE).causes[0].name == "invalid"
