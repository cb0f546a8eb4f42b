"""Each kind of sheet that people bring without a description, and what the first command says.

Labels, sheets, columns and the number of steps are drawn: none of these is a convention.
"""

import numpy as np
import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from tests.judge.gradients.sheets_with_slips import in_all_rows, perceptron

SHEETS = ["Sheet1", "Übung 3", "my net (copy)"]
LABELS = [
    lambda text: text,
    lambda text: text.replace("dE/d", "∂E/∂").replace("E_tot", "Σ E"),
    lambda text: text.replace("dE/d", "dLoss/d").replace("E_tot", "Total loss").upper(),
]


def network(steps, changes=()):
    """Return a 2-2-2 network with a row for each step: cells by address."""
    return perceptron(steps).cells | dict(changes)


def drawn(seed, steps, changes):
    """Return a workbook of such a network, moved, under drawn labels, with drawn numbers."""
    random = np.random.default_rng(seed)
    down, along = int(random.integers(0, 4)), int(random.integers(0, 3))
    call = LABELS[seed % len(LABELS)]
    numbers = {column: round(float(random.normal(0, 0.05)), 3) for column in "ABCDEFGHMNOP"}
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEETS[seed % len(SHEETS)]
    for address, value in network(steps, changes).items():
        at = moved(address, down, along)
        if not isinstance(value, str):
            is_drawn = address not in changes and address != "G1"
            sheet[at] = value + numbers[address[0]] if is_drawn else value
        elif value.startswith("="):
            formula = Translator(value, address).translate_formula(at)
            sheet[at] = formula.replace("$G$1", moved("G1", down, along))
        else:
            sheet[at] = call(value)
    return book


def moved(address, down, along):
    """Return an address so many rows further down and columns to the right."""
    row, column = coordinate_to_tuple(address)
    return f"{get_column_letter(column + along)}{row + down}"


OWN_SAMPLES = {
    f"{column}{row}": float(np.round(np.sin(row * 7 + ord(column)), 2))
    for column in "ABCD"
    for row in range(3, 40)
}
OTHER = "((R#-A#)*R#*(1-R#)*N#+(T#-B#)*T#*(1-T#)*P#)"
UNIT = OTHER + "*J#*(1-J#)*{}#"
ONE_PATH = "(R#-A#)*R#*(1-R#)*N#*L#*(1-L#)*{}#"
PRODUCT = "((R#*A#)*R#*(1-R#)*N#+(T#*B#)*T#*(1-T#)*P#)*L#*(1-L#)*{}#"


def hidden(formula, steps):
    """Return a formula for the gradients of both weights of the second hidden unit."""
    return {
        address: text
        for column, by in (("Z", "C"), ("AA", "D"))
        for address, text in in_all_rows(column, formula.format(by), steps=steps).items()
    }


# Steps, what is changed, the verdict, and the cause that is named.
KINDS = {
    "one row": (1, {}, "right", ""),
    "a row for each step": (6, {}, "right", ""),
    "seventy rows": (70, {}, "right", ""),
    "inputs typed again": (5, {}, "right", ""),
    "each step its own sample": (12, OWN_SAMPLES, "right", ""),
    "another unit": (4, hidden(UNIT, 4), "wrong", "derivative of another unit"),
    "no hidden derivative": (1, hidden(OTHER + "*{}#", 1), "wrong", "derivative missing"),
    "one path": (3, hidden(ONE_PATH, 3), "wrong", "only one of the outputs summed"),
    "times for minus": (2, hidden(PRODUCT, 2), "wrong", "times for minus"),
}  # fmt: skip


@pytest.mark.many(quick=["seventy rows", "each step its own sample", "one path"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_steps_are_answered_without_a_description(kind, path):
    steps, changes, verdict, cause = KINDS[kind]
    kept = {
        at: one
        for at, one in changes.items()
        if int(at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) < 3 + steps
    }
    drawn(sorted(KINDS).index(kind), steps, kept).save(path)
    report = xlbackprop.check(path)
    claims = 8 * steps + 8 * (steps - 1)
    assert (report.verdict, sum(report.counts.values())) == (verdict, claims)
    wrong = [one for one in report.cells if one.status == "wrong"]
    assert {one.slip for one in wrong} == ({cause} if cause else set())
    assert len(wrong) == (2 * steps if cause else 0)


def small(path, cells):
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return xlbackprop.check(path)


SOFTMAX = {
    "A1": "x", "A2": 0.4, "B2": -0.7, "A4": "W", "A5": 0.3, "B5": -0.2, "A6": 0.5, "B6": 0.8,
    "D4": "z", "D5": "=A5*$A$2+B5*$B$2", "D6": "=A6*$A$2+B6*$B$2",
    "E4": "softmax", "E5": "=EXP(D5)/(EXP($D$5)+EXP($D$6))", "E6": "=EXP(D6)/(EXP($D$5)+EXP($D$6))",
    "G4": "t", "G5": 0, "G6": 1, "I4": "dL/dz", "I5": "=E5-G5", "I6": "=E6-G6",
    "K4": "dL/dW", "K5": "=$I5*A$2", "L5": "=$I5*B$2", "K6": "=$I6*A$2", "L6": "=$I6*B$2",
}  # fmt: skip


def test_one_hot_target_needs_no_loss_of_its_own(path):
    report = small(path, SOFTMAX)
    assert (report.verdict, report.counts) == ("right", {"right": 6})


def test_loss_with_another_logarithm_is_not_passed_over(path):
    report = small(path, SOFTMAX | {"N4": "loss", "N5": "=-LOG10(E6)"})
    assert report.verdict == "incomplete"
    assert "N5" in report.not_judged[0].tensor


def test_delta_rule_with_the_rate_inside_is_right(path):
    cells = {
        "A1": "x1", "B1": "x2", "C1": "w1", "D1": "w2", "E1": "t", "F1": "o", "G1": "delta",
        "H1": "dw1", "I1": "dw2", "A2": 0.6, "B2": -0.4, "C2": 0.3, "D2": 0.8, "E2": 1,
        "F2": "=1/(1+EXP(-(A2*C2+B2*D2)))", "G2": "=(E2-F2)*F2*(1-F2)", "H2": "=0.25*G2*A2",
        "I2": "=0.25*G2*B2", "A3": 0.1, "B3": 0.9, "C3": "=C2+H2", "D3": "=D2+I2",
    }  # fmt: skip
    report = small(path, cells)
    assert report.verdict == "right"
    assert report.counts["right"] >= 4


def test_slip_below_a_billionth_is_wrong(path):
    """Of weights near 0 the gradients are small, and so is what is off."""
    near = {"A3": 0.5, "B3": 0.5} | {f"{one}3": 1e-5 for one in "EFGHMNOP"}
    slip = hidden(UNIT, 1) | {"E3": 0.02, "F3": -0.03}
    report = small(path, network(1, near | slip))
    wrong = [one for one in report.cells if one.status == "wrong"]
    assert [one.cell for one in wrong] == ["Z3", "AA3"]
    assert max(abs(one.expected - one.found) for one in wrong) < 1e-9


def test_array_formulas_that_concern_nothing_are_no_reason_to_refuse(path):
    """A hundred and one, none of which rests on what is judged."""
    book = openpyxl.Workbook()
    for address, value in network(3).items():
        book.active[address] = value
    for row in range(101):
        at = f"AH{row + 1}:AI{row + 1}"
        book.active[at.partition(":")[0]] = ArrayFormula(at, f"=A{row + 1}:B{row + 1}*2")
    book.save(path)
    assert xlbackprop.check(path).counts == {"right": 24 + 16}
