"""Ranges of which a formula means one cell: where the sign for it is put."""

import numpy as np
import pytest

from xlbackprop.formula.implicit import may_mean_one_cell, with_intersections


@pytest.mark.parametrize(
    ("formula", "meant"),
    [
        ("A1:A3", "@A1:A3"),
        ("A1:A3*2+$B$1:$B$3", "@A1:A3*2+@$B$1:$B$3"),
        ("(A1:A3)*2", "(@A1:A3)*2"),
        ("'My sheet'!A1:A3+1", "@'My sheet'!A1:A3+1"),
        ("A:A*2", "@A:A*2"),
        ("SUM(A1:A3)*A1:A3", "SUM(A1:A3)*@A1:A3"),
        ("SUM(A1:A3)", "SUM(A1:A3)"),
        ("A1+B2", "A1+B2"),
        ('"A1:A3"&A1', '"A1:A3"&A1'),
        ("A1:INDEX(A1:A3,2)", "A1:INDEX(A1:A3,2)"),
        ("x*2+SUM(x)", "@x*2+SUM(x)"),
        ("y*2", "y*2"),
        ("IF(", "IF("),
        ("A1:A3+~", "A1:A3+~"),
    ],
)
def test_sign_stands_before_ranges_outside_of_calls(formula, meant):
    assert with_intersections(formula, {"x"}) == meant


def test_formulas_with_a_range_outside_of_parentheses_are_found_among_many():
    formulas = [b"SUM(A1:A3)", b"A1:A3*2", b"", b"1", b"(A1:A2)", b"SUM(A1)+B1:B2", b"A1"]
    ends = np.cumsum([len(one) for one in formulas], dtype=np.int32)
    assert may_mean_one_cell(b"".join(formulas), ends) == [1, 5]
    assert may_mean_one_cell(b"", ends[:0]) == []
