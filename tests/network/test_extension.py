"""A layer that is not ours: one new file, registered as docs/ says, and nothing else."""

import importlib.util
import re

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import engine, libreoffice, workbook
from tests.support.program import ROOT
from tests.support.specs_and_values import saved
from xlbackprop.layers import LAYERS

PAGE = ROOT / "docs" / "add-a-layer.md"

SPEC = """
name = "mine"
input = [2, 3, 3]
[[layers]]
type = "conv2d"
filters = 2
kernel = 2
[[layers]]
type = "times"
factor = -1.5
[[layers]]
type = "conv2d"
filters = 1
kernel = 2
[loss]
type = "mse"
[training]
optimizer = "sgd"
lr = 0.1
steps = 2
[values]
style = "normal"
"""


@pytest.fixture
def times(tmp_path):
    """The documentation's layer, imported from a file in another folder."""
    (code,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        if '@layer("times"' in block
    ]
    path = tmp_path / "my_layer.py"
    path.write_text(code)
    description = importlib.util.spec_from_file_location("my_layer", path)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    yield module
    del LAYERS["times"]


@pytest.mark.usefixtures("times")
def test_layer_in_a_file_of_its_own_is_built_recalculated_and_checked(tmp_path):
    path = xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "mine.xlsx")
    assert xlbackprop.check(path).verdict == "right"
    places = workbook.places(path)
    for arrays in (saved(path), engine.recalculated_arrays(path, places)):
        for step in ("", "step2."):
            out, h = arrays[f"{step}times1.out"], arrays[f"{step}times1.h"]
            np.testing.assert_allclose(out, -1.5 * h)
            upstream, gradient = arrays[f"{step}times1.dL_dout"], arrays[f"{step}times1.dL_dh"]
            np.testing.assert_allclose(gradient, -1.5 * upstream)
            np.testing.assert_allclose(arrays[f"{step}conv1.dL_dout"], gradient)


@pytest.mark.libreoffice
@pytest.mark.usefixtures("times")
def test_layer_in_a_file_of_its_own_survives_libreoffice(tmp_path):
    path = xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "mine.xlsx")
    (copy,) = libreoffice.recalculate([path], tmp_path)
    assert xlbackprop.check(copy).verdict == "right"


def test_layer_that_is_not_registered_is_refused():
    with pytest.raises(xlbackprop.SpecError, match="unknown type 'times'"):
        xlbackprop.build_network(xlbackprop.parse_spec(SPEC))
