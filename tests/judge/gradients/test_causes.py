"""What a check says of a wrong sheet of one's own: the cause, once, with its cells."""

import re
from dataclasses import replace
from io import StringIO

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.sheets_with_slips import in_all_rows, perceptron
from tests.support.peoples_sheets import draw
from xlbackprop.report.terminal.report import print_report

_O1, _O2 = "(R#-A#)*R#*(1-R#)", "(T#-B#)*T#*(1-T#)"
_H1, _H2 = "J#*(1-J#)", "L#*(1-L#)"


def hidden(first, second, slopes=(_H1, _H2)):
    """Return the four gradients of the first layer's weights; % is a weight's column."""
    weights = ["MO", "MO", "NP", "NP"]
    found = {}
    for column, own, at in zip(["X", "Y", "Z", "AA"], weights, range(4), strict=True):
        received = first.replace("%", own[0]) + second.replace("%", own[1])
        found[column] = f"({received})*{slopes[at // 2]}*{'CD'[at % 2]}#"
    return found


CASES = {
    "derivative missing": hidden(f"{_O1}*%#", f"+{_O2}*%#", ("1", "1")),
    "only one of the outputs summed": hidden(f"{_O1}*%#", ""),
    "times for minus": hidden("(R#*A#)*R#*(1-R#)*%#", "+(T#*B#)*T#*(1-T#)*%#"),
    "derivative of another unit": {
        column: formula
        for column, formula in hidden(f"{_O1}*%#", f"+{_O2}*%#", (_H1, _H1)).items()
        if column in ("Z", "AA")
    },
}


def checked(path, planted, steps):
    """Return the report on a workbook with planted formulas, by column."""
    cells = perceptron(steps).cells
    for column, formula in planted.items():
        cells |= in_all_rows(column, formula, steps=steps)
    workbook = openpyxl.Workbook()
    for address, value in cells.items():
        workbook.active[address] = value
    workbook.save(path)
    return xlbackprop.check(path)


@pytest.mark.parametrize("slip", CASES)
def test_slip_on_a_sheet_with_a_single_step_is_named(slip, tmp_path):
    report = checked(tmp_path / "own.xlsx", CASES[slip], 1)
    assert {cell.slip for cell in report.cells if cell.status == "wrong"} == {slip}
    wrong = {cell.cell for cell in report.cells if cell.status == "wrong"}
    assert wrong == {f"{column}3" for column in CASES[slip]}


def test_slip_in_all_steps_and_columns_is_one_cause(tmp_path):
    report = checked(tmp_path / "own.xlsx", CASES["derivative of another unit"], 12)
    causes = [cause for cause in report.causes if cause.status == "wrong"]
    assert [cause.name for cause in causes] == ["derivative of another unit"]
    assert [cause.cells for cause in causes] == [24]
    assert causes[0].advice == (
        "J3 (a_h1) stands where L3 (a_h2) belongs: the derivative of a_h2. "
        "Likewise in the 11 other cells."
    )


@pytest.mark.parametrize("steps", [6, 40])
def test_right_sheet_of_many_steps_is_ten_lines(steps, tmp_path):
    report = checked(tmp_path / "own.xlsx", {}, steps)
    text = StringIO()
    print_report(replace(report, workbook="own.xlsx"), text)
    lines = text.getvalue().splitlines()
    assert len(lines) <= 10
    assert lines[0] == lines[-1]
    assert any(re.fullmatch(rf"16 tensors +{16 * steps - 8}", line) for line in lines)


def test_labels_of_the_only_sheet_stand_without_its_name(tmp_path):
    text = StringIO()
    report = checked(tmp_path / "own.xlsx", CASES["derivative of another unit"], 6)
    print_report(report, text)
    assert "Sheet.dE" not in text.getvalue()
    assert "derivative of another unit: dE/dw3, dE/dw4, all 12 cells, Sheet.Z3:AA8" in (
        text.getvalue()
    )
    assert {cell.tensor for cell in report.cells if cell.status == "wrong"} == {
        "Sheet.dE/dw3",
        "Sheet.dE/dw4",
    }


def test_right_sheet_has_no_cause(tmp_path):
    report = checked(tmp_path / "own.xlsx", {}, 6)
    assert report.verdict == "right"
    assert not report.causes


@pytest.mark.many(quick=["sign-sign reversed"])
@pytest.mark.parametrize(
    ("slip", "name"),
    [
        ("sign", "sign reversed"),
        ("update with +", "plus for minus"),
        ("derivative from net", "derivative from the net input"),
        ("factor 2 or half", "factor extra"),
        ("update not from its gradient", "update with another weight's gradient"),
        ("one row too high", "one row too high"),
    ],
)
def test_what_is_planted_is_named(slip, name, tmp_path):
    sheet = draw("rows 2-3-1", 1, slip, steps=9)
    report = xlbackprop.check(sheet.book.save(tmp_path / "own.xlsx"))
    assert {cell.slip for cell in report.cells if cell.status == "wrong"} == {name}


@pytest.mark.many(quick=["columns-derivative from net-derivative from the net input"])
@pytest.mark.parametrize(
    ("kind", "slip", "name"),
    [
        ("rows 3-2-2", "derivative of another unit", "derivative of another unit"),
        ("columns", "derivative from net", "derivative from the net input"),
        ("rows 2-2-2", "only one path summed", "only one of the outputs summed"),
        ("own samples", "one row too high", "one column too far left"),
    ],
)
def test_one_slip_has_one_name_whatever_the_sheet(kind, slip, name, tmp_path):
    """Where a delta stands says less of it than what uses it; a softmax has alike gradients."""
    sheet = draw(kind, 0, slip, steps=9)
    report = xlbackprop.check(sheet.book.save(tmp_path / "own.xlsx"))
    assert {cell.slip for cell in report.cells if cell.status == "wrong"} == {name}


def test_part_that_belongs_scaled_is_named_and_not_the_whole(tmp_path):
    """L counts one error twice: of most gradients one term is half of what it should be."""
    book = openpyxl.Workbook()
    for address, value in (perceptron().cells | in_all_rows("W", "U#+2*V#")).items():
        book.active[address] = value
    book.save(tmp_path / "own.xlsx")
    advice = {
        cause.tensors[0]: cause.advice
        for cause in xlbackprop.check(tmp_path / "own.xlsx").causes
        if cause.status == "wrong"
    }
    assert advice["Sheet.dE/dw1"].startswith("(T3-B3)*T3*(1-T3)*O3 belongs multiplied by 2.")
    assert advice["Sheet.dE/dw7"].startswith("The result belongs multiplied by 2.")
