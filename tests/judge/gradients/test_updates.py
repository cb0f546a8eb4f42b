"""Where an update takes another weight's gradient, the update is wrong, and the gradient is not."""

import openpyxl
import pytest

import xlbackprop

COLUMNS = "BCD"
INPUTS, WEIGHTS = (0.5, -0.3, 0.8), ((0.1, 0.2, -0.3), (0.4, -0.5, 0.6))


def layer(*, has_label, taken=lambda row, column: (row, column), gradient=None):
    """A layer of two units and three inputs, and each weight less 0.2 times its gradient.

    `taken` says by place which gradient a weight's update takes, and `gradient` of which weight a
    cell of gradients is that.
    """
    gradient = gradient or (lambda row, column: (row, column))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A4"], sheet["A8"] = "x", "t", "W", "L"
    sheet["G1"], sheet["H1"], sheet["B8"] = "lr", 0.2, "=0.5*SUMXMY2(B7:C7,B2:C2)"
    sheet["A11"] = "dL/dW" if has_label else None
    for column, number in zip(COLUMNS, INPUTS, strict=True):
        sheet[f"{column}1"] = number
    for row in range(2):
        unit = COLUMNS[row]
        sheet[f"{unit}2"] = 0.7 - row
        sheet[f"{unit}7"] = f"=SUMPRODUCT($B$1:$D$1,B{4 + row}:D{4 + row})"
        sheet[f"{unit}9"] = f"={unit}7-{unit}2"
        for at, column in enumerate(COLUMNS):
            sheet[f"{column}{4 + row}"] = WEIGHTS[row][at]
            of_unit, of_input = gradient(row, at)
            sheet[f"{column}{11 + row}"] = f"={COLUMNS[of_unit]}$9*{COLUMNS[of_input]}$1"
            down, along = taken(row, at)
            sheet[f"{column}{14 + row}"] = f"={column}{4 + row}-$H$1*{COLUMNS[along]}{11 + down}"
    return book


def wrong_rows(path, book):
    """Return the rows in which cells are wrong, and what is said of them."""
    book.save(path)
    report = xlbackprop.check(path)
    wrong = [one for one in report.cells if one.status == "wrong"]
    return {int(one.cell[1:]) for one in wrong}, {one.slip for one in wrong}, report


TAKEN = {
    "next column": lambda row, column: (row, (column + 1) % 3),
    "other unit": lambda row, column: (1 - row, column),
    "always the first": lambda row, _: (row, 0),
    "two swapped": lambda row, column: (row, {0: 1, 1: 0}.get(column, column)),
}


@pytest.mark.many(quick=["next column-False", "two swapped-False"])
@pytest.mark.parametrize("has_label", [True, False])
@pytest.mark.parametrize("taken", TAKEN)
def test_update_that_takes_another_weights_gradient_is_wrong(taken, has_label, path):
    book = layer(has_label=has_label, taken=TAKEN[taken])
    rows, slips, report = wrong_rows(path, book)
    assert rows == {14, 15}
    assert slips == {"update with another weight's gradient"}
    first = next(one for one in report.cells if one.cell in ("B14", "C14"))
    belongs = first.cell[0] + "11"
    assert f"stands where {belongs}" in first.hint


@pytest.mark.many(quick=["False"])
@pytest.mark.parametrize("has_label", [True, False])
def test_gradients_that_stand_in_each_others_place_are_wrong(has_label, path):
    book = layer(has_label=has_label, gradient=TAKEN["two swapped"])
    rows, _, _ = wrong_rows(path, book)
    assert rows == {11, 12}
