"""Numbers typed where a text or an update says that gradients stand are judged as such.

The pages are honest ones, in which nothing is accused, and the same with a planted mistake.
"""

import numpy as np
import openpyxl
import pytest

import xlbackprop

X, T = np.array([0.08, -0.49, -0.75]), np.array([0.07, 0.6])
W, B = np.array([[-0.2, 0.24, 0.49], [-0.76, 0.32, 0.62]]), np.array([-0.37, 0.81])
LETTERS = "ABC"
RATE = 0.1

A = 1 / (1 + np.exp(-(W @ X + B)))
DZ = (A - T) * A * (1 - A)
DW, DX = np.outer(DZ, X), W.T @ DZ
# By kind of label: of the gradients of W, of b, of x, and of the net.
CALLED = {
    "quotients": ("∂L/∂W", "∂L/∂b", "∂L/∂x", "∂L/∂z"),
    "code": ("grad_W", "grad_b", "grad_x", "grad_z"),
    "short": ("dW", "db", "dx", "dz"),
    "words": ("gradient of W", "gradient of b", "gradient of x", "delta z"),
}


def place(cells, at, numbers, text=None):
    """Put numbers on a page from a row on, the text over them."""
    rows = np.atleast_2d(np.array(numbers, dtype=object))
    for row, own in enumerate(rows, start=at):
        cells |= {f"{LETTERS[column]}{row}": what for column, what in enumerate(own)}
    return cells | ({f"A{at - 1}": text} if text else {})


def page(style="quotients", *, loss="=0.5*((A18-A12)^2+(B18-B12)^2)", updates="-", **typed):
    """A layer whose gradients are formulas, but for those that are typed."""
    names = CALLED[style]
    cells = place({"E1": "eta", "F1": RATE}, 2, X, "x")
    cells = place(cells, 5, W, "W")
    cells = place(cells, 9, B, "b")
    cells = place(cells, 12, T, "target")
    nets = [f"=A{5 + k}*$A$2+B{5 + k}*$B$2+C{5 + k}*$C$2+{LETTERS[k]}9" for k in range(2)]
    cells = place(cells, 15, nets, "z")
    cells = place(cells, 18, ["=1/(1+EXP(-A15))", "=1/(1+EXP(-B15))"], "a")
    cells |= {"A20": "L" if loss else None, "A21": loss}
    backward = {
        "dz": (24, [f"=({k}18-{k}12)*{k}18*(1-{k}18)" for k in "AB"], names[3]),
        "dW": (27, [[f"=${k}$24*{c}$2" for c in LETTERS] for k in "AB"], names[0]),
        "db": (31, ["=A24", "=B24"], names[1]),
        "dx": (34, [f"=$A$24*{c}5+$B$24*{c}6" for c in LETTERS], names[2]),
    }
    for name, (at, formulas, text) in backward.items():
        cells = place(cells, at, typed.get(name, formulas), text)
    if updates:
        new = [[f"={c}{5 + k}{updates}$F$1*{c}{27 + k}" for c in LETTERS] for k in range(2)]
        cells = place(cells, 37, new, "W new")
    return cells


def checked(path, cells):
    book = openpyxl.Workbook()
    for address, what in cells.items():
        book.active[address] = what
    book.save(path)
    return xlbackprop.check(path)


def with_one(array, factor):
    changed = array.copy()
    changed[(0,) * (array.ndim - 1) + (1,)] *= factor
    return changed


ALL = {"dz": DZ, "dW": DW, "db": DZ, "dx": DX}
DZ_ALONE = {"dz": np.round(DZ, 4)}
HONEST = {
    "to three digits": {"dW": np.round(DW, 4)},
    "in full": {"dW": DW},
    "all of them": ALL,
    "all of them, no updates": {**ALL, "updates": ""},
    "a delta that all the rest is made of": DZ_ALONE,
    "a part": {"dW": [[DW[0, 0], "=$A$24*B$2", DW[0, 2]], DW[1]]},
    "code": {**ALL, "style": "code"},
    "short": {**ALL, "style": "short"},
    "short, formulas beside": {"dW": DW, "style": "short"},
    "words": {**ALL, "style": "words"},
    "deltas that are added": {"dW": np.round(-DW, 5), "updates": "+", "style": "short"},
    "deltas called gradients that are added": {"dW": np.round(-DW, 5), "updates": "+"},
    "no L of its own": {"dW": DW, "loss": None},
}  # fmt: skip
OF_HONEST = {"quick": ["a part", "all of them"]}


@pytest.mark.many(**OF_HONEST)
@pytest.mark.parametrize("name", HONEST)
def test_right_numbers_are_right(name, path):
    report = checked(path, page(**HONEST[name]))
    assert (report.verdict, report.cells) == ("right", ())
    assert report.counts["right"] >= 13


