"""The factors of a chain rule written out, as `∂out/∂net`, are no gradients of L."""

import openpyxl
import pytest

import xlbackprop

# A text over each number; nothing in the first three is a gradient of L.
FACTORS = {"I": ("∂out/∂net", "=E2*(1-E2)"), "J": ("∂net/∂w", "=A2"),
           "K": ("derivative of out", "=E2*(1-E2)")}  # fmt: skip
GRADIENTS = {"H": ("∂E_total/∂out", "=E2-F2"), "L": ("∂E_total/∂w", "=H2*I2*J2"),
             "M": ("∂E_total/∂b", "=H2*I2"), "N": ("∂E_total/∂net", "=H2*I2")}  # fmt: skip


def neuron(**changes):
    book = openpyxl.Workbook()
    sheet = book.active
    forward = {"A": ("x", 0.6), "B": ("w", 0.4), "C": ("b", 0.1), "D": ("net", "=A2*B2+C2"),
               "E": ("out", "=1/(1+EXP(-D2))"), "F": ("t", 0.9),
               "G": ("E_total", "=0.5*(F2-E2)^2")}  # fmt: skip
    for column, (text, what) in (forward | FACTORS | GRADIENTS).items():
        sheet[f"{column}1"], sheet[f"{column}2"] = text, changes.get(column, what)
    return book


def test_factors_on_the_way_are_not_held_against_a_sheet(path):
    neuron().save(path)
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts) == ("right", {"right": 4})


@pytest.mark.parametrize(("column", "formula"), [("L", "=H2*I2"), ("N", "=H2*I2*J2")])
def test_gradient_beside_them_is(column, formula, path):
    neuron(**{column: formula}).save(path)
    report = xlbackprop.check(path)
    assert [(one.cell, one.status) for one in report.cells] == [(f"{column}2", "wrong")]
