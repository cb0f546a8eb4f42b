"""A workbook of one's own, checked by what its own formulas differentiate to."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.peoples_sheets import State, draw
from xlbackprop.errors import WorkbookError
from xlbackprop.judge.judgement import Status

STATUSES = {
    State.RIGHT: {Status.RIGHT},
    State.ROOT: {Status.WRONG},
    State.FOLLOWS: {Status.CARRIED, Status.WRONG},
    State.LATENT: {Status.WRONG},
}


def statuses_of(review):
    """Return the status of each judged cell, by sheet, row and column from 1."""
    found = {}
    for judgement in review.judgements.values():
        places = judgement.found.places
        for index in np.ndindex(judgement.statuses.shape):
            place = places.rows[index] + 1, places.columns[index] + 1
            found[places.sheets[places.sheet[index]], *place] = judgement.statuses[index]
    return found


def compare(sheet, path):
    """Compare what is said of each cell with what NumPy says of it."""
    found = statuses_of(xlbackprop.review_workbook(sheet.book.save(path)))
    for claim in sheet.claims:
        assert found.get(claim.cell) in STATUSES[claim.state], claim
    claimed = {claim.cell for claim in sheet.claims}
    assert {found[cell] for cell in found.keys() - claimed} <= {Status.RIGHT}


@pytest.mark.parametrize(
    ("kind", "slip"),
    [
        ("rows 2-2-2", ""),
        ("rows 2-3-1", "derivative of another unit"),
        ("rows 2-2-2", "update with +"),
        ("own samples", "sign"),
        ("pages", ""),
    ],
)
def test_each_cell_is_what_numpy_says(kind, slip, tmp_path):
    fixed = {} if kind == "pages" else {"steps": 12}
    compare(draw(kind, 1, slip, **fixed), tmp_path / "own.xlsx")


def test_wrong_cells_have_their_true_values(tmp_path):
    sheet = draw("rows 2-2-2", 1, "derivative of another unit", steps=6)
    report = xlbackprop.check(sheet.book.save(tmp_path / "own.xlsx"))
    assert report.verdict == "wrong"
    true = {(one.cell[0], one.cell[1:]): one.true for one in sheet.claims}
    wrong = [cell for cell in report.cells if cell.status == "wrong"]
    assert wrong
    for cell in wrong:
        row, column = openpyxl.utils.cell.coordinate_to_tuple(cell.cell)
        assert cell.expected == pytest.approx(true[cell.sheet, (row, column)], rel=1e-9)


def test_right_on_this_page_only_is_not_right(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x", "t", "w", "b", "o", "E", "dE/dw", "dE/db"])
    gradients = ["=(E2-B2)*C2", "=E2-B2"]  # w where x belongs, and both are 0.5
    book.active.append([0.5, 1, 0.5, 0.1, "=A2*C2+D2", "=(E2-B2)^2/2", *gradients])
    book.save(tmp_path / "own.xlsx")
    report = xlbackprop.check(tmp_path / "own.xlsx")
    (cell,) = report.cells
    assert (cell.cell, cell.status) == ("G2", "wrong")
    assert cell.note.startswith("right for these numbers only")


def test_gradients_of_another_loss_than_the_sheet_has_are_not_called_right(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x", "t", "w", "b", "z", "a", "E", *(f"dE/d{x}" for x in "wbza")])
    delta = "(F2-B2)*F2*(1-F2)"
    gradients = [f"={delta}*A2", f"={delta}", f"={delta}", "=F2-B2"]
    loss = "=(F2-B2)^2*(1+F2)"
    forward = ["=A2*C2+D2", "=1/(1+EXP(-E2))"]
    book.active.append([0.7, 1, 0.4, 0.1, *forward, loss, *gradients])
    book.save(tmp_path / "own.xlsx")
    report = xlbackprop.check(tmp_path / "own.xlsx")
    assert report.verdict == "incomplete"
    assert [(one.tensor, one.reason) for one in report.not_judged] == [
        (
            "Sheet.G2",
            "the gradients are those of half the squared error, but G2 (E) is not that: mend its"
            " formula, or the gradients",
        )
    ]


def test_numbers_without_formulas_name_the_next_commands(tmp_path):
    book = openpyxl.Workbook()
    book.active.append([1, 2, 3])
    book.save(tmp_path / "own.xlsx")
    with pytest.raises(WorkbookError) as error:
        xlbackprop.check(tmp_path / "own.xlsx")
    for words in ("--spec conv5x5x2`", "xlbackprop templates`", "xlbackprop locate", "--loss"):
        assert words in str(error.value)
