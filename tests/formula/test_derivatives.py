"""Derivatives of sheets: against central differences, and against PyTorch."""

import numpy as np
import pytest

from tests.support.formula_pages import contents
from xlbackprop.formula.addresses import read_cell
from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.gradients import gradients

CELLS = {"A1": 0.7, "B1": 1.9, "A2": 2.3, "B2": 0.4, "A3": -0.6, "B3": 1.2}
FORMULAS = {
    "ABS": "ABS(A3)*B1", "SIGN": "SIGN(A3)*A1", "EXP": "EXP(A1*A3)", "LN": "LN(A2)",
    "LOG": "LOG(A2,B1)+LOG(A1)", "LOG10": "LOG10(A1)", "SQRT": "SQRT(B2)/A1",
    "POWER": "POWER(A1,B1)", "TANH": "TANH(A1)", "SINH": "SINH(A1)", "COSH": "COSH(A3)",
    "NORMSDIST": "NORMSDIST(A1)*B1",
    "SIN": "SIN(A1)", "COS": "COS(A1)", "ROUND": "ROUND(A1,0)*B1", "INT": "INT(A2)*A1",
    "MOD": "MOD(A2,A1)", "PI": "PI()*A1^2", "SUM": "SUM(A1:B3,A1*2)", "SUMSQ": "SUMSQ(A1:B2,A1)",
    "SUMPRODUCT": "SUMPRODUCT(A1:A3,B1:B3)+SUMPRODUCT(A1:A2*B1:B2-A1)",
    "SUMXMY2": "SUMXMY2(A1:A3,B1:B3)", "MAX": "MAX(A1:B2,A1*4)*A1", "MIN": "MIN(A1:B3)*A1",
    "AVERAGE": "AVERAGE(A1:B3,A1)", "COUNT": "COUNT(A1:B3)*A1", "VAR.P": "VAR.P(A1:B3)",
    "VARP": "VARP(A1:A3)", "VAR.S": "VAR.S(A1:B3)", "VAR": "VAR(A1:A3)",
    "STDEV.P": "STDEV.P(A1:B3)", "STDEVP": "STDEVP(A1:A3)", "STDEV.S": "STDEV.S(A1:B3)",
    "STDEV": "STDEV(A1:A3)", "IF": "IF(A1>B1,A1*A2,B1^2)", "AND": "IF(AND(A1>0,B1>0),A1,B1)",
    "OR": "IF(OR(A1>5,A3>5),A1,B1)", "NOT": "IF(NOT(A1>0),A1,B1)", "N": "N(A1)*B1",
    "IFERROR": "IFERROR(A1/B1,A2)", "ROWS": "A1/ROWS(A1:A3)", "COLUMNS": "A1*COLUMNS(A1:B1)",
    "TRANSPOSE": "SUMPRODUCT(TRANSPOSE(A1:A2),A3:B3)", "ROW": "A1*ROW()", "COLUMN": "A1*COLUMN()",
    "MMULT": "SUM(MMULT(A1:B2,A2:B3))", "TRUE": "IF(TRUE(),A1,B1)", "FALSE": "IF(FALSE(),A1,B1)",
    "INDEX": "INDEX(A1:B3,2,1)*INDEX(A1:A3,3)*INDEX(A1:B1,B3)", "CHOOSE": "CHOOSE(2,A1,B1*A2,A2)",
}  # fmt: skip
WITHOUT = {"NA"}


def places(computation, addresses):
    cells = np.array([read_cell(one) for one in addresses])
    return computation.plane.indices(0, cells[:, 0], cells[:, 1])


def compared(cells, loss, inputs):
    """Return dL/d(input) by reverse mode, and by central differences; the last input is drawn."""
    computation = Computation(Contents([contents(cells)]))
    at, (loss_at,) = places(computation, inputs), places(computation, [loss])
    values = np.array([cells[one] for one in inputs], dtype=float)
    found = gradients(computation, computation.draws(at, values[None]), int(loss_at))[at, 0]
    step = 1e-5 * np.eye(len(at))
    moved = computation.draws(at, np.concatenate([values + step, values - step]))
    losses = moved.numbers[loss_at]
    return found, (losses[: len(at)] - losses[len(at) :]) / 2e-5


def test_every_function_has_an_example():
    assert set(FORMULAS) | WITHOUT == set(FUNCTIONS)


@pytest.mark.parametrize("name", FORMULAS)
def test_derivative_of_function(name):
    cells = CELLS | {"D1": "=" + FORMULAS[name], "D2": "=D1*D1+A1*3"}
    found, expected = compared(cells, "D2", list(CELLS))
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_planted_mistake_is_noticed():
    found, _ = compared(CELLS | {"D2": "=A1*B1"}, "D2", list(CELLS))
    _, expected = compared(CELLS | {"D2": "=A1*B2"}, "D2", list(CELLS))
    assert not np.allclose(found, expected, rtol=1e-3)


