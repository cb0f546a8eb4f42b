"""The derivative of an activation that is missing: named in array formulas and through links."""

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from tests.support.filling import places_by_index

X = [[0.3, -0.8, 0.5], [0.9, 0.1, -0.4], [-0.6, 0.7, 0.2], [0.4, -0.2, -0.9]]
W = [[0.2, -0.5], [0.7, 0.4], [-0.3, 0.6]]
T = [[0.1, 0.9], [0.8, 0.3], [0.5, 0.6], [0.2, 0.7]]
DELTA = "(M2:N5-I2:J5)"
SIGMOID, TANH = "1/(1+EXP(-Q2:R5))", "TANH(Q2:R5)"
SLOPES = {SIGMOID: "*M2:N5*(1-M2:N5)", TANH: "*(1-M2:N5^2)"}


def arrays(path, activation, delta, weights="MMULT(TRANSPOSE(A2:C5),U2:V5)"):
    """A layer on four samples, each step an array formula, as only its first cell is stored."""
    book = openpyxl.Workbook()
    sheet = book.active
    for column, text, numbers in (("A", "X", X), ("E", "W", W), ("I", "T", T)):
        sheet[f"{column}1"] = text
        for down, row in enumerate(numbers):
            for along, number in enumerate(row):
                sheet.cell(2 + down, ord(column) - 64 + along, number)
    for first, last, text, formula in (
        ("Q2", "R5", "Z", "MMULT(A2:C5,E2:F4)"), ("M2", "N5", "A", activation),
        ("U2", "V5", "dL/dZ", delta), ("Y2", "Z4", "dL/dW", weights),
        ("AB2", "AD5", "dL/dX", "MMULT(U2:V5,TRANSPOSE(E2:F4))"),
    ):  # fmt: skip
        sheet[f"{first[:-1]}1"] = text
        sheet[first] = ArrayFormula(f"{first}:{last}", f"={formula}")
    sheet["L8"], sheet["M8"] = "loss", "=SUMXMY2(M2:N5,I2:J5)/2"
    book.save(path)
    return xlbackprop.check(path)


@pytest.mark.parametrize("activation", [SIGMOID, TANH])
def test_array_formulas_with_the_derivative_are_right(activation, path):
    report = arrays(path, activation, DELTA + SLOPES[activation])
    assert (report.verdict, report.counts) == ("right", {"right": 8 + 6 + 12})


@pytest.mark.many(quick=[SIGMOID])
@pytest.mark.parametrize("activation", [SIGMOID, TANH])
def test_derivative_missing_in_an_array_formula_is_named(activation, path):
    report = arrays(path, activation, DELTA)
    first, second = report.causes
    assert report.counts == {"wrong": 8, "carried": 18}
    assert (first.name, first.cells) == ("derivative missing", 8)
    assert "the derivative of A" in first.advice
    assert second.status == "carried"


def test_derivative_missing_within_a_product_of_arrays_is_named(path):
    product = f"MMULT(TRANSPOSE(A2:C5),{DELTA})"
    report = arrays(path, SIGMOID, DELTA + SLOPES[SIGMOID], product)
    (cause,) = report.causes
    assert (cause.name, cause.cells) == ("derivative missing", 6)


@pytest.mark.many(quick=["sigmoid1"])
@pytest.mark.parametrize("layer", ["sigmoid1", "sigmoid2"])
def test_gradient_passed_on_without_the_derivative_is_named_once(layer, path):
    """As a page of ours without its description: a sheet per layer, and links between them."""
    xlbackprop.build("mlp-2-2-2", path)
    places, book = places_by_index(path), openpyxl.load_workbook(path)
    for name in ("_xlbackprop", "Overview"):
        del book[name]
    for name in list(book.defined_names):
        del book.defined_names[name]
    for (tensor, _), (sheet, address) in places.items():
        if tensor == f"{layer}.dL_dh":
            book[sheet][address] = book[sheet][address].value.partition("*")[0]
    book.save(path)
    report = xlbackprop.check(path)
    first, *rest = report.causes
    assert (report.counts["wrong"], first.cells, first.name) == (2, 2, "derivative missing")
    assert first.ranges[0].sheet == layer  # where it was left out, and not where it is used
    assert "The factor K10*(1-K10) is missing" in first.advice
    assert {one.status for one in rest} == {"carried"}


def test_net_where_a_dead_units_output_belongs_is_named(path):
    """The unit is dead on the page and in most draws: its output is 0, and its net is not."""
    book = openpyxl.Workbook()
    rows = [
        ("x", 0.8), ("t", 0.5), ("w1", -0.9), ("w2", 0.7), ("v1", 0.6), ("v2", 0.4),
        ("z1", "=B3*B1"), ("z2", "=B4*B1"), ("a1", "=MAX(0,B7)"), ("a2", "=MAX(0,B8)"),
        ("y", "=B5*B9+B6*B10"), ("L", "=(B11-B2)^2/2"), ("dL/dy", "=B11-B2"),
        ("dL/dv1", "=B13*B7"), ("dL/dv2", "=B13*B10"),
    ]  # fmt: skip
    for row in rows:
        book.active.append(row)
    book.save(path)
    (cell,) = xlbackprop.check(path).cells
    assert (cell.cell, cell.status) == ("B14", "wrong")
    assert "B7 (z1) stands where B9 (a1) belongs" in cell.hint
