"""The loss of docs/add-a-loss.md: one new file is built, recalculated, checked and explained."""

import importlib.util

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import engine, workbook
from tests.support.specs_and_values import saved
from tests.tools.pages import blocks_of
from tests.tools.regions import DOCS
from xlbackprop.losses import LOSSES

SPEC = """
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


@pytest.fixture
def poisson(tmp_path):
    """The page's loss, imported from a file in another folder."""
    (code,) = [one.text for one in blocks_of(DOCS / "add-a-loss.md") if one.kind == "python"]
    path = tmp_path / "my_loss.py"
    path.write_text(code, encoding="utf-8")
    description = importlib.util.spec_from_file_location("my_loss", path)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    yield module
    del LOSSES["poisson"]


@pytest.mark.usefixtures("poisson")
def test_loss_in_a_file_of_its_own_is_built_recalculated_and_proven(tmp_path):
    path = xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "mine.xlsx")
    assert xlbackprop.check(path, prove=5).verdict == "right"
    for arrays in (saved(path), engine.recalculated_arrays(path, workbook.places(path))):
        for step in ("", "step2."):
            out, target = arrays[f"{step}dense1.out"], arrays[f"{step}loss.target"]
            loss = (np.exp(out) - target * out).sum()
            np.testing.assert_allclose(arrays[f"{step}loss.L"], loss)
            np.testing.assert_allclose(arrays[f"{step}dense1.dL_dout"], np.exp(out) - target)


@pytest.mark.usefixtures("poisson")
def test_loss_in_a_file_of_its_own_is_explained_and_derived(tmp_path):
    spec = xlbackprop.parse_spec(SPEC)
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    explanation = xlbackprop.explain(path, "loss.losses[0,1]")
    assert explanation.here == "losses[0,1] = exp(out[0,1]) - target[0,1] · out[0,1]"
    assert explanation.status == "right"
    assert r"\exp" in explanation.latex
    assert r"\exp" in xlbackprop.equations(spec, "latex")


def test_loss_that_is_not_registered_is_refused():
    with pytest.raises(xlbackprop.SpecError, match="poisson"):
        xlbackprop.build_network(xlbackprop.parse_spec(SPEC))