SHAPES = [
    "{a}*{b}-{c}", "EXP(-{a})/(1+{b}^2)", "TANH({a})+{b}/(2+{c}^2)", "SUM(A1:{a})*{b}",
    "SUMPRODUCT(A1:A3,A2:A4)-{a}", "IF({a}>{b},{a},{c}*0.1)", "-{a}^2+50%*{b}",
    "MAX({a},{b}*2,A1:A3)", "MIN({a},{b})*{c}", "AVERAGE(A1:{a})", "SQRT(1+{a}^2)*{b}",
    "LN(1+{a}^2)-LN(2+{b}^2)", "({a}-{b})^3/6", "SUMXMY2(A1:A5,A2:A6)*{a}", "ABS({a}-0.123)",
    "VAR.S(A1:A5,{a})", "INDEX(A1:A5,3)*{a}", "CHOOSE(2,{a},{b},{c})", "IFERROR({a}/{b},{c})",
    "SUM(MMULT(A1:A3,TRANSPOSE(A2:A4)))*{a}", "SUMSQ({a},{b},A1:A2)", "SIN({a})*COS({b})",
    "POWER(1+{a}^2,{b}/9)", "N({a}>{b})*{c}+{a}", "SUMPRODUCT((A1:A5>{a})*A1:A5)",
]  # fmt: skip


@pytest.mark.many(quick=[f"{seed}" for seed in range(5)])
@pytest.mark.parametrize("seed", range(100))
def test_drawn_sheet(seed):
    """Formulas on what stands above them, no network."""
    rng = np.random.default_rng(seed)
    cells = {f"A{row}": float(rng.uniform(0.3, 2)) for row in range(1, 6)}
    row = 6
    while row < 26:
        names = {key: f"A{rng.integers(1, row)}" for key in "abc"}
        formula = "=" + SHAPES[rng.integers(len(SHAPES))].format(**names)
        if rng.integers(4):
            cells[f"A{row}"] = f"{formula}/3"
        else:
            cells[f"A{row}:A{row + 2}"] = f"=TANH(A1:A3*{names['a']})+A{row - 1}"
            row += 2
        row += 1
    cells["A40"] = "=SUM(A6:A30)"
    found, expected = compared(cells, "A40", [f"A{row}" for row in range(1, 6)])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


