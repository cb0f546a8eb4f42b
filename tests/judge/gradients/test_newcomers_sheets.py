"""Three sheets as a newcomer makes them, one in German, and five of a class: the first command."""

import time

import openpyxl
import pytest

import xlbackprop
from tests.support.peoples_sheets import State, draw
from xlbackprop.formula.addresses import cell as address_of


def one_neuron(sheet):
    """A neuron with a squared error, written down the page with notes."""
    rows = [
        ("My first neuron", None), (None, None), ("x1", 0.6), ("x2", -1.2), ("target", 1),
        ("notes: weights are made up", None), ("w1", 0.4), ("w2", 0.3), ("b", 0.1),
        ("z", "=B7*B3+B8*B4+B9"), ("y", "=1/(1+EXP(-B10))"), ("E", "=0.5*(B5-B11)^2"),
        (None, None), ("now backwards!", None), ("dE/dy", "=B11-B5"),
        ("dE/dz", "=B15*B11*(1-B11)"), ("dE/dw1", "=B16*B3"), ("dE/dw2", "=B16*B4"),
        ("dE/db", "=B16"), (None, None), ("learning rate", 0.5), ("w1 new", "=B7-B21*B17"),
        ("w2 new", "=B8-B21*B18"), ("b new", "=B9-B21*B19"),
    ]  # fmt: skip
    for row in rows:
        sheet.append(row)


def uebung(sheet):
    """Zwei Eingänge, zwei verborgene Neuronen, ein Ausgang: nebeneinander, auf Deutsch."""
    sheet.title = "Übung 4"
    sheet["A1"] = "Übung 4: Rückwärtsrechnung"
    sheet.append(["Lernrate", 0.2])
    sheet.append([])
    labels = ["x1", "x2", "Ziel", "w11", "w12", "w21", "w22", "v1", "v2", "h1", "h2", "o"]
    labels += ["Fehler", "dE/do", "dE/dv1", "dE/dv2", "dE/dw11", "dE/dw12", "dE/dw21", "dE/dw22"]
    sheet.append(labels)
    for row in range(5, 12):
        weights = [0.3, -0.4, 0.5, 0.2, 0.7, -0.6]
        if row > 5:
            pairs = zip("DEFGHI", ("Q", "R", "S", "T", "O", "P"), strict=True)
            weights = [f"={own}{row - 1}-$B$2*{by}{row - 1}" for own, by in pairs]
        formulas = [
            "=TANH(D{r}*A{r}+E{r}*B{r})", "=TANH(F{r}*A{r}+G{r}*B{r})", "=H{r}*J{r}+I{r}*K{r}",
            "=(L{r}-C{r})^2/2", "=L{r}-C{r}", "=N{r}*J{r}", "=N{r}*K{r}",
            "=N{r}*H{r}*(1-J{r}^2)*A{r}", "=N{r}*H{r}*(1-J{r}^2)*B{r}",
            "=N{r}*I{r}*(1-K{r}^2)*A{r}", "=N{r}*I{r}*(1-K{r}^2)*B{r}",
        ]  # fmt: skip
        sheet.append([0.8, -0.5, 0.3, *weights, *(one.format(r=row) for one in formulas)])


def regression(sheet):
    """A straight line through five points, its mean squared error, and what the slope takes."""
    sheet.append(["Fitting a line"])
    sheet.append(["x", "y", "guess", "error", "squared"])
    for row, (x, y) in enumerate([(1, 1.2), (2, 1.9), (3, 3.2), (4, 3.8), (5, 5.1)], 3):
        sheet.append([x, y, f"=$H$2*A{row}+$H$3", f"=C{row}-B{row}", f"=D{row}^2"])
    for address, value in {
        "G2": "slope m", "H2": 0.5, "G3": "offset c", "H3": 0.2, "G5": "MSE",
        "H5": "=AVERAGE(E3:E7)", "G7": "dMSE/dm", "H7": "=2*SUMPRODUCT(D3:D7,A3:A7)/5",
        "G8": "dMSE/dc", "H8": "=2*SUM(D3:D7)/5", "G10": "step size", "H10": 0.02,
        "G11": "new m", "H11": "=H2-H10*H7", "G12": "new c", "H12": "=H3-H10*H8",
    }.items():  # fmt: skip
        sheet[address] = value


# The sheet, and a slip: the cell, the wrong formula.
SHEETS = {
    "one neuron": (one_neuron, "B18", "=B16*B3"),
    "Übung": (uebung, "S8", "=N8*I8*(1-J8^2)*A8"),
    "a line": (regression, "H7", "=SUMPRODUCT(D3:D7,A3:A7)/5"),
}


def written(path, make, changes=()):
    book = openpyxl.Workbook()
    make(book.active)
    for address, formula in changes:
        book.active[address] = formula
    book.save(path)
    return path


@pytest.mark.parametrize("name", SHEETS)
def test_right_sheet_is_right_at_the_first_command(name, path):
    report = xlbackprop.check(written(path, SHEETS[name][0]))
    assert report.verdict == "right"
    assert report.counts["right"] >= 4


@pytest.mark.parametrize("name", SHEETS)
def test_slip_is_found_at_the_first_command(name, path):
    make, address, formula = SHEETS[name]
    report = xlbackprop.check(written(path, make, [(address, formula)]))
    wrong = [one.cell for one in report.cells if one.status == "wrong"]
    assert report.verdict == "wrong"
    assert wrong == [address]


CLASS = [
    ("", {"steps": 30, "has_deltas": False}),
    ("derivative of another unit", {"steps": 90, "has_deltas": False}),
    ("sign", {"steps": 70, "sample": "own"}),
    ("other input", {"steps": 45, "biases": "own"}),
    ("update with +", {"steps": 60, "biases": "shared"}),
]


@pytest.mark.many
@pytest.mark.parametrize(("slip", "fixed"), CLASS)
def test_sheet_of_a_class_is_answered_as_numpy_does(slip, fixed, path):
    usual = {"activation": "sigmoid", "output": "sigmoid", "loss": "half", "language": "en"}
    sheet = draw("rows 2-2-2", 5, slip, **usual | fixed)
    start = time.process_time()
    report = xlbackprop.check(sheet.book.save(path))
    assert time.process_time() - start < 5
    said = {one.cell: one.status for one in report.cells}
    for one in sheet.claims:
        _, row, column = one.cell
        status = said.get(address_of(row - 1, column - 1), "right")
        if one.state is State.RIGHT:
            assert status == "right"
        elif one.state is State.ROOT:
            assert status == "wrong"
        elif one.state is State.FOLLOWS:
            assert status == "carried"
