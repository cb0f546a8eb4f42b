"""What no convention is: a multiple that nothing bears out, and a sign that a label denies."""

import openpyxl
import pytest

import xlbackprop

SHEET = {
    "A1": "x", "B1": 1.5, "A2": "t", "B2": 0.7, "A3": "w", "B3": 0.4, "A4": "y", "B4": "=B1*B3",
    "A5": "E", "B5": "=0.5*(B2-B4)^2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "formula", "verdict"),
    [
        ("dE/dw", "=(B4-B2)*B1", "right"),
        ("", "=(B4-B2)*B1", "right"),
        ("delta", "=(B2-B4)*B1", "right"),  # as in the delta rule; it is said
        ("dE/dw", "=(B2-B4)*B1", "wrong"),
        ("dE/dw", "=(B4-B2)*B1*3", "incomplete"),
        ("dE/dw", "=(B4-B2)*B1/3", "incomplete"),
        ("", "=(B2-B4)*B1*3", "incomplete"),
        ("dE/dw", "=(B2-B4)*B1*3", "wrong"),
        ("dE/dw", "=2*(B4-B2)*B1", "wrong"),
    ],
)
def test_single_gradient_is_judged_by_what_it_is_called(label, formula, verdict, tmp_path):
    path = saved(tmp_path, {**SHEET, "A6": label or None, "B6": formula})
    assert xlbackprop.check(path).verdict == verdict


@pytest.mark.parametrize(("update", "verdict"), [("=B3+0.1*B6", "right"), ("=B3-0.1*B6", "wrong")])
def test_update_bears_out_a_minus_sign(update, verdict, tmp_path):
    cells = {**SHEET, "A6": "delta", "B6": "=(B2-B4)*B1", "A7": "w new", "B7": update}
    assert xlbackprop.check(saved(tmp_path, cells)).verdict == verdict


def saved(folder, cells):
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    path = folder / "own.xlsx"
    book.save(path)
    return path
