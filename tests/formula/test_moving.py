"""Formulas that cells share, as they read in each of them; openpyxl has the second opinion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

from xlbackprop.formula.moving import MovableFormula

FORMULAS = [
    "SUM(A5:B$6)*$C7+D$8",
    "SUMPRODUCT(B3:D5,$H$3:$J$5)+Sheet2!A3*'My sheet'!B4",
    "LOG10(A5)+A5",
    '"A5"&A5&"say ""B6"""',
    "SUM(A:A)+SUM(5:7)+SUM($A:B)+SUM($5:6)",
    "Table[[A1]]+C3",
    "name.A1+C3+A1B",
    "[1]S!A5+B5",
    "1+2",
    "",
]


def by_openpyxl(formula, rows, columns):
    there = f"{get_column_letter(columns + 5)}{rows + 5}"
    return str(Translator(f"={formula}", origin="E5").translate_formula(there))[1:]


@pytest.mark.parametrize("formula", FORMULAS)
@given(rows=st.integers(0, 500), columns=st.integers(0, 500))
def test_formula_reads_as_another_program_has_it(formula, rows, columns):
    assert MovableFormula(formula).moved(rows, columns) == by_openpyxl(formula, rows, columns)


def test_formula_moved_up_and_to_the_left():
    assert MovableFormula("C5+$C$5").moved(-2, -1) == "B3+$C$5"


@pytest.mark.parametrize(("rows", "columns"), [(-5, 0), (0, -3), (2**20, 0), (0, 2**14)])
def test_reference_that_leaves_the_sheet_is_lost(rows, columns):
    assert MovableFormula("C5+1").moved(rows, columns) == "#REF!+1"
