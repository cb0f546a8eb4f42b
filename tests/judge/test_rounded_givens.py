"""Numbers computed from givens with more decimals than are typed on the page."""

from types import SimpleNamespace

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill
from xlbackprop.__main__ import main
from xlbackprop.judge.verify.rounded_givens import Spread
from xlbackprop.network.values import choose_values

SPEC = """
name = "{name}"
{head}
[loss]
type = "mse"
[values]
style = "normal"
"""
CONV = """
input = [2, 5, 5]
[[layers]]
type = "conv2d"
filters = 2
kernel = 3
[[layers]]
type = "tanh"
"""
DENSE = """
input = [6]
batch = 3
[[layers]]
type = "dense"
units = 4
[[layers]]
type = "sigmoid"
[[layers]]
type = "dense"
units = 2
"""


def printed(folder, head, decimals, *, seed=0):
    """Return a workbook filled in as a printout shows a computation: all numbers rounded.

    Besides, the arrays by tensor, as they are before they are rounded.
    """
    network = xlbackprop.build_network(
        xlbackprop.parse_spec(SPEC.format(name="printed", head=head))
    )
    random = np.random.default_rng(seed)
    values = {
        name: np.round(array, 2) + random.uniform(-0.004, 0.004, array.shape)
        for name, array in choose_values(network).items()
    }
    arrays = network.evaluate(values)
    path = xlbackprop.build(network.spec, folder / "printed.xlsx")
    typed = {
        (name, index): float(np.round(array[index], decimals))
        for name, array in arrays.items()
        for index in np.ndindex(array.shape)
    }
    fill(path, typed)
    return path, arrays


@pytest.mark.parametrize("head", [CONV, DENSE], ids=["conv", "dense"])
@pytest.mark.parametrize("decimals", [3, 4])
def test_printout_passes_with_the_option_and_is_left_open_without(head, decimals, tmp_path):
    path, _ = printed(tmp_path, head, decimals)
    report = xlbackprop.check(path, rounded_givens=True)
    assert report.verdict == "right", report.cells[:5]
    report = xlbackprop.check(path)
    assert report.verdict == "incomplete"
    assert any("--rounded-givens" in note for note in report.notes)
    assert {cell.status for cell in report.cells} == {"carried"}


@pytest.mark.many(quick=["0"])
@pytest.mark.parametrize("seed", range(8))
def test_number_one_per_cent_off_is_no_rounding(seed, tmp_path):
    path, arrays = printed(tmp_path, CONV, 4, seed=seed)
    random = np.random.default_rng(seed)
    tensor = ("conv1.out", "conv1.dL_dw", "tanh1.dL_dh")[seed % 3]
    array = arrays[tensor]
    large = np.argwhere(np.abs(array) > 0.3 * np.abs(array).max())
    index = tuple(int(axis) for axis in random.choice(large))
    fill(path, {(tensor, index): float(np.round(array[index] * 1.01, 4))})
    report = xlbackprop.check(path, rounded_givens=True)
    assert report.verdict == "wrong"
    assert [(c.tensor, c.index) for c in report.cells if c.status == "wrong"] == [(tensor, index)]
    report = xlbackprop.check(path)
    assert report.verdict == "wrong"
    assert any("--rounded-givens" in note for note in report.notes)  # by which the slip is left


def test_hardly_any_printout_is_beyond_what_samples_give():
    """Of 118 numbers in each, some are sampled as if they were bounded, and are not."""
    network = xlbackprop.build_network(xlbackprop.parse_spec(SPEC.format(name="n", head=CONV)))
    typed = {name: np.round(own, 2) for name, own in choose_values(network).items()}
    halves = {name: np.full(own.shape, 0.005) for name, own in typed.items()}
    names = ["conv1.out", "conv1.dL_dw", "conv1.dL_dh"]
    review = SimpleNamespace(judged_network=network, found={}, chosen=typed)
    spread = Spread(review, halves, names, 200)
    truth, random, beyond = network.evaluate(typed), np.random.default_rng(0), 0
    for _ in range(500):
        drawn = {n: own + random.uniform(-1, 1, own.shape) * halves[n] for n, own in typed.items()}
        arrays = network.evaluate(drawn)
        beyond += any((np.abs(arrays[n] - truth[n]) > spread.of(n)).any() for n in names)
    assert beyond <= 3


def test_formula_is_not_excused_by_the_rounding_of_what_it_refers_to(tmp_path):
    path, arrays = printed(tmp_path, CONV, 3)
    index = (0, 1, 1)
    number = float(arrays["conv1.out"][index])
    fill(path, {("conv1.out", index): (f"={number!r}", number)})
    report = xlbackprop.check(path, rounded_givens=True)
    assert [(c.tensor, c.index) for c in report.cells if c.status == "wrong"] == [
        ("conv1.out", index)
    ]


@pytest.mark.parametrize("rounded_givens", [False, True])
def test_numbers_that_were_handed_out_are_exact(rounded_givens, tmp_path):
    """dL/dout has two decimals, and on unrounded ones almost any number would be right."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    truth = arrays_of(path)["conv1.dL_dw"]
    fill(path, {("conv1.dL_dw", (0, 0, 0, 0)): round(float(truth[0, 0, 0, 0]) + 0.3, 2)})
    report = xlbackprop.check(path, rounded_givens=rounded_givens)
    assert (report.verdict, report.counts["wrong"]) == ("wrong", 1)


def test_one_tensor_that_is_off_is_a_slip(tmp_path):
    """Its numbers would be within the rounding of the givens; but all others are exact."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    values = {name: array + 0.02 for name, array in choose_values(network).items()}
    arrays = network.evaluate(values)
    slip = "conv1.dL_dw"
    typed = {
        (name, index): round(float(array[index]) + (name == slip) * 0.3, 2)
        for name, array in arrays.items()
        for index in np.ndindex(array.shape)
    }
    fill(path, typed)
    report = xlbackprop.check(path)
    assert report.verdict == "wrong"
    assert {cell.tensor for cell in report.cells if cell.status == "wrong"} == {slip}


def test_whole_givens_are_exact(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    truth = xlbackprop.check(path).counts["right"]
    fill(path, {("conv1.dL_dh", (1, 2, 3)): 99.5})
    report = xlbackprop.check(path, rounded_givens=True)
    assert report.counts == {"right": truth - 1, "wrong": 1}


@pytest.mark.parametrize("number", [0.0, 0.1])
def test_one_number_in_all_cells_is_no_rounding(number, tmp_path):
    path, arrays = printed(tmp_path, DENSE, 4)
    name = "dense1.dL_dw"
    fill(path, {(name, index): number for index in np.ndindex(arrays[name].shape)})
    report = xlbackprop.check(path, rounded_givens=True)
    assert {cell.status for cell in report.cells if cell.tensor == name} == {"wrong"}


def test_the_option_stands_in_the_command(tmp_path, capsys):
    path, _ = printed(tmp_path, DENSE, 4)
    assert main(["check", str(path)]) == 1
    assert "INCOMPLETE" in capsys.readouterr().out
    assert main(["check", str(path), "--rounded-givens"]) == 0
    assert "right within the rounding of the givens" in capsys.readouterr().out
