"""One cell of a block of right gradients is judged, whatever stands in it."""

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import arrays_of, places_by_index

CELLS = {"corner": (0, 0, 0), "edge": (0, 4, 2), "middle": (1, 2, 2)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A convolution as somebody may have made it: our formulas, without names and description."""
    path = xlbackprop.build("conv5x5x2", tmp_path_factory.mktemp("gaps") / "page.xlsx")
    book, places, arrays = openpyxl.load_workbook(path), places_by_index(path), arrays_of(path)
    del book["_xlbackprop"]
    for name in list(book.defined_names):
        del book.defined_names[name]
    return book, places, arrays["conv1.dL_dh"]


def judged(page, folder, index, change):
    """Return the report on the page with one entry of dL/dh changed, and the entry's cell."""
    book, places, truth = page
    sheet, address = places["conv1.dL_dh", index]
    before = book[sheet][address].value
    book[sheet][address].value = change(before.removeprefix("="), float(truth[index]))
    path = folder / "own.xlsx"
    book.save(path)
    book[sheet][address].value = before
    return xlbackprop.check(path), address


def test_every_gradient_of_a_convolution_is_recognised(page, tmp_path):
    report, _ = judged(page, tmp_path, (0, 0, 0), lambda formula, _: f"={formula}")
    assert (report.verdict, report.counts) == ("right", {"right": 54 + 3 + 50})


CHANGES = {
    "scaled": lambda formula, _: f"=({formula})*1.1",
    "sign": lambda formula, _: f"=-({formula})",
    "constant-added": lambda formula, _: f"={formula}+0.5",
    "constant": lambda _, number: f"={number + 0.5!r}",
    "typed": lambda _, number: round(number + 0.5, 2),
}


@pytest.mark.many(quick=["corner-scaled", "middle-typed", "edge-sign"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("where", CELLS)
def test_wrong_cell_among_right_ones_is_wrong(where, change, page, tmp_path):
    report, address = judged(page, tmp_path, CELLS[where], CHANGES[change])
    assert [(cell.cell, cell.status) for cell in report.cells] == [(address, "wrong")]


@pytest.mark.parametrize("value", ["text", "=1/0"])
def test_what_is_no_number_leaves_the_verdict_open(value, page, tmp_path):
    report, address = judged(page, tmp_path, CELLS["middle"], lambda *_: value)
    assert report.verdict == "incomplete"
    assert any(address in one.tensor for one in report.not_judged)


def test_typed_number_may_be_rounded(page, tmp_path):
    report, _ = judged(page, tmp_path, CELLS["middle"], lambda _, number: round(number, 2))
    assert report.verdict == "right"


@pytest.mark.parametrize("right_class", range(4))
def test_output_of_a_softmax_is_no_gradient_though_the_others_equal_one(right_class, tmp_path):
    """L is made of the sum; each output but the right class's is dL/dz of its score."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["z", "exp", "p", "y", "dL/dz"])
    for row, score in enumerate((0.5, -1.2, 0.3, 0.9), start=2):
        y = int(row - 2 == right_class)
        sheet.append([score, f"=EXP(A{row})", f"=B{row}/$B$7", y, f"=C{row}-D{row}"])
    sheet["A7"], sheet["B7"] = "sum", "=SUM(B2:B5)"
    sheet["A8"], sheet["B8"] = "L", f"=LN(B7)-A{right_class + 2}"
    book.save(tmp_path / "softmax.xlsx")
    report = xlbackprop.check(tmp_path / "softmax.xlsx")
    assert report.verdict == "right", report.cells
