"""Where an update takes another weight's gradient, the update is wrong, and the gradient is not."""

import pytest

import xlbackprop
from tests.judge.gradients.one_layer import layer


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
