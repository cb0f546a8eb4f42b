"""Parameters go out of a workbook by name, after any of its training steps."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

import xlbackprop
from tests.support.command_line import called
from tests.support.filling import fill
from xlbackprop.network.values import choose_values

TEXT = """
name = "out"
input = [2]
batch = 3
[[layers]]
type = "dense"
units = 2
share = "f"
[[layers]]
type = "dense"
units = 2
share = "f"
[[layers]]
type = "dense"
units = 1
name = "file"
trainable = false
[loss]
type = "mse"
[names]
"tower.weight" = "dense1.w"
"twin.weight" = "dense1.w"
"file" = "file.w"
[values]
style = "normal"
"""


@pytest.fixture
def spec():
    return xlbackprop.parse_spec(TEXT).with_training("adam", steps=3, lr=0.1)


@pytest.fixture
def workbook(spec, tmp_path):
    return xlbackprop.build(spec, tmp_path / "out.xlsx")


def computed(spec):
    network = xlbackprop.build_network(spec)
    return network.evaluate(choose_values(network))


@pytest.mark.parametrize(
    ("step", "tensor"),
    [(0, "dense1.w"), (1, "dense1.w_new"), (2, "step2.dense1.w_new"), (None, "step3.dense1.w_new")],
)
def test_weights_are_those_after_the_step(step, tensor, spec, workbook):
    arrays = computed(spec)
    found = xlbackprop.weights(workbook, step=step)
    assert set(found) == {"tower.weight", "twin.weight", "dense1.b", "file"}
    np.testing.assert_allclose(found["tower.weight"], arrays[tensor], rtol=1e-14)
    np.testing.assert_array_equal(found["twin.weight"], found["tower.weight"])
    np.testing.assert_array_equal(found["file"], arrays["file.w"])


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.usefixtures("folder")
def test_file_has_the_weights_by_name(suffix, workbook, capsys):
    status, out, _ = called(capsys, "export", workbook, "-o", f"w.{suffix}", "--step", "2")
    assert (status, out) == (0, f"w.{suffix}\n")
    found = dict(np.load("w.npz")) if suffix == "npz" else load_file("w.safetensors")
    expected = xlbackprop.weights(workbook, step=2)
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.float64


def test_weights_come_back_in_by_name(spec, workbook, tmp_path):
    """What was exported starts the next workbook."""
    xlbackprop.export(workbook, tmp_path / "w.npz")
    arrays = {
        "dense1.w": "w.npz:tower.weight",
        "dense1.b": "w.npz:dense1.b",
        "file.w": "w.npz:file",
    }
    again = replace(spec, folder=tmp_path, values=replace(spec.values, arrays=arrays))
    other = xlbackprop.build(again, tmp_path / "again.xlsx")
    for name, array in xlbackprop.weights(other, step=0).items():
        np.testing.assert_array_equal(array, xlbackprop.weights(workbook)[name])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "w.npz", "--step", "4"], "there is no step 4 in it: it has 3 training steps"),
        (["-o", "w.pt"], "w.pt: expected a file that ends in .npz or .safetensors"),
        (["-o", "taken.npz"], "taken.npz exists already"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(words, told, workbook, folder, capsys):
    (folder / "taken.npz").write_text("mine")
    before = sorted(folder.iterdir())
    status, out, err = called(capsys, "export", workbook, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err
    assert sorted(folder.iterdir()) == before
    assert (folder / "taken.npz").read_text() == "mine"


@pytest.mark.parametrize("content", [None, "soon", "=1/0"])
def test_missing_number_is_named_with_its_cell(content, workbook):
    fill(workbook, {("step3.dense1.w_new", (1, 0)): content})
    with pytest.raises(xlbackprop.WorkbookError, match=r"dense1![A-Z]+\d+ \(step3.dense1.w_new\)"):
        xlbackprop.weights(workbook)


def test_name_of_no_tensor_is_refused(spec, tmp_path):
    wrong = replace(spec, names={"a": "dense1.v"})
    path = xlbackprop.build(wrong, tmp_path / "wrong.xlsx")
    with pytest.raises(xlbackprop.WorkbookError, match=r"a: there is no tensor 'dense1\.v'"):
        xlbackprop.weights(path)


@pytest.mark.parametrize("name", ["../up", "a..b", "/etc/passwd", "a b", "", "x" * 201])
def test_name_that_would_lead_out_of_an_archive_is_refused(name):
    with pytest.raises(xlbackprop.SpecError, match="names"):
        xlbackprop.parse_spec(TEXT.replace('"file" = ', f'"{name}" = '))
