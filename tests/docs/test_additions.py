"""The layers and the loss that docs/ adds: one file each, built, checked and explained."""

import importlib.util

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill
from tests.support.oracles import engine, workbook
from tests.support.specs_and_values import saved
from tests.tools.pages import blocks_of
from tests.tools.regions import DOCS
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.network.values import choose_values

POISSON = """
name = "mine"
input = [3]
batch = 2
[[layers]]
type = "dense"
units = 2
[loss]
type = "poisson"
[training]
optimizer = "sgd"
lr = 0.1
steps = 2
[values]
style = "uniform"
"""
GAIN = """
name = "mine"
input = [2, 3]
[[layers]]
type = "gain"
[[layers]]
type = "gain"
[loss]
type = "mse"
[training]
optimizer = "adam"
lr = 0.1
steps = 2
[values]
style = "normal"
"""


def imported(page, file, folder):
    """Import a file that a page has, from another folder."""
    (code,) = [one.text for one in blocks_of(DOCS / page) if one.marks.get("file") == file]
    path = folder / file
    path.write_text(code, encoding="utf-8")
    description = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)


@pytest.fixture
def poisson(tmp_path):
    """The page's loss, and a workbook with it."""
    imported("add-a-loss.md", "my_loss.py", tmp_path)
    yield xlbackprop.build(xlbackprop.parse_spec(POISSON), tmp_path / "mine.xlsx")
    del LOSSES["poisson"]


@pytest.fixture
def gain(tmp_path):
    """The page's layer with a parameter, and a workbook with it."""
    imported("add-a-layer.md", "my_gain.py", tmp_path)
    yield xlbackprop.build(xlbackprop.parse_spec(GAIN), tmp_path / "mine.xlsx")
    del LAYERS["gain"]


def arrays_in(path):
    """Yield the arrays as they were saved, and as an engine recalculates them."""
    yield saved(path)
    yield engine.recalculated_arrays(path, workbook.places(path))


def test_loss_in_a_file_of_its_own_is_built_recalculated_and_proven(poisson):
    assert xlbackprop.check(poisson, prove=5).verdict == "right"
    for arrays in arrays_in(poisson):
        for step in ("", "step2."):
            out, target = arrays[f"{step}dense1.out"], arrays[f"{step}loss.target"]
            loss = (np.exp(out) - target * out).sum()
            np.testing.assert_allclose(arrays[f"{step}loss.L"], loss)
            np.testing.assert_allclose(arrays[f"{step}dense1.dL_dout"], np.exp(out) - target)


def test_loss_in_a_file_of_its_own_is_explained_and_derived(poisson):
    explanation = xlbackprop.explain(poisson, "loss.losses[0,1]")
    assert explanation.here == "losses[0,1] = exp(out[0,1]) - target[0,1] · out[0,1]"
    assert explanation.status == "right"
    assert r"\exp" in explanation.latex
    assert r"\exp" in xlbackprop.equations(xlbackprop.parse_spec(POISSON), "latex")


@pytest.mark.usefixtures("poisson")
def test_loss_in_a_file_of_its_own_has_what_losses_share():
    mean = POISSON.replace('"poisson"', '"poisson"\nreduction = "mean"')
    network = xlbackprop.build_network(xlbackprop.parse_spec(mean))
    arrays = network.evaluate(choose_values(network))
    out, target = arrays["dense1.out"], arrays["loss.target"]
    right = (np.exp(out) - target) / 4
    np.testing.assert_allclose(arrays["dense1.dL_dout"], right)
    equation = network.equation_of["dense1.dL_dout"]
    wrong = {slip.name: equation.evaluate_slip(slip, arrays) for slip in equation.slips}
    np.testing.assert_allclose(wrong["exponential missing"], (out - target) / 4)
    np.testing.assert_allclose(wrong["output minus target reversed"], -right)
    np.testing.assert_allclose(wrong["factor 1/N missing"], 4 * right)


def test_parameter_of_a_layer_in_a_file_of_its_own_is_trained_and_proven(gain):
    assert xlbackprop.check(gain, prove=5).verdict == "right"
    for arrays in arrays_in(gain):
        for step in ("", "step2."):
            upstream = arrays[f"{step}gain1.dL_dout"]
            gradient = arrays[f"{step}gain1.h"] * upstream
            np.testing.assert_allclose(arrays[f"{step}gain1.dL_da"], gradient)
            np.testing.assert_allclose(
                arrays[f"{step}gain1.dL_dh"], arrays[f"{step}gain1.a"] * upstream
            )
        np.testing.assert_allclose(arrays["step2.gain1.a"], arrays["gain1.a_new"])


def test_mistake_of_a_layer_in_a_file_of_its_own_is_named(gain):
    upstream = arrays_of(gain)["gain1.dL_dout"]
    fill(gain, {("gain1.dL_dh", index): float(x) for index, x in np.ndenumerate(upstream)})
    (named,) = [one for one in xlbackprop.check(gain).tensors if one.diagnosis]
    assert (named.name, named.diagnosis[0]["slip"]) == ("gain1.dL_dh", "factor missing")


@pytest.mark.parametrize(("text", "kind"), [(POISSON, "poisson"), (GAIN, "gain")])
def test_what_is_not_registered_is_refused(text, kind):
    with pytest.raises(xlbackprop.SpecError, match=kind):
        xlbackprop.build_network(xlbackprop.parse_spec(text))
