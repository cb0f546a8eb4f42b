"""The single edit that mends a formula: found, named and put into words, and never a wrong one."""

import pytest

from tests.judge.gradients import sheets_with_slips as sheets
from tests.judge.gradients.sheets_with_slips import in_all_rows
from xlbackprop.judge.gradients.edits import slips

STEP = sheets.perceptron()
CNN = sheets.convolution()
BATCH = sheets.batch()

_D1, _D2 = "(R#-A#)*R#*(1-R#)", "(T#-B#)*T#*(1-T#)"

IN_ROWS = {
    slips.ANOTHER_UNIT: (
        "Z", f"({_D1}*N#+{_D2}*P#)*J#*(1-J#)*C#",
        "J3 (a_h1) stands where L3 (a_h2) belongs: the derivative of a_h2.",
    ),
    slips.OF_NET: ("AB", "(R#-A#)*Q#*(1-Q#)*J#", "Q3 (o1) stands where R3 (a_o1) belongs."),
    slips.NO_DERIVATIVE: (
        "X", f"({_D1}*M#+{_D2}*O#)*C#",
        "The factor J3*(1-J3) is missing: the derivative of a_h1.",
    ),
    slips.ONE_PATH: ("X", f"({_D1}*M#)*J#*(1-J#)*C#", "The term (T3-B3)*T3*(1-T3)*O3 is missing."),
    "times for minus": ("AB", "(R#*A#)*R#*(1-R#)*J#", "R3*A3 stands where R3-A3 belongs."),
    slips.SIGN: ("AB", "(A#-R#)*R#*(1-R#)*J#", "A3-R3 stands where R3-A3 belongs."),
    slips.ANOTHER_WEIGHT: (
        "X", f"({_D1}*M#+{_D2}*P#)*J#*(1-J#)*C#", "P3 (w8) stands where O3 (w7) belongs."
    ),
    slips.ANOTHER_INPUT: (
        "X", f"({_D1}*M#+{_D2}*O#)*J#*(1-J#)*D#", "D3 (i2) stands where C3 (i1) belongs."
    ),
    slips.ANOTHER_CELL: (
        "AC", f"{_D1}*J#", "J3 (a_h1) stands where L3 (a_h2) belongs."
    ),
    slips.PARENTHESES: (
        "AB", "R#-A#*R#*(1-R#)*J#",
        "R3-A3*R3*(1-R3)*J3 stands where (R3-A3)*R3*(1-R3)*J3 belongs.",
    ),
    slips.FACTOR_EXTRA: ("AB", f"2*{_D1}*J#", "The factor 2 is too many."),
    slips.DERIVATIVE_EXTRA: (
        "AB", f"{_D1}*R#*(1-R#)*J#", "The factor R3*(1-R3) is too many."
    ),
    slips.TERM_EXTRA: (
        "AB", f"({_D1}+{_D2})*J#", "The term (T3-B3)*T3*(1-T3) is too many."
    ),
    slips.FACTOR_MISSING: ("AB", _D1, "The factor J3 (a_h1) is missing."),
}  # fmt: skip


@pytest.mark.parametrize("slip", IN_ROWS)
def test_slip_in_all_rows_is_one_cause(slip):
    column, formula, message = IN_ROWS[slip]
    found = STEP.edits(in_all_rows(column, formula))
    assert {edit.slip for edit in found.values()} == {slip}
    assert found[f"{column}3"].message == message
    assert len({edit.cause for edit in found.values()}) == 1


def test_slip_in_both_terms_is_one_edit():
    edit = STEP.edit("X3", "=((R3*A3)*R3*(1-R3)*M3+(T3*B3)*T3*(1-T3)*O3)*J3*(1-J3)*C3")
    assert edit.message == "R3*A3 stands where R3-A3 belongs, and so with T3*B3."
    edit = STEP.edit("X3", "=((R3-A3)*M3+(T3-B3)*O3)*J3*(1-J3)*C3")
    assert edit.message == (
        "The factor R3*(1-R3) is missing: the derivative of a_o1, and so with T3*(1-T3)."
    )


def test_mended_formula_is_the_right_one():
    edit = STEP.edit("Z4", "=((R4-A4)*R4*(1-R4)*N4+(T4-B4)*T4*(1-T4)*P4)*J4*(1-J4)*C4")
    assert "=" + edit.formula == STEP.cells["Z4"]


@pytest.mark.parametrize(
    ("planted", "slip", "message"),
    [
        (
            in_all_rows("M", "M<-G<*AB<", first=4) , slips.MOVED_RATE,
            "G3 (w3) stands where G1 (lr) belongs: a $ keeps it there.",
        ),
        (
            in_all_rows("M", "M<+$G$1*AB<", first=4), "plus for minus",
            "M3+G1*AB3 stands where M3-G1*AB3 belongs.",
        ),
        (
            in_all_rows("M", "M<-$G$1*AC<", first=4), slips.OTHER_UPDATE,
            "AC3 (dE/dw6) stands where AB3 (dE/dw5) belongs.",
        ),
        (
            in_all_rows("M", "M<-AB<", first=4), slips.NO_RATE,
            "The factor G1 (lr) is missing.",
        ),
    ],
)  # fmt: skip
def test_slip_in_updates(planted, slip, message):
    found = STEP.edits(planted)
    assert {edit.slip for edit in found.values()} == {slip}
    assert found["M4"].message == message


