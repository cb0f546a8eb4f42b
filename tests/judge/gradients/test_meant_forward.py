"""A slip before L: gradients of the forward pass that was meant are explained in a line."""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.sheets_with_slips import perceptron
from tests.judge.gradients.test_typed_numbers import page

ROWS = range(3, 7)
SAID = "all gradients would be right as they are: then the mistake is there, and not in them"
FORWARD = {
    "another weight": (
        page() | {"B15": "=A6*$A$2+B6*$B$2+C5*$C$2+B9"}, "if B15 had C6 for C5"
    ),
    "no activation": (page() | {"B18": "=B15"}, "if B18 had the formula of A18"),
    "a sign": (
        page() | {"A18": "=1/(1+EXP(A15))", "B18": "=1/(1+EXP(B15))"},
        "if A18 to B18 had EXP(-z) for EXP(z)",
    ),
    "one unit twice, in all steps": (
        perceptron().cells | {f"S{row}": f"=O{row}*J{row}+P{row}*J{row}" for row in ROWS},
        "if S3 to S6 had L3 for J3",
    ),
    "no activation in all steps": (
        perceptron().cells | {f"L{row}": f"=K{row}" for row in ROWS},
        "if L3 to L6 had the formula of J3",
    ),
}  # fmt: skip


def checked(path, cells):
    book = openpyxl.Workbook()
    for address, what in cells.items():
        book.active[address] = what
    book.save(path)
    return xlbackprop.check(path)


def on_forward(report):
    return [note for note in report.notes if SAID in note]


@pytest.mark.many(quick=["no activation"])
@pytest.mark.parametrize("name", FORWARD)
def test_slip_in_the_forward_pass_is_named(name, path):
    cells, said = FORWARD[name]
    report = checked(path, cells)
    assert report.verdict == "wrong"
    assert on_forward(report) == [f"forward pass: {said}, {SAID}"]


@pytest.mark.many(quick=["derivative"])
@pytest.mark.parametrize(
    "cells",
    [
        page() | {"A24": "=(A18-A12)*A18"},
        page() | {"A27": "=$B$24*A$2", "B27": "=$B$24*B$2"},
        page() | {"B18": "=B15", "B24": "=B18-B12"},
    ],
    ids=["derivative", "another unit", "no activation, and its own gradients"],
)
def test_slip_behind_it_is_none_of_the_forward_pass(cells, path):
    assert on_forward(checked(path, cells)) == []
