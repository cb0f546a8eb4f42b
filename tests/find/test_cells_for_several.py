"""Maps of sheets on which one block stands for several tensors: shared weights, one-hot targets."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from xlbackprop.errors import MapError

H0, W, GRADIENT = np.array([1.0, -2.0]), np.array([[0.5, 1.5], [-1.0, 2.0]]), np.array([1.0, -3.0])
H1 = W @ H0
PER_USE = np.outer(W.T @ GRADIENT, H0), np.outer(GRADIENT, H1)  # h1 = W h0, h2 = W h1

TWICE = """
name = "twice"
input = [2]
[[layers]]
type = "dense"
units = 2
bias = false
[[layers]]
type = "dense"
units = 2
bias = false
[loss]
type = "given"
"""
SHARED = {
    "dense1.h": ("A1", H0[:, None]),
    "dense1.w": ("C1", W),
    "dense1.out": ("F1", H1[:, None]),
    "dense2.out": ("H1", (W @ H1)[:, None]),
    "dense2.dL_dout": ("J1", GRADIENT[:, None]),
}
ONE_HOT = """
name = "classes"
input = [2]
batch = 2
[[layers]]
type = "dense"
units = 3
bias = false
[loss]
type = "cross_entropy"
"""


def written(folder, spec, tensors, more=""):
    """Write arrays below the corners named, and the map that says so; return both paths."""
    book = openpyxl.Workbook()
    sheet, lines = book.active, []
    for name, (corner, array) in tensors.items():
        first = sheet[corner]
        for (row, column), number in np.ndenumerate(array):
            first.offset(row, column).value = float(number)
        last = first.offset(array.shape[0] - 1, array.shape[1] - 1)
        lines.append(f'"{name}" = "{corner}:{last.coordinate}"')
    book.save(folder / "mine.xlsx")
    (folder / "spec.toml").write_text(spec)
    head = ['spec = "spec.toml"', 'sheet = "Sheet"', "[tensors]"]
    (folder / "map.toml").write_text("\n".join([*head, *lines, more]))
    return folder / "mine.xlsx", folder / "map.toml"


def checked(folder, spec, tensors, more=""):
    path, places = written(folder, spec, tensors, more)
    return xlbackprop.check(path, map=places)


USED_TWICE = '"dense2.w" = "C1:D2"'


def test_weights_in_the_same_cells_are_shared_and_their_gradient_is_the_sum(tmp_path):
    report = checked(tmp_path, TWICE, {**SHARED, "dense1.dL_dw": ("L1", sum(PER_USE))}, USED_TWICE)
    assert (report.verdict, report.counts["right"]) == ("right", 12)


def test_gradient_from_one_use_of_shared_weights_is_wrong_and_is_named(tmp_path):
    tensors = {**SHARED, "dense1.dL_dw": ("L1", PER_USE[1])}
    report = checked(tmp_path, TWICE, tensors, USED_TWICE)
    assert (report.verdict, report.counts["wrong"]) == ("wrong", 4)
    assert [cause.name for cause in report.causes] == ["gradient from the last use only"]


def test_gradients_of_each_use_are_right_where_each_has_a_place(tmp_path):
    gradients = {"dense1.dL_dw": ("L1", PER_USE[0]), "dense2.dL_dw": ("O1", PER_USE[1])}
    report = checked(tmp_path, TWICE, {**SHARED, **gradients}, USED_TWICE)
    assert report.verdict == "right"


def test_updates_of_each_layer_are_right_where_each_has_a_place(tmp_path):
    spec = f"{TWICE}[training]\noptimizer = 'sgd'\nlr = 0.5\nsteps = 1\n"
    updates = {f"dense{n + 1}.w_new": (f"{'LO'[n]}1", W - 0.5 * PER_USE[n]) for n in (0, 1)}
    report = checked(tmp_path, spec, {**SHARED, **updates}, USED_TWICE)
    assert (report.verdict, report.counts["right"]) == ("right", 12)


def classes(onehot):
    h, w = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]])
    scores = h @ w.T
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return {
        "dense1.h": ("A1", h),
        "dense1.w": ("A5", w),
        "dense1.out": ("E1", scores),
        "loss.softmax": ("E5", softmax),
        "loss.onehot": ("I1", onehot),
        "dense1.dL_dout": ("M1", (softmax - onehot) / 2),
    }


ONES = np.array([[0, 0, 1], [1, 0, 0]])


def test_class_follows_from_ones_and_zeros(tmp_path):
    report = checked(tmp_path, ONE_HOT, classes(ONES))
    assert (report.verdict, report.counts["right"]) == ("right", 24)


def test_wrong_gradient_is_found_where_the_class_is_ones_and_zeros(tmp_path):
    tensors = classes(ONES)
    tensors["dense1.dL_dout"] = ("M1", -tensors["dense1.dL_dout"][1])
    report = checked(tmp_path, ONE_HOT, tensors)
    assert (report.verdict, report.counts["wrong"]) == ("wrong", 6)


def test_class_that_the_spec_fixes_is_not_asked_of_the_sheet(tmp_path):
    fixed = f"{ONE_HOT}[values.arrays]\n'loss.target' = [1, 0]\n"
    report = checked(tmp_path, fixed, classes(ONES))
    assert (report.verdict, report.counts["wrong"]) == ("wrong", 2)
    assert {cell.tensor for cell in report.cells if cell.status == "wrong"} == {"loss.onehot"}


@pytest.mark.parametrize("onehot", [[[0, 1, 1], [1, 0, 0]], [[0, 0, 0.5], [1, 0, 0]]])
def test_what_is_no_single_one_tells_no_class(onehot, tmp_path):
    with pytest.raises(
        MapError,
        match=r"loss\.target is missing, from which loss\.onehot is.* not one 1 in each row",
    ):
        checked(tmp_path, ONE_HOT, classes(np.array(onehot)))


@pytest.mark.many(quick=["right-Ziel"])
@pytest.mark.parametrize("label", ["one-hot", "Ziel", ""])
@pytest.mark.parametrize("sign", [1, -1], ids=["right", "wrong"])
def test_ones_and_zeros_are_located_whatever_the_class(sign, label, tmp_path):
    """The class's number, here 2 and 0, stands nowhere on the page."""
    tensors = classes(ONES)
    tensors["dense1.dL_dout"] = ("M1", sign * tensors["dense1.dL_dout"][1])
    shifted = {name: (f"{at[0]}{int(at[1:]) + 2}", own) for name, (at, own) in tensors.items()}
    file, _ = written(tmp_path, ONE_HOT, shifted)
    book = openpyxl.load_workbook(file)
    for corner, text in (("A2", "x"), ("A6", "W"), ("E2", "z"), ("I2", label), ("M2", "dL/dz")):
        book.active[corner] = text
    book.save(file)
    report = xlbackprop.check(file, spec=tmp_path / "spec.toml")
    wrong = {cell.tensor for cell in report.cells if cell.status == "wrong"}
    assert wrong == (set() if sign == 1 else {"dense1.dL_dout"})
    assert report.counts["right"] >= 12