def test_one_row_too_high_in_a_single_row():
    edit = STEP.edit("AB4", "=(R4-A4)*R4*(1-R4)*J3")
    assert (edit.slip, edit.message) == (
        slips.TOO_HIGH, "J3 (a_h1) stands where J4 (a_h1) belongs."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("planted", "slip", "message"),
    [
        (
            {"A26": "=SUMPRODUCT(A2:C4,I20:K22)"}, slips.TOO_HIGH,
            "A2:C4 stands where A3:C5 belongs.",
        ),
        (
            {"A30": "=SUMPRODUCT(M20:O22,G2:I4)", "B31": "=SUMPRODUCT(N21:P23,G2:I4)"},
            slips.UNTURNED, "G2:I4 stands where G6:I8 belongs.",
        ),
        (
            {"A25": "=-SUMPRODUCT(A2:C4,I20:K22)"}, slips.SIGN,
            "-SUMPRODUCT(A2:C4,I20:K22) stands where SUMPRODUCT(A2:C4,I20:K22) belongs.",
        ),
        (
            {"A25": "=SUMPRODUCT(A2:C3,I20:K21)"}, slips.RANGE_SIZE,
            "A2:C3 stands where A2:C4 belongs, and so with I20:K21.",
        ),
        ({"J20": "=B10-K2"}, slips.ANOTHER_INPUT, "K2 (target) stands where L2 belongs."),
        (
            {"H31": "=H3-L17*B26", "G31": "=G3-L17*A26"}, slips.MOVED_RATE,
            "L17 stands where L16 belongs: a $ keeps it there.",
        ),
    ],
)  # fmt: skip
def test_slip_on_a_page_of_blocks(planted, slip, message):
    found = CNN.edits(planted)
    assert {edit.slip for edit in found.values()} == {slip}
    assert next(iter(found.values())).message == message


@pytest.mark.parametrize(
    ("planted", "slip"),
    [
        ({"V3": "=(R3-J3)/4"}, slips.NO_DERIVATIVE),
        ({"V3": "=(R3-J3)*IF(N4>0,1,0)/4"}, slips.ANOTHER_UNIT),
        ({"V3": "=(R3-J3)*IF(N3<0,1,0)/4"}, slips.OPERATOR),
        ({"V3": "=(R3-J3)*IF(N3>0,1,0)"}, "factor 4 extra"),
        ({"V3": "=(R3-J3)*IF(N3>0,1,0)/3"}, slips.CONSTANT),
        ({"E10": "=SUMPRODUCT(B2:B5,U2:U5)"}, slips.TOO_RIGHT),
        ({"A23": "=U3*E2+V3*E3+W3*E4"}, slips.TRANSPOSED),
        ({"A23": "=U3*E2+V3*F2"}, slips.TERM_MISSING),
        ({"A23": "=U3*E2+V3*F2-W3*G2"}, "minus for plus"),
        ({"A23": "=U2*E2+V2*F2+W2*G2"}, slips.SEVERAL_CELLS),
    ],
)
def test_slip_in_a_batch(planted, slip):
    (edit,) = BATCH.edits(planted).values()
    assert edit.slip == slip


def test_sum_where_the_samples_mean_belongs():
    edit = BATCH.edit("V3", "=(R3-J3)*IF(N3>0,1,0)")
    assert edit.message == "The result belongs divided by 4."
    assert edit.formula == "(R3-J3)*IF(N3>0,1,0)/4"


@pytest.mark.parametrize(
    "formula",
    [
        "=((R4-A4)*R4*(1-R4)*N4+(T4-B4)*T4*(1-T4)*P4)*L4*(1-L4)*C4",
        "=C4*(N4*(1-R4)*(R4-A4)*R4+(T4-B4)*T4*(1-T4)*P4)*(L4-L4^2)",
    ],
)
def test_right_formula_has_no_edit(formula):
    assert STEP.edit("Z4", formula) is None


@pytest.mark.parametrize(
    "formula",
    [
        "=((R4*A4)*Q4*(1-R4)*N4+(T4-B4)*T4*(1-T4)*P4)*J4*(1-L4)*C4",
        "=SUM(A4:H4)*R4",
        "=R4*J4+0.3",
        "=IF(A4>0,17,B4)",
    ],
)
def test_what_takes_several_edits_has_no_cause(formula):
    assert STEP.edit("Z4", formula) is None


def test_what_rests_on_the_cell_itself_does_not_mend_it():
    sheet = sheets.Sheet({"A1": 0.3, "A2": 0.7, "B1": "=A1*A2", "C1": "=B1+0", "D1": "=A1+A2"})
    assert sheet.edit("B1", "=A1/A2").slip == "divided by for times"
    edit = sheet.edit("B1", "=D1")
    assert edit is None or "C1" not in edit.formula
