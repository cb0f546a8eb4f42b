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
