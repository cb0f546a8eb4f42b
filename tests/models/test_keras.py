"""Keras models, as files of Keras 3, become workbooks that give what Keras gave."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import xlbackprop
from tests.support import keras_files
from tests.support.command_line import called
from tests.support.recalculating import recalculated
from xlbackprop.equation import Kind

TOLERANCE = 2e-6  # Keras on PyTorch multiplies matrices in 32 bits
QUICK = ["convnet", "residual", "two_inputs"]
MOVED = {"autoencoder"}  # whose output is an image


def channels_first(array, shape):
    """Return numbers of Keras with their channels first, where the workbook has them so."""
    return array if array.shape == shape else np.moveaxis(array, -1, 1)


def with_inputs(spec, inputs):
    """Return a spec with the numbers that Keras was given."""
    network = xlbackprop.build_network(spec)
    arrays = dict(spec.values.arrays)
    names = list(spec.sizes_of_inputs)
    for layer in network.layers:
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True):
            if source.layer in names:
                tensor = network.tensors[port.tensor.name]
                if tensor.kind is Kind.GIVEN:
                    given = inputs[names.index(source.layer)]
                    arrays[tensor.name] = channels_first(given, tensor.shape)
    return replace(spec, values=replace(spec.values, arrays=arrays))


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", keras_files.names())
def test_workbook_gives_what_keras_gave(name, tmp_path):
    path = keras_files.saved(name, tmp_path / "m.keras")
    spec = xlbackprop.import_model(path, batch=2).spec
    spec = with_inputs(spec, keras_files.inputs(name))
    network, found = recalculated(spec, tmp_path / "m.xlsx")
    out = found[f"{network.layers[-1].name}.out"]
    expected = keras_files.numbers()[f"{name}/y"]
    if name in MOVED:
        expected = np.moveaxis(expected, -1, 1)
    np.testing.assert_allclose(out, expected, TOLERANCE, TOLERANCE)


def test_ten_models_and_more_are_there():
    assert len(keras_files.names()) >= 10
    assert str(keras_files.numbers()["version"]).startswith("3.")


def test_permutation_after_flatten_is_seen_on_the_page():
    """The image's channels come first, and are last again before they are flattened."""
    spec = imported("convnet")
    assert [layer.type for layer in spec.layers] == [
        "conv2d", "relu", "max_pool2d", "transpose", "flatten", "dense"
    ]  # fmt: skip
    assert spec.input == (2, 6, 5)
    assert spec.layers[0].name == "first"
    assert spec.names["first.kernel"] == "first.w"
    kernel = keras_files.weights("convnet")["layers/conv2d/vars/0"]
    np.testing.assert_array_equal(spec.values.arrays["first.w"], kernel.transpose(3, 2, 0, 1))
    dense = keras_files.weights("convnet")["layers/dense/vars/0"]
    np.testing.assert_array_equal(spec.values.arrays[f"{spec.layers[-1].name}.w"], dense.T)


def test_layer_for_two_inputs_is_shared():
    spec = imported("two_inputs")
    assert list(spec.inputs) == ["left", "right"]
    shares = [layer.share for layer in spec.layers if layer.type == "dense"]
    assert len(set(shares[:3])) == 1
    assert shares[3] == ""


def imported(name, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = keras_files.saved(name, Path(folder, "m.keras"))
        return xlbackprop.import_model(path, **options).spec


def test_command_takes_sizes_as_keras_has_them(tmp_path, capsys):
    config = keras_files.config("depthwise")
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, None, None, 3]
    path = keras_files.write(tmp_path / "m.keras", config, keras_files.weights("depthwise"))
    words = "import", path, "-o", tmp_path / "net.toml", "--loss", "mse"
    status, _, err = called(capsys, *words)
    assert status == 2
    assert "may be of any size, ?,?,3: say which" in err
    status, _, err = called(capsys, *words, "--input", "4,5,3")
    assert (status, err) == (0, "")
    spec = xlbackprop.load_spec(tmp_path / "net.toml")
    assert (spec.input, spec.batch) == ((3, 4, 5), None)
    built = xlbackprop.build(spec, tmp_path / "net.xlsx")
    assert xlbackprop.check(built).verdict == "right"


def test_what_cannot_be_expressed_is_told_in_a_line_each(tmp_path, capsys):
    config = keras_files.config("strided")
    layers = config["config"]["layers"]
    layers[2]["class_name"], layers[4]["class_name"] = "UnitNormalization", "Lambda"
    layers[1]["config"]["activation"] = "mish"
    path = keras_files.write(tmp_path / "m.keras", config, keras_files.weights("strided"))
    status, out, err = called(capsys, "import", path)
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "xlbackprop: Conv2D in conv2d",
        "xlbackprop: UnitNormalization in batch_normalization",
        "xlbackprop: Lambda in average_pooling2d",
    ]
    assert "which gives 1×4×4×2: its activation 'mish' is none of relu" in lines[0]
    assert "no layer does that" in lines[2]


@pytest.mark.parametrize(
    ("name", "place", "option", "words"),
    [
        ("convnet", 1, {"data_format": "channels_first"}, "its channels come first"),
        ("strided", 2, {"center": False}, "it has no center or no scale"),
        ("gru", 1, {"reset_after": False}, "reset_after is false"),
        ("lstm", 2, {"go_backwards": True}, "its go_backwards is true"),
        ("words", 1, {"mask_zero": True}, "it masks the word 0"),
        ("normed", 3, {"target_shape": [5, 5]}, "another number of entries"),
        ("strided", 4, {"padding": "same", "pool_size": [3, 3]}, "does not count padding zeros"),
    ],
)
def test_option_that_no_layer_has_is_refused(name, place, option, words, tmp_path):
    config = keras_files.config(name)
    config["config"]["layers"][place]["config"].update(option)
    path = keras_files.write(tmp_path / "m.keras", config, keras_files.weights(name))
    with pytest.raises(xlbackprop.SpecError, match=words) as caught:
        xlbackprop.import_model(path)
    assert "\n" not in str(caught.value)


def test_wrong_order_of_the_kernel_is_noticed(tmp_path):
    """A kernel whose axes are turned is another model."""
    arrays = dict(keras_files.weights("residual"))
    arrays["layers/conv2d/vars/0"] = arrays["layers/conv2d/vars/0"].transpose(1, 0, 2, 3)
    path = keras_files.write(tmp_path / "m.keras", keras_files.config("residual"), arrays)
    spec = xlbackprop.import_model(path, batch=2).spec
    spec = with_inputs(spec, keras_files.inputs("residual"))
    network, found = recalculated(spec, tmp_path / "m.xlsx")
    difference = found[f"{network.layers[-1].name}.out"] - keras_files.numbers()["residual/y"]
    assert np.abs(difference).max() > 1e-3
