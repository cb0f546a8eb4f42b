"""Blank cells where gradients belong are blank; other blank cells claim nothing."""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.one_layer import layer
from tests.judge.gradients.sheets_with_slips import perceptron

GRADIENTS = ["X", "Y", "Z", "AA", "AB", "AC", "AD", "AE"]


def checked(path, cells):
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return xlbackprop.check(path)


def steps(blank, *, has_labels=True):
    """A network with a row per step, in which some cells are blank."""
    kept = perceptron().cells.items()
    return {
        address: value
        for address, value in kept
        if address not in blank and (has_labels or not str(value).startswith("dE/"))
    }


def said(report):
    blank = [one for one in report.cells if one.status == "blank"]
    return [one.cell for one in blank], {one.note for one in blank}


BLANKS = {
    "one cell": (["Z5"], True, "the gradient of L by G5 (w3) belongs here"),
    "one cell without texts": (["Z5"], False, "the gradient of L by G5 (w3) belongs here"),
    "a column": (
        ["Z3", "Z4", "Z5", "Z6"], True, "the gradients of L by G3:G6 (w3) belong here"
    ),
    "the last column": (
        ["AE3", "AE4", "AE5", "AE6"], True, "the gradients of L by P3:P6 (w8) belong here"
    ),
    "the end of a column": (["Z5", "Z6"], True, "the gradients of L by G5:G6 (w3) belong here"),
    "a column that updates use": (
        ["Z3", "Z4", "Z5"], False, "the gradients of L by G3:G5 (w3) belong here"
    ),
}  # fmt: skip


@pytest.mark.many(quick=["one cell", "a column that updates use", "the last column"])
@pytest.mark.parametrize("name", BLANKS)
def test_blank_among_steps_is_blank_and_says_what_belongs_there(name, path):
    blank, has_labels, belongs = BLANKS[name]
    left_out = [*blank, "Z6"] if name == "a column that updates use" else blank
    report = checked(path, steps(left_out, has_labels=has_labels))
    assert report.verdict == "incomplete"
    assert said(report) == (blank, {f"blank: {belongs}"})
    assert {one.status for one in report.cells} <= {"blank", "carried"}


@pytest.mark.many(quick=["the last step"])
@pytest.mark.parametrize(
    "blank",
    [[f"{column}6" for column in GRADIENTS], ["A6", "B1"]],
    ids=["the last step", "beside the sheet"],
)
def test_blank_that_claims_nothing_is_left_alone(blank, path):
    """After the last step no update needs a gradient."""
    cells = steps(blank if blank[0] == "X6" else ["B1"])
    assert checked(path, cells).verdict == "right"


WITHOUT = {"corner": ["B11"], "middle": ["C12"], "row": ["B12", "C12", "D12"]}


@pytest.mark.many(quick=["row"])
@pytest.mark.parametrize("name", WITHOUT)
def test_blank_in_a_block_is_blank_and_what_is_made_of_it_carried(name, path):
    book = layer(has_label=True)
    for address in WITHOUT[name]:
        book.active[address] = None
    book.save(path)
    report = xlbackprop.check(path)
    carried = [one.cell for one in report.cells if one.status == "carried"]
    assert report.verdict == "incomplete"
    assert said(report)[0] == WITHOUT[name]
    assert carried == [f"{one[0]}{int(one[1:]) + 3}" for one in WITHOUT[name]]


def test_update_that_takes_a_blank_cell_for_a_gradient_that_stands_elsewhere_is_wrong(path):
    book = layer(has_label=True, taken=lambda row, column: (row + 1, column))
    book.save(path)
    report = xlbackprop.check(path)
    assert [one.cell for one in report.cells] == ["B14", "C14", "D14", "B15", "C15", "D15"]
    assert {one.status for one in report.cells} == {"wrong"}


def test_spaces_between_gradients_claim_nothing(path):
    """Inputs between the weights, and gradients under the weights only."""
    sheet = {"A1": "x1", "B1": "w1", "C1": "x2", "D1": "w2", "E1": "b", "F1": "t"}
    sheet |= {"A2": 0.6, "B2": 0.4, "C2": -1.2, "D2": 0.3, "E2": 0.1, "F2": 1}
    sheet |= {"H1": "y", "H2": "=TANH(A2*B2+C2*D2+E2)", "I1": "L", "I2": "=(H2-F2)^2/2"}
    sheet |= {"J1": "delta", "J2": "=(H2-F2)*(1-H2^2)"}
    sheet |= {"A3": "dL/d", "B4": "=J2*A2", "D4": "=J2*C2", "E4": "=J2"}
    report = checked(path, sheet)
    assert (report.verdict, report.counts) == ("right", {"right": 3})
