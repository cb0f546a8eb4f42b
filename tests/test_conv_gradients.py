"""Every gradient of every geometry, recalculated from scratch, against PyTorch autograd."""

import numpy as np
import pytest

import xlbackprop
from tests.networks import GEOMETRIES, conv_spec
from tests.oracles import engine, libreoffice, pytorch, workbook

LOSSES = ("given", "mse")
CASES = [(geometry, loss) for geometry in GEOMETRIES for loss in LOSSES]
IDS = [f"{geometry}-{loss}" for geometry, loss in CASES]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("geometries")
    return {
        (name, loss): xlbackprop.build(
            conv_spec(GEOMETRIES[name], loss=loss, seed=number), folder / f"{name}-{loss}.xlsx"
        )
        for number, (name, loss) in enumerate(CASES)
    }


@pytest.fixture(scope="module")
def by_libreoffice(built, tmp_path_factory):
    """Every workbook's arrays after one forced recalculation of all of them."""
    folder = tmp_path_factory.mktemp("libreoffice")
    copies = libreoffice.recalculate(list(built.values()), folder)
    return {
        case: workbook.saved_arrays(copy, workbook.places(built[case]))
        for case, copy in zip(built, copies, strict=True)
    }


def assert_autograd_agrees(arrays, case):
    geometry, loss = GEOMETRIES[case[0]], case[1]
    samples = [geometry["batch"]] if "batch" in geometry else []
    channels, *size = geometry["input"]
    kernel = np.broadcast_to(geometry["kernel"], 2)
    shapes = {
        "h": (*samples, channels, *size),
        "w": (geometry["filters"], channels // geometry.get("groups", 1), *kernel),
        "b": (geometry["filters"],),
    }
    given = {
        name: arrays[f"conv1.{name}"].reshape(shape)
        for name, shape in shapes.items()
        if f"conv1.{name}" in arrays
    }
    assert ("b" in given) == geometry.get("bias", True)
    upstream = "loss.target" if loss == "mse" else "conv1.dL_dout"
    blocks, rows, columns = arrays["conv1.out"].shape
    out_shape = (*samples, geometry["filters"], rows, columns)
    assert blocks == np.prod(out_shape[:-2])
    given[upstream.partition(".")[2]] = arrays[upstream].reshape(out_shape)
    expected = pytorch.conv2d(given, geometry)
    for name, array in expected.items():
        found = arrays["loss.L" if name == "L" else f"conv1.{name}"].reshape(array.shape)
        np.testing.assert_allclose(found, array, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_autograd_agrees_after_recalculation_by_libreoffice(by_libreoffice, case):
    assert_autograd_agrees(by_libreoffice[case], case)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_autograd_agrees_after_recalculation_by_ironcalc(built, case):
    places = workbook.places(built[case])
    assert_autograd_agrees(engine.recalculated_arrays(built[case], places), case)


@pytest.mark.parametrize("name", ["dL_dw", "dL_db", "dL_dh", "out", "dL_dout"])
def test_comparison_fails_for_a_gradient_that_is_a_thousandth_off(by_libreoffice, name):
    case = ("stride2-padding1", "mse")
    arrays = dict(by_libreoffice[case])
    planted = arrays[f"conv1.{name}"].copy()
    planted.flat[np.abs(planted).argmax()] *= 1.001
    arrays[f"conv1.{name}"] = planted
    with pytest.raises(AssertionError, match=name):
        assert_autograd_agrees(arrays, case)


def test_central_differences_agree_with_dL_dw_and_dL_dh():  # noqa: N802
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["batch2-all-together"], loss="mse"))
    random = np.random.default_rng(0)
    values = {tensor.name: random.standard_normal(tensor.shape) for tensor in network.inputs}
    arrays = network.evaluate(values)
    step = 1e-5
    for name in ("conv1.w", "conv1.h", "conv1.b"):
        gradient = arrays[name.replace(".", ".dL_d")]
        for flat in random.integers(0, gradient.size, 10):
            index = np.unravel_index(flat, gradient.shape)
            losses = []
            for sign in (1, -1):
                moved = values[name].copy()
                moved[index] += sign * step
                losses.append(network.evaluate({**values, name: moved})["loss.L"])
            slope = (losses[0] - losses[1]) / (2 * step)
            assert gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_helpers_are_left_out_where_they_would_change_nothing():
    def helpers(name):
        network = xlbackprop.build_network(conv_spec(GEOMETRIES[name]))
        return {t.short for t in network.tensors.values() if t.kind == "helper"}

    assert helpers("kernel-1x1") == set()
    assert helpers("plain") == {"dL_dout_spread", "w_rotated"}
    assert helpers("same-3x3") == {"h_padded", "dL_dout_spread", "w_rotated"}
    assert helpers("dilation2") == {"w_dilated", "dL_dout_spread", "w_rotated"}
    assert helpers("dilation2-kernel-1x1") == set()
