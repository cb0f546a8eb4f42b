"""What PyTorch prints, four decimals of each number, typed into a page."""

import re

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import pytorch
from tests.support.specs_and_values import spec_of
from xlbackprop.network.values import choose_values

pytestmark = pytest.mark.pytorch


def kind(name, **options):
    return {"type": name, **options}


def dense(units):
    return kind("dense", units=units)


CONV = kind("conv2d", filters=2, kernel=3, padding=1)
NETWORKS = {
    "mlp": ({"input": [4]}, [dense(3), kind("sigmoid"), dense(2)], "mse"),
    "batch": ({"input": [3], "batch": 4}, [dense(5), kind("relu"), dense(3)], "cross_entropy"),
    "conv": (
        {"input": [1, 6, 6]},
        [CONV, kind("tanh"), kind("max_pool2d", kernel=2), kind("flatten"), dense(2)],
        "mse",
    ),
    "deep": (
        {"input": [5], "batch": 2},
        [dense(4), kind("tanh"), dense(4), kind("gelu"), dense(3), kind("softmax")],
        "mse",
    ),
    "norm": ({"input": [3], "batch": 6}, [dense(4), kind("layer_norm"), dense(2)], "l1"),
}


def printed(array):
    """Return the numbers that PyTorch prints of an array of single precision."""
    import torch

    torch.set_printoptions(precision=4, threshold=10**6, sci_mode=False)
    text = str(torch.tensor(array, dtype=torch.float32)).removeprefix("tensor(")
    return np.array(re.findall(r"-?\d+\.?\d*", text), dtype=float).reshape(array.shape)


def given(network):
    """Return numbers of single precision, which have more decimals than are printed."""
    random = np.random.default_rng(7)
    for name, array in choose_values(network).items():
        has_any = network.tensors[name].domain.labels is None
        more = has_any * random.uniform(-0.004, 0.004, array.shape)
        yield name, (array + more).astype(np.float32).astype(float)


@pytest.mark.parametrize("name", NETWORKS)
def test_printout_is_right_within_its_decimals_and_one_per_cent_is_not(name, tmp_path):
    head, layers, loss = NETWORKS[name]
    values = {"style": "normal", "seed": 1}
    raw = {"name": name, **head, "layers": layers, "loss": kind(loss), "values": values}
    network = xlbackprop.build_network(spec_of(raw))
    givens = dict(given(network))
    told = pytorch.run(raw, givens)
    shapes = network.tensors
    own = network.evaluate(givens) | told
    arrays = {n: printed(np.reshape(array, shapes[n].shape)) for n, array in own.items()}
    path = xlbackprop.build(network.spec, tmp_path / "printed.xlsx")
    fill(path, {(n, i): float(a[i]) for n, a in arrays.items() for i in np.ndindex(a.shape)})
    assert xlbackprop.check(path, rounded_givens=True).verdict == "right"
    left_open = xlbackprop.check(path)
    assert left_open.verdict == "incomplete"
    assert any("--rounded-givens" in note for note in left_open.notes)

    gradient = next(one for one in told if one.endswith("dL_dw"))
    array = arrays[gradient]
    index = tuple(int(i) for i in np.unravel_index(np.abs(array).argmax(), array.shape))
    fill(path, {(gradient, index): float(np.round(1.01 * array[index], 4))})
    report = xlbackprop.check(path, rounded_givens=True)
    wrong = [(one.tensor, one.index) for one in report.cells if one.status == "wrong"]
    assert wrong == [(gradient, index)]
    assert xlbackprop.check(path).verdict == "wrong"
