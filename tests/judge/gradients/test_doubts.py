"""Without a text or an update nobody can tell a slip from a habit: then it is not said to be right.

Each page stands beside one that is honest, and right.
"""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.one_layer import layer

BIASES, GRADIENTS, UPDATES = range(4, 6), range(11, 13), range(14, 16)


def checked(path, book):
    book.save(path)
    return xlbackprop.check(path)


def without_updates(book, *, is_copied=False, has_rate=True):
    """Leave out all texts and updates; in place of these, the weights may be copied."""
    sheet = book.active
    for row in sheet.iter_rows():
        for cell in row:
            cell.value = None if cell.column_letter in "AG" else cell.value
    for row in UPDATES:
        for column in "BCD":
            sheet[f"{column}{row}"] = f"={column}{row - 10}" if is_copied else None
    sheet["H1"] = 0.2 if has_rate else None
    return book


def with_biases(book, formula):
    """Give each unit a bias in column E, and its gradient."""
    sheet = book.active
    for row, unit in zip(BIASES, "BC", strict=True):
        sheet[f"E{row}"] = 0.1 * row
        sheet[f"{unit}7"] = sheet[f"{unit}7"].value + f"+$E${row}"
        sheet[f"F{row + 7}"] = formula.format(f"{unit}7", f"{unit}2")
    return book


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [("={}-{}", "right"), ("=-({1}-{0})", "right"), ("={1}-{0}", "incomplete")],
)
def test_minus_that_the_other_gradients_have_not_is_no_convention(formula, verdict, path):
    report = checked(path, with_biases(without_updates(layer(has_label=False)), formula))
    assert (report.verdict, report.cells) == (verdict, ())
    assert [one.tensor for one in report.not_judged] == ["Sheet.F11:F12"][: verdict != "right"]


@pytest.mark.parametrize("formula", ["={}-{}", "={1}-{0}"])
def test_difference_at_the_output_is_no_gradient_of_a_weight(formula, path):
    book = without_updates(layer(has_label=False))
    for column, at in zip("FG", "BC", strict=True):
        book.active[f"{column}11"] = formula.format(f"{at}7", f"{at}2")
    assert checked(path, book).verdict == "right"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("Δ", "right"), ("change of ", "right"), ("d", "incomplete"), (None, "incomplete")],
)
def test_minus_throughout_is_the_delta_rule_where_a_text_says_so(text, verdict, path):
    book = with_biases(without_updates(layer(has_label=False)), "={1}-{0}")
    for row, unit in zip(GRADIENTS, "BC", strict=True):
        book.active[f"{unit}9"] = f"={unit}2-{unit}7"
        book.active[f"F{row}"] = f"={unit}9"
    if text:
        book.active["A11"], book.active["F10"] = f"{text}w", f"{text}b"
    assert checked(path, book).verdict == verdict


ORDERS = {
    "as the weights": (lambda row, at: (row, at), "right"),
    "inputs one further": (lambda row, at: (row, (at + 1) % 3), "incomplete"),
    "units swapped": (lambda row, at: (1 - row, at), "incomplete"),
}


@pytest.mark.parametrize("order", ORDERS)
def test_gradients_in_another_order_than_the_weights_are_not_said_to_be_right(order, path):
    gradient, verdict = ORDERS[order]
    report = checked(path, without_updates(layer(has_label=False, gradient=gradient)))
    assert (report.verdict, report.cells) == (verdict, ())
    assert [one.tensor for one in report.not_judged] == ["Sheet.B11:D12"][: verdict != "right"]


def test_gradients_may_stand_transposed_or_in_a_single_row(path):
    for place in (
        lambda row, at: (11 + at, "BC"[row]),
        lambda row, at: (11, "BCDEFG"[3 * row + at]),
    ):
        book = without_updates(layer(has_label=False))
        formulas = {
            place(row, at): f"=${'BC'[row]}$9*${'BCD'[at]}$1" for row in (1, 0) for at in (2, 1, 0)
        }
        for row in GRADIENTS:
            for column in "BCD":
                book.active[f"{column}{row}"] = None
        for (row, column), formula in formulas.items():
            book.active[f"{column}{row}"] = formula
        assert checked(path, book).verdict == "right"


@pytest.mark.parametrize(
    ("is_copied", "has_rate", "verdict"),
    [(True, True, "incomplete"), (True, False, "right"), (False, True, "right")],
)
def test_weights_are_copied_where_a_rate_stands_idle(is_copied, has_rate, verdict, path):
    book = without_updates(layer(has_label=False), is_copied=is_copied, has_rate=has_rate)
    report = checked(path, book)
    assert (report.verdict, report.cells) == (verdict, ())
    assert [one.tensor for one in report.not_judged] == ["Sheet.B14:D15"][: verdict != "right"]


def test_what_a_text_or_an_update_says_is_no_doubt(path):
    said = checked(path, layer(has_label=True))
    assert (said.verdict, said.not_judged) == ("right", ())
    book = openpyxl.load_workbook(path)
    for row in GRADIENTS:
        for column in "BCD":
            book.active[f"{column}{row}"] = f"=-{book.active[f'{column}{row}'].value[1:]}"
            update = book.active[f"{column}{row + 3}"]
            update.value = update.value.replace("-$H$1", "+$H$1")
    book.active["A11"] = None
    assert checked(path, book).verdict == "right"


def test_two_classes_gradients_that_stand_in_each_others_place_are_not_right(path):
    """One class's gradient is the other's with a minus: so are rows in another order."""
    book = openpyxl.Workbook()
    sheet = book.active
    for address, content in {
        "B1": 0.5, "C1": -0.3, "B2": 1, "C2": 0, "B4": 0.2, "C4": 0.4, "B5": -0.6, "C5": 0.3,
        "B7": "=B1*B4+C1*C4", "C7": "=B1*B5+C1*C5", "B8": "=EXP(B7)/(EXP(B7)+EXP(C7))",
        "C8": "=EXP(C7)/(EXP(B7)+EXP(C7))", "A9": "L", "B9": "=-B2*LN(B8)-C2*LN(C8)",
        "B10": "=B8-B2", "C10": "=C8-C2",
    }.items():  # fmt: skip
        sheet[address] = content
    for sign, verdict in (("", "right"), ("-", "incomplete")):
        for row, unit in zip((12, 13), "BC", strict=True):
            for column in "BC":
                sheet[f"{column}{row}"] = f"={sign}{unit}10*{column}1"
        assert checked(path, book).verdict == verdict