ARRAYS = {
    "product": ("D1:E2", "=MMULT(A1:B2,TRANSPOSE(A2:B3))"),
    "product and row": ("D1:E3", "=MMULT(A1:B3,A1:B2)+A3:B3"),
    "turned": ("D1:F2", "=TRANSPOSE(A1:B3)*2"),
    "entry by entry": ("D1:E3", "=1/(1+EXP(-A1:B3))-A1*B1:B3"),
    "choice": ("D1:E3", "=IF(A1:B3>0.5,A1:B3,0.1*A1:B3^2)"),
    "mask": ("D1:E3", "=(A1:B3>0)*A1:B3"),
    "one for all": ("D1:E2", "=SUM(A1:B3^2)/AVERAGE(A1:A3)"),
    "row for all": ("D1:E3", "=A2:B2*A1"),
    "too much": ("D1:D2", "=A1:B3*A1"),
    "softmax": ("D1:E3", "=EXP(A1:B3)/MMULT(EXP(A1:B3),{1;1})"),
    "single cell": ("D1:D1", "=SUM(IF(A1:A3>B1:B3,A1:A3*B1:B3))"),
    "looked up": ("D1:E2", "=A1:B2*INDEX(A1:B3,3,2)"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_derivative_of_array_formula(name):
    area, formula = ARRAYS[name]
    cells = CELLS | {area: formula, "H1": f"=SUMSQ({area})+SUMPRODUCT({area},{area})*D1"}
    found, expected = compared(cells, "H1", list(CELLS))
    assert np.isfinite(expected).all()
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_array_formulas_rest_on_one_another():
    """Two of one shape, of which the second refers to cells of the first."""
    cells = CELLS | {"D1:E2": "=MMULT(A1:B2,A2:B3)", "D5:E6": "=MMULT(D1:E2,A1:B2)"}
    cells |= {"G1": "=E6*D5+D2", "H1": "=IF(G1>0,G1^2,0)"}
    found, expected = compared(cells, "H1", list(CELLS))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_derivative_where_cells_are_blank_or_hold_texts():
    cells = CELLS | {"A4": "a text", "B5": True, "C1": "w"}
    wholes = ["AVERAGE(A1:B6)", "MAX(A1:B6)", "MIN(B1:B6)", "VAR.S(A1:B6)", "STDEV.P(A1:A6)"]
    wholes += ["SUMPRODUCT(A1:A6,B1:B6)", "SUMXMY2(A1:A6,B1:B6)", "SUM(A1:A6)", "SUMSQ(A1:B6)"]
    cells |= {f"D{row}": f"={whole}" for row, whole in enumerate(wholes, 1)}
    for row in range(1, len(wholes) + 1):
        found, expected = compared(cells, f"D{row}", list(CELLS))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def derivative_by(cells, loss, inputs):
    computation = Computation(Contents([contents(cells)]))
    at = places(computation, [*inputs, loss])
    return gradients(computation, computation.page(), int(at[-1]))[at[:-1], 0].tolist()


@pytest.mark.parametrize(
    "unknown",
    [
        "=NOSUCHFUNCTION(A1)", "=SUM((A1,A1))", "=A1:A2", "=SUM(A:A)*0+NOSUCHFUNCTION()", "=C1+A1",
        "=Elsewhere!B2+A1",
    ],
)  # fmt: skip
def test_what_also_feeds_through_a_cell_that_is_not_known_is_not_known(unknown):
    cells = {"A1": 2.0, "A2": 3.0, "A9": "=A1*2", "C1": unknown, "D1": "=A9*A2+C1"}
    found = derivative_by(cells | {"B1": 5.0}, "D1", ["A1", "A9"])
    assert np.isnan(found[0])
    assert found[1] == 3 or unknown == "=Elsewhere!B2+A1" or "A:A" in unknown


def test_what_feeds_through_two_cells_that_are_not_known_is_not_known():
    cells = {"A1": 2.0, "A2": 3.0, "B1": "=NOSUCHFUNCTION(A1)", "B2": "=B1+1"}
    cells |= {
        "B3": "=NOSUCHFUNCTION(B2)",
        "B4": "=B3*A2",
        "B5": "=B4+A2",
        "B6": "=NOSUCHFUNCTION(A2)",
    }
    found = derivative_by(cells, "B5", ["A1", "B2", "A2", "B4", "B6"])
    assert np.isnan(found[:3]).all()
    assert found[3:] == [1, 0]


@pytest.mark.parametrize("text", ['=INDIRECT("A1")', "=OFFSET(A2,-1,0)", "=unheard_of*2"])
def test_what_may_refer_to_anything_hides_all_but_what_rests_on_it(text):
    cells = {"A1": 2.0, "A2": 3.0, "B1": text, "B2": "=B1*A2", "B3": "=B2+A1"}
    found = derivative_by(cells, "B3", ["A1", "A2", "B2"])
    assert np.isnan(found[:2]).all()
    assert found[2] == 1


def test_unknown_cell_that_feeds_nothing_hides_nothing():
    cells = {"A1": 2.0, "B1": "=NOSUCHFUNCTION(A1)", "C1": "=A1^2", "D1": "=IF(A1>0,C1,B1)"}
    assert derivative_by(cells, "D1", ["A1", "B1"]) == [4, 0]


def test_what_has_no_derivative_here_is_not_known():
    cells = CELLS | {"D1": "=NOSUCHFUNCTION(A1:A3,2)", "D2": "=D1+B1"}
    computation = Computation(Contents([contents(cells)]))
    at = places(computation, ["A2", "B1", "D2"])
    found = gradients(computation, computation.page(), int(at[2]))[at, 0]
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1, 1]


def test_nothing_is_followed_behind_what_was_given():
    cells = {"A1": 2.0, "B1": "=A1^2", "C1": "=B1*3"}
    computation = Computation(Contents([contents(cells)]))
    at = places(computation, ["A1", "B1", "C1"])
    board = computation.draws(at[1:2], np.array([[5.0], [7.0]]))
    found = gradients(computation, board, int(at[2]), at[1:2])
    assert found[at].tolist() == [[0, 0], [3, 3], [1, 1]]


@pytest.mark.slow
def test_perceptron_by_hand_equals_pytorch():
    import torch

    rng = np.random.default_rng(0)
    inputs = {
        one: float(rng.normal())
        for one in ["A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E1", "E2", "F1", "F2"]
    }
    cells = inputs | {
        "H1": "=1/(1+EXP(-SUMPRODUCT(B1:C1,TRANSPOSE(A$1:A$2))))",
        "H2": "=1/(1+EXP(-(B2*A1+C2*A2)))",
        "I1": "=D1*H1+E1*H2", "I2": "=D2*H1+E2*H2",
        "J1": "=EXP(I1)/SUM(EXP(I1),EXP(I2))", "J2": "=EXP(I2)/SUM(EXP(I1),EXP(I2))",
        "K1": "=-(F1*LN(J1)+F2*LN(J2))",
    }  # fmt: skip
    found, _ = compared(cells, "K1", list(inputs))
    leaves = {
        one: torch.tensor(v, dtype=torch.float64, requires_grad=True) for one, v in inputs.items()
    }

    def block(*names):
        return torch.stack([leaves[one] for one in names])

    hidden = torch.sigmoid(block("B1", "C1", "B2", "C2").reshape(2, 2) @ block("A1", "A2"))
    out = block("D1", "E1", "D2", "E2").reshape(2, 2) @ hidden
    (-(block("F1", "F2") * torch.log_softmax(out, 0)).sum()).backward()
    np.testing.assert_allclose(found, [float(one.grad) for one in leaves.values()], rtol=1e-9)
