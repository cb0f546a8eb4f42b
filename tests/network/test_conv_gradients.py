"""Every gradient of every geometry, recalculated from scratch, against PyTorch autograd."""

import numpy as np
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_raw, conv_spec
from tests.support.forms_of_formulas import forms, one_of_each
from tests.support.oracles import engine, libreoffice, workbook
from tests.support.specs_and_values import assert_pytorch_agrees

LOSSES = ("given", "mse")
CASES = [(geometry, loss) for geometry in GEOMETRIES for loss in LOSSES]
PLANTED = ("stride2-padding1", "mse")
IDS = [f"{geometry}-{loss}" for geometry, loss in CASES]


class Built:
    """The workbooks of the cases, each built when it is first asked for."""

    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, case):
        path = self.folder / "{}-{}.xlsx".format(*case)
        if path.exists():
            return path
        name, loss = case
        spec = conv_spec(GEOMETRIES[name], loss=loss, seed=CASES.index(case))
        return xlbackprop.build(spec, path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return Built(tmp_path_factory.mktemp("geometries"))


@pytest.fixture(scope="module")
def by_libreoffice(built, tmp_path_factory):
    """The arrays of workbooks that have all formulas among theirs, after a forced recalculation."""
    folder = tmp_path_factory.mktemp("libreoffice")
    chosen = [PLANTED, *one_of_each({case: forms(built[case]) for case in CASES}, [PLANTED])]
    paths = [built[case] for case in chosen]
    places = [workbook.places(path) for path in paths]
    arrays = libreoffice.recalculated_arrays(paths, places, folder)
    return dict(zip(chosen, arrays, strict=True))


def assert_autograd_agrees(built, arrays, case):
    name, loss = case
    assert_pytorch_agrees(conv_raw(GEOMETRIES[name], loss=loss), built[case], arrays)


@pytest.mark.libreoffice
@pytest.mark.pytorch
def test_autograd_agrees_after_recalculation_by_libreoffice(built, by_libreoffice):
    assert len(by_libreoffice) > 5
    for case, arrays in by_libreoffice.items():
        assert_autograd_agrees(built, arrays, case)


@pytest.mark.many(quick=[*GEOMETRIES][::2])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_ironcalc_agrees_with_the_saved_values(built, name):
    path = built[name, "mse"]
    places = workbook.places(path)
    arrays, saved = engine.recalculated_arrays(path, places), workbook.saved_arrays(path, places)
    for tensor in places:
        np.testing.assert_allclose(arrays[tensor], saved[tensor], 1e-9, 1e-9, err_msg=tensor)


@pytest.mark.pytorch
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_autograd_agrees_after_recalculation_by_ironcalc(built, case):
    places = workbook.places(built[case])
    assert_autograd_agrees(built, engine.recalculated_arrays(built[case], places), case)


@pytest.mark.libreoffice
@pytest.mark.pytorch
@pytest.mark.parametrize("name", ["dL_dw", "dL_db", "dL_dh", "out", "dL_dout"])
def test_comparison_fails_for_a_gradient_that_is_a_thousandth_off(built, by_libreoffice, name):
    case = PLANTED
    arrays = dict(by_libreoffice[case])
    planted = arrays[f"conv1.{name}"].copy()
    planted.flat[np.abs(planted).argmax()] *= 1.001
    arrays[f"conv1.{name}"] = planted
    with pytest.raises(AssertionError, match=name):
        assert_autograd_agrees(built, arrays, case)


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
