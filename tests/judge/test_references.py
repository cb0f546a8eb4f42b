"""Formulas of a stranger's forward pass that refer to another cell, read with the map's help."""

import openpyxl
import pytest

import xlbackprop
from tests.support.chains import drawn
from tests.support.lines_of_steps import SPEC

MAP = """
spec = "mlp.toml"
[tensors]
dense1.h = "B2:B3"
dense1.w = "D2:E3"
dense1.out = "G2:G3"
sigmoid1.out = "I2:I3"
dense2.w = "D6:E7"
dense2.out = "G6:G7"
{name}.out = "I6:I7"
loss.target = "K6:K7"
loss.L = "M6"
"""
CELLS = {
    "B2": 0.35, "B3": -0.72, "D2": 0.41, "E2": -0.53, "D3": 0.67, "E3": 0.19,
    "D6": 0.73, "E6": -0.31, "D7": 0.28, "E7": 0.86, "K6": 0.2, "K7": 0.9,
    "G2": "=D2*B$2+E2*B$3", "G3": "=D3*B$2+E3*B$3",
    "I2": "=1/(1+EXP(-G2))", "I3": "=1/(1+EXP(-G3))",
    "G6": "=D6*I$2+E6*I$3", "G7": "=D7*I$2+E7*I$3",
    "M6": "=0.5*((I6-K6)^2+(I7-K7)^2)",
}  # fmt: skip
NAMES = {"sigmoid": "sigmoid2", "tanh": "tanh1", "softplus": "softplus1"}
LAST = {"sigmoid": "=1/(1+EXP(-{}))", "tanh": "=TANH({})", "softplus": "=LN(1+EXP({}))"}
SLIPS = {
    "another unit": ("I2", "=1/(1+EXP(-G3))", "G3 (dense1.out[1]) stands where G2 (dense1.out[0])"),
    "another input": ("G2", "=D2*B$2+E2*B$2", "B2 (dense1.h[0]) stands where B3 (dense1.h[1])"),
    "another weight": ("G7", "=D7*I$2+E6*I$3", "E6 (dense2.w[0,1]) stands where E7"),
    "one row too low": ("G7", "=D8*I$2+E7*I$3", "D8 stands where D7 (dense2.w[1,0])"),
    "minus for plus": ("G6", "=D6*I$2-E6*I$3", "- stands where + belongs"),
    "times for minus": ("M6", "=0.5*((I6*K6)^2+(I7-K7)^2)", "* stands where - belongs"),
    "another cell": ("G6", "=D6*G$2+E6*I$3", "G2 (dense1.out[0]) stands where I2"),
}  # fmt: skip


def checked(folder, last, **changes):
    (folder / "mlp.toml").write_text(last.join(SPEC.rsplit("sigmoid", 1)))
    (folder / "map.toml").write_text(MAP.format(name=NAMES[last]))
    book = openpyxl.Workbook()
    ends = {f"I{row}": LAST[last].format(f"G{row}") for row in (6, 7)}
    for cell, value in {**CELLS, **ends, **changes}.items():
        book.active[cell] = value
    book.save(folder / "mine.xlsx")
    return xlbackprop.check(folder / "mine.xlsx", map=folder / "map.toml")


@pytest.mark.many(quick=["another unit", "times for minus"])
@pytest.mark.parametrize("slip", SLIPS)
def test_cell_that_stands_for_another_is_named_in_three_networks(slip, tmp_path):
    cell, formula, message = SLIPS[slip]
    for last in LAST:
        report = checked(tmp_path, last, **{cell: formula})
        assert report.counts["wrong"] == 1
        (said,) = [one for tensor in report.tensors for one in tensor.diagnosis]
        assert said["slip"] == slip
        assert message in said["message"]


def test_honest_page_is_not_accused(tmp_path):
    for last in LAST:
        assert checked(tmp_path, last).verdict == "right"


@pytest.mark.parametrize("formula", ["=D2*B2*0.37+E3*0.811-0.42", "=D2*B2+E2*B3+0.1234", "=0.3141"])
def test_formula_that_no_single_change_mends_says_nothing(formula, tmp_path):
    report = checked(tmp_path, "sigmoid", G2=formula)
    (said,) = [one for tensor in report.tensors for one in tensor.diagnosis]
    assert said["slip"] == "unknown"


@pytest.mark.many(quick=["0-derivative of another unit"])
@pytest.mark.parametrize(
    ("seed", "name"), [(0, "derivative of another unit"), (30, "another unit")]
)
def test_derivative_of_another_unit_is_called_so_where_only_it_can_be_meant(seed, name, tmp_path):
    """Where all is one formula, dL/dw, the cell may have another part in it."""
    sheet = drawn(seed, "derivative of another unit")
    sheet.book.save(tmp_path / "sheet.xlsx")
    report = xlbackprop.check(tmp_path / "sheet.xlsx", spec=sheet.network.spec, engine="none")
    assert {one.slip for one in report.cells if one.status == "wrong"} == {name}
