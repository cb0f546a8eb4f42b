"""Every layer, loss and optimizer, every template, and random networks, against PyTorch."""

import numpy as np
import pytest

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.oracles import engine, libreoffice, pytorch, workbook
from tests.support.random_networks import random_network
from tests.support.specs_and_values import assert_pytorch_agrees, saved, spec_of
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.optimizers import OPTIMIZERS

RANDOM = {f"random{number}": random_network(number) for number in range(30)}
NETWORKS = cases.ALL | RANDOM


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytorch.require_pytorch()
    folder = tmp_path_factory.mktemp("networks")
    return {
        name: xlbackprop.build(spec_of(raw), folder / f"{name}.xlsx")
        for name, raw in NETWORKS.items()
    }


@pytest.fixture(scope="module")
def by_libreoffice(built, tmp_path_factory):
    """The copies of all workbooks that LibreOffice has recalculated from scratch."""
    copies = libreoffice.recalculate(list(built.values()), tmp_path_factory.mktemp("office"))
    return dict(zip(built, copies, strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_saved_values_agree_with_pytorch(built, name):
    assert_pytorch_agrees(NETWORKS[name], built[name], saved(built[name]))


@pytest.mark.parametrize("name", NETWORKS)
def test_libreoffice_agrees_with_pytorch(by_libreoffice, built, name):
    arrays = workbook.saved_arrays(by_libreoffice[name], workbook.places(built[name]))
    assert_pytorch_agrees(NETWORKS[name], built[name], arrays)


@pytest.mark.parametrize("name", NETWORKS)
def test_ironcalc_agrees_with_pytorch(built, name):
    arrays = engine.recalculated_arrays(built[name], workbook.places(built[name]))
    assert_pytorch_agrees(NETWORKS[name], built[name], arrays)


@pytest.mark.parametrize("name", NETWORKS)
def test_check_finds_networks_right(by_libreoffice, built, name):
    for path in (built[name], by_libreoffice[name]):
        report = xlbackprop.check(path)
        assert report.verdict == "right", report.cells[:3]


@pytest.mark.parametrize("name", ["max_pool2d-kernel2", "adam-vectors-0", "random7"])
def test_comparison_fails_for_any_tensor_that_is_a_thousandth_off(built, name):
    path, raw = built[name], NETWORKS[name]
    arrays = saved(path)
    computed = {t.name for t in xlbackprop.inspect(path).tensors if t.kind in ("forward", "update")}
    assert computed
    for tensor in computed & set(pytorch.run(raw, _givens(path, arrays))):
        planted = arrays[tensor].copy()
        planted.flat[np.abs(planted).argmax()] *= 1.001
        with pytest.raises(AssertionError, match=tensor):
            assert_pytorch_agrees(raw, path, {**arrays, tensor: planted})


def _givens(path, arrays):
    from tests.support.specs_and_values import given_arrays

    return given_arrays(path, arrays)


@pytest.mark.parametrize("type_name", LAYERS)
def test_every_layer_has_eight_configurations(type_name):
    uses = [
        raw
        for raw in (*cases.ALL.values(), *_convolutions())
        if any(layer["type"] == type_name for layer in raw["layers"])
    ]
    assert len(uses) >= 8


def _convolutions():
    from tests.support.convolutions import GEOMETRIES

    return [{"layers": [{"type": "conv2d"}]} for _ in GEOMETRIES]


def test_every_loss_and_optimizer_has_eight_configurations():
    for kind in LOSSES:
        assert len(cases.LOSSES[kind]) >= 8, kind
    for kind in OPTIMIZERS:
        assert len(cases.OPTIMIZERS[kind]) >= 8, kind


def test_random_networks_cover_all_layers_and_branches():
    used = {layer["type"] for raw in RANDOM.values() for layer in raw["layers"]}
    assert used == set(LAYERS)
    assert all(3 <= len(raw["layers"]) <= 10 for raw in RANDOM.values())
    assert sum(any("from" in one for one in raw["layers"]) for raw in RANDOM.values()) >= 8
