"""Recurrent layers where numbers are large; elsewhere tests/network compares them with PyTorch."""

import pytest

import xlbackprop

SPEC = """
name = "large"
input = [2, 1]
[[layers]]
type = "{kind}"
units = 1
[loss]
type = "mse"
[values.arrays]
"{kind}1.h" = [[-1000.0], [1000.0]]
"{kind}1.w_ih" = {weights}
"""


@pytest.mark.parametrize(("kind", "gates"), [("lstm", 4), ("gru", 3)])
def test_gate_that_is_shut_for_good_is_0_and_no_error(kind, gates, tmp_path):
    """Beyond 709 a spreadsheet's EXP is an error."""
    spec = xlbackprop.parse_spec(SPEC.format(kind=kind, weights=[[2.0]] * gates))
    report = xlbackprop.check(xlbackprop.build(spec, tmp_path / "large.xlsx"), prove=2)
    assert report.verdict == "right"
    assert not report.not_tried