WRONG = {
    "zeros": ({"dW": 0 * DW}, DW != 0),
    "ones": ({"dW": 0 * DW + 1}, DW != 0),
    "those of another": ({"dW": W}, DW != 0),
    "one in a hundred": ({"dW": with_one(DW, 1.012)}, DW[0, 1] == DW),
    "one alone": ({"dW": [DW[0], [DW[1, 0], "=$B$24*B$2", 0.3]]}, DW[1, 2] == DW),
    "the sign": ({"dW": -DW}, DW != 0),
    "the sign of one name": ({"dW": -DW, "style": "short"}, DW != 0),
    "all typed": ({**ALL, "dW": 0 * DW, "updates": ""}, DW != 0),
    "all typed, short": ({**ALL, "dW": with_one(DW, 1.1), "style": "short"}, DW[0, 1] == DW),
    "all typed, words": ({**ALL, "dW": 0 * DW, "style": "words"}, DW != 0),
}


@pytest.mark.many(quick=["zeros", "all typed, short"])
@pytest.mark.parametrize("name", WRONG)
def test_wrong_numbers_are_wrong_and_have_their_true_values(name, path):
    changes, is_wrong = WRONG[name]
    report = checked(path, page(**changes))
    wrong = {one.cell: one.expected for one in report.cells if one.status == "wrong"}
    true = {f"{LETTERS[j]}{27 + k}": DW[k, j] for k, j in np.argwhere(is_wrong)}
    assert report.verdict == "wrong"
    assert wrong == pytest.approx(true, rel=1e-9)
    assert {one.cell[1:] for one in report.cells if one.status == "carried"} <= {"37", "38"}


def test_what_is_made_of_a_wrong_typed_delta_is_carried(path):
    report = checked(path, page(dz=[DZ[0], 0.2]))
    assert {one.cell for one in report.cells if one.status == "wrong"} == {"B24"}
    carried = {one.cell for one in report.cells if one.status == "carried"}
    assert carried == {"A28", "B28", "C28", "B31", "A34", "B34", "C34", "A38", "B38", "C38"}


def test_numbers_that_updates_take_for_gradients_are_judged_without_a_text(path):
    cells = page(**{**ALL, "dW": 0 * DW})
    del cells["A26"]
    report = checked(path, cells)
    assert [one.cell for one in report.cells if one.status == "wrong"] == [
        "A27", "B27", "C27", "A28", "B28", "C28"
    ]  # fmt: skip


# Numbers under texts that look like gradients by chance, or beside such texts.
BESIDE = {
    "a time and a step": {"H1": "delta t", "H2": 0.25, "H3": 0.5, "I1": "d", "I2": 3, "I3": 4},
    "a target's": {"H1": "d target", "H2": 0.7, "H3": 0.2},
    "prose": {"H1": "In the lecture dL/dW was shown to be larger than these", "H2": 12, "H3": 8},
    "a limit": {"H1": "gradient clipping", "H2": 5, "H4": "gradient norm", "H5": 1},
    "a step of differences": {"H1": "dx", "H2": 0.001},
    "a momentum": {"H1": "previous dW", "H2": 0.1, "I2": 0.2, "H3": 0.3},
    "rates of each weight": {"H1": "rates", "H2": 0.1, "I2": 0.2, "J2": 0.3, "H3": 0.1, "I3": 0.2},
    "a factor of the chain rule": {"H1": "∂a/∂z", "H2": 0.2, "I2": 0.24},
    "a part of L": {"H1": "∂E_1/∂W", "H2": 0.2, "H3": 0.24},
    "a number that is noted": {"H1": "dz", "I1": 3},
}


@pytest.mark.many(quick=["a time and a step"])
@pytest.mark.parametrize("name", BESIDE)
def test_numbers_that_are_no_gradients_are_left_alone(name, path):
    report = checked(path, page() | BESIDE[name])
    assert (report.verdict, report.counts) == ("right", {"right": 19})


@pytest.mark.slow
def test_typed_weights_inputs_and_targets_are_no_gradients_whatever_they_are_called(path):
    """`dW` is a demanded width here, and `d` the demanded outputs."""
    cells = page() | {"A1": "dx", "A4": "dW", "A11": "d"}
    cells |= dict.fromkeys(("A26", "A33"), None)
    assert checked(path, cells).verdict == "right"


@pytest.mark.slow
def test_differences_of_prices_are_no_updates(path):
    """A sum less a share of a typed number of its own, for each; no number is judged."""
    cells = page() | {f"H{row}": f"=A{row}-$F$1*I{row}" for row in (5, 6)}
    cells |= {"I5": 3, "I6": 4, "I4": "discount", "H4": "price"}
    assert checked(path, cells).verdict == "right"
