"""Where the engine and a saved number differ: who is believed, and what rests on it."""

import os

import numpy as np
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.oracles import libreoffice
from tests.support.stored_cells import add_sheet, put

LAST = ("conv1.dL_dh", (1, 2, 3))  # nothing depends on it
OUT = ("conv1.out", (0, 0, 0))  # loss.error depends on it
ERROR = ("loss.error", (0, 0, 0))

# Formulas that are known to neither the evaluator nor the engine, and a number that Excel and
# LibreOffice make of them.
UNION = "SUM(($A$900,$A$901))+{number}"
GAPS = [
    pytest.param(UNION, id="union"),
    pytest.param("SUM($A$900:INDEX($A$900:$A$901,2))+{number}", id="index-as-a-corner"),
    pytest.param("SUM($A$900:$B$901 $A$900:$A$901)+{number}", id="intersection"),
]
# What the engine gets wrong, and the evaluator right.
KNOWN = [
    pytest.param("INDEX($A$900,1)+{number}", id="index-of-one-cell"),
    pytest.param("SUMPRODUCT(MOD($A$900:$A$901,2))+{number}", id="mod-of-a-range"),
]


@pytest.fixture
def book(tmp_path):
    spec = conv_spec(GEOMETRIES["plain"], loss="mse", seed=1)
    return xlbackprop.build(spec, tmp_path / "book.xlsx")


@pytest.fixture
def truth(book):
    return arrays_of(book)


@pytest.fixture
def alone(monkeypatch):
    """The engine without LibreOffice."""
    monkeypatch.setenv("PATH", os.devnull)


def number(truth, place):
    return float(truth[place[0]][place[1]])


def formula(gap, value):
    """Return a formula that gives the value, though the engine does not know it."""
    return f"={gap.format(number=repr(value))}"


def saved(place, gap, value, truth):
    return {place: (formula(gap, number(truth, place)), value)}


def by_place(report):
    return {(cell.tensor, cell.index): cell for cell in report.cells}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("gap", GAPS)
def test_saved_number_is_judged_and_said_not_to_be_recalculated(gap, book, truth):
    fill(book, saved(OUT, gap, number(truth, OUT), truth))
    review = xlbackprop.review_workbook(book)
    report = xlbackprop.make_report(review)
    assert report.verdict == "right"
    assert report.notes == ("1 cell was not recalculated: what was saved there is judged",)
    untried = review.found["conv1.out"].recalculated.untried
    assert np.argwhere(untried).tolist() == [list(OUT[1])]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("gap", GAPS)
def test_saved_number_that_is_wrong_is_wrong(gap, book, truth):
    fill(book, saved(LAST, gap, number(truth, LAST) + 1, truth))
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found) == ("wrong", number(truth, LAST) + 1)
    assert cell.note.startswith("not recalculated: it has, or rests on, a formula that")


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("known", KNOWN)
def test_what_the_evaluator_knows_is_beyond_doubt(known, book, truth):
    """The engine does not compute it: what was saved is of no concern all the same."""
    value = number(truth, LAST)
    fill(book, saved(LAST, known, value, truth))
    report = xlbackprop.check(book, prove=2)
    assert [(cell.tensor, cell.index) for cell in report.cells] == [LAST]  # a number, disproved
    fill(book, {LAST: (formula(known, value + 1), value)})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found) == ("wrong", pytest.approx(value + 1))
    assert cell.note.startswith("stale: the saved value was")


@pytest.mark.libreoffice
@pytest.mark.parametrize("gap", GAPS)
def test_libreoffice_is_asked_where_it_is_installed(gap, book, truth):
    libreoffice.require_libreoffice()
    fill(book, saved(LAST, gap, number(truth, LAST), truth))
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert report.notes == ("1 cell was recalculated by LibreOffice, for want of the engine",)


@pytest.mark.libreoffice
@pytest.mark.parametrize("gap", GAPS)
def test_forged_number_is_found_out_by_libreoffice(gap, book, truth):
    """The formula gives something else, which the engine cannot tell."""
    libreoffice.require_libreoffice()
    forged = {OUT: (formula(gap, 0.5), number(truth, OUT))}
    fill(book, forged)
    found = by_place(xlbackprop.check(book))
    assert (found[OUT].status, found[OUT].found) == ("wrong", 0.5)
    assert found[ERROR].status == "carried"


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    "text", ["=2*3", "=SUM(2,4)", "=MAX(6,$A$900)", "=IF(1>0,6,7)", "=6+0*SUMPRODUCT($A$1:$B$2)"]
)
def test_forged_number_over_a_formula_that_the_engine_knows_is_found_out(text, book, truth):
    fill(book, {LAST: (text, number(truth, LAST))})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, cell.found) == ("wrong", 6)
    assert cell.note.startswith("stale: the saved value was")


@pytest.mark.usefixtures("alone")
def test_what_rests_on_such_a_cell_is_recalculated_from_the_saved_number(book, truth):
    changes = saved(OUT, UNION, number(truth, OUT), truth)
    fill(book, {**changes, ERROR: ("=1+1", number(truth, ERROR))})
    found = by_place(xlbackprop.check(book))
    assert (found[ERROR].status, found[ERROR].found) == ("wrong", 2)
    assert OUT not in found


@pytest.mark.usefixtures("alone")
def test_chain_of_such_cells_takes_the_place_of_formulas_one_after_the_other(book, truth):
    _, out = places_by_index(book)[OUT]
    changes = saved(OUT, UNION, number(truth, OUT), truth)
    error = number(truth, ERROR)
    sheet = places_by_index(book)[OUT][0]
    chained = f"=SUM(({sheet}!{out},{sheet}!{out}))*0+{error!r}"
    fill(book, {**changes, ERROR: (chained, error)})
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert report.notes == ("2 cells were not recalculated: what was saved there is judged",)


@pytest.mark.usefixtures("alone")
def test_engine_that_differs_though_the_saved_number_is_right_is_not_believed(book, truth):
    """COUNT over an array is 0 to the engine: a number, but another one."""
    value = number(truth, LAST)
    fill(book, {LAST: f"={value!r}"})
    sheet, address = places_by_index(book)[LAST]
    text = f"{value!r}+COUNT(1/ISBLANK($A$900:$A$902))-3"
    array = f'<f t="array" ref="{address}">{text}</f><v>{value!r}</v>'
    put(book, sheet, {address: array})
    report = xlbackprop.check(book)
    assert (report.verdict, len(report.notes)) == ("right", 1)
    put(book, sheet, {address: array.replace(f"<v>{value!r}", f"<v>{value + 1!r}")})
    (cell,) = xlbackprop.check(book).cells
    assert cell.status == "wrong"


@pytest.mark.usefixtures("alone")
def test_array_formula_that_the_engine_does_not_know_is_taken_as_a_whole(book, truth):
    """Three cells filled by one formula: each has its saved number, none is tried."""
    places = [("conv1.dL_dh", (1, 2, column)) for column in range(3)]
    sheet, _ = places_by_index(book)[places[0]]
    addresses = [places_by_index(book)[place][1] for place in places]
    numbers = [number(truth, place) for place in places]
    cells = {one: f"<v>{n!r}</v>" for one, n in zip(addresses, numbers, strict=True)}
    formula = f"TRUNC({{0,0,0}})+{{{','.join(map(repr, numbers))}}}"
    area = f"{addresses[0]}:{addresses[2]}"
    cells[addresses[0]] = f'<f t="array" ref="{area}">{formula}</f><v>{numbers[0]!r}</v>'
    put(book, sheet, cells)
    review = xlbackprop.review_workbook(book)
    assert xlbackprop.make_report(review).verdict == "right"
    untried = review.found["conv1.dL_dh"].recalculated.untried
    assert np.argwhere(untried).tolist() == [list(index) for _, index in places]


@pytest.mark.usefixtures("alone")
def test_wrong_formula_that_rests_on_such_a_cell_is_disproved(book, truth):
    """In a draw the cell that cannot be tried has the number that it should have."""
    changes = saved(OUT, UNION, number(truth, OUT), truth)
    fill(book, {**changes, ERROR: (f"={number(truth, ERROR)!r}", number(truth, ERROR))})
    report = xlbackprop.check(book, prove=5)
    assert [(cell.tensor, cell.index) for cell in report.cells if cell.status == "wrong"] == [ERROR]


@pytest.mark.usefixtures("alone")
def test_formulas_that_rest_on_such_a_cell_are_tried_and_hold(book, truth):
    fill(book, saved(OUT, UNION, number(truth, OUT), truth))
    report = xlbackprop.check(book, prove=5)
    assert not report.cells
    assert sum("could not be tried" in note for note in report.notes) == 1


@pytest.mark.usefixtures("alone")
def test_cell_that_rests_on_a_scratch_cell_which_cannot_be_computed_is_not_accused(book, truth):
    """The scratch cell keeps its number in each draw: what rests on it is not tried."""
    value = number(truth, LAST)
    add_sheet(book, "Scratch", {"B2": f"<f>SUM(($A$1,$A$3))+{value!r}</f><v>{value!r}</v>"})
    fill(book, {LAST: ("=Scratch!B2+0", value)})
    review = xlbackprop.review_workbook(book, prove=5)
    assert not xlbackprop.make_report(review).cells
    untried = review.found["conv1.dL_dh"].recalculated.untried
    assert np.argwhere(untried).tolist() == [list(LAST[1])]


@pytest.mark.parametrize(
    ("text", "reason", "statuses"),
    [
        pytest.param(
            '=IFERROR(__xludf.DUMMYFUNCTION("GOOGLEFINANCE()"),{number})', "Google", [], id="google"
        ),
        # What stands in another workbook is nothing that was worked out here.
        pytest.param("=IFERROR([1]Sheet1!A1,{number})", "another workbook", ["typed"], id="link"),
    ],
)
def test_formula_of_which_the_file_has_the_last_value_only_is_not_tried(
    text, reason, statuses, book, truth
):
    value = number(truth, LAST)
    fill(book, {LAST: (text.format(number=value), value)})
    review = xlbackprop.review_workbook(book, prove=5)
    assert [cell.status for cell in xlbackprop.make_report(review).cells] == statuses
    assert reason in review.found["conv1.dL_dh"].recalculated.texts[LAST[1]]
    fill(book, {LAST: (text.format(number=value + 1), value + 1)})
    (cell,) = xlbackprop.check(book).cells
    assert (cell.status, reason in cell.note) == ("wrong", True)
