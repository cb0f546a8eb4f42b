"""With a seed, the numbers that a spec gives are drawn anew, in their own manner."""

import subprocess
import sys

import numpy as np
import pytest

import xlbackprop
from tests.support.specs_and_values import spec_of
from tests.support.templates import TEMPLATES
from xlbackprop.equation import Domain, Kind, Tensor
from xlbackprop.network.redraw import redraw
from xlbackprop.network.values import choose_values
from xlbackprop.spec.templates import load_spec


def tensor(shape, domain=None):
    return Tensor("a", "h", shape, "ijkl"[: len(shape)], Kind.GIVEN, "", domain=domain or Domain())


def decimals_of(array):
    return next(d for d in range(16) if (np.round(array, d) == array).all())


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_seed_draws_other_numbers_in_a_template(template):
    network = xlbackprop.build_network(load_spec(template))
    given, one, two = (choose_values(network, seed) for seed in (None, 1, 2))
    for name in load_spec(template).values.arrays:
        if not given[name].any():
            continue  # a bias that is left out of the exercise
        assert (one[name] != given[name]).any(), name
        assert (one[name] != two[name]).any() or one[name].size == 1, name
        np.testing.assert_array_equal(one[name], choose_values(network, 1)[name])


@pytest.mark.parametrize("template", ["conv5x5x2", "mlp-2-2-2", "digit", "xor"])
def test_numbers_are_of_the_manner_of_those_given(template):
    network = xlbackprop.build_network(load_spec(template))
    given = choose_values(network)
    for seed in range(5):
        drawn = choose_values(network, seed)
        for name in load_spec(template).values.arrays:
            assert decimals_of(drawn[name]) <= decimals_of(given[name])
            assert network.tensors[name].domain.allows(drawn[name]).all()
            if network.tensors[name].domain.labels is None:
                assert np.abs(drawn[name]).max() <= np.abs(given[name]).max()
                assert (drawn[name] >= 0).all() or (given[name] < 0).any()


@pytest.mark.parametrize(
    ("given", "decimals", "allowed"),
    [
        ([3, -2, 0], 0, range(-3, 4)),
        ([3, 2], 0, range(1, 4)),
        ([0, 1], 0, range(2)),
        ([1, 1], 0, range(1, 10)),
        ([0, 0], 0, range(1)),
        ([0.5, 0.25], 2, range(1, 51)),
        ([1 / 3, 2 / 3], 6, range(1, 666_668)),
    ],
)
def test_range_of_the_numbers(given, decimals, allowed):
    array = np.array(given, dtype=float)
    drawn = {x for seed in range(60) for x in redraw(tensor(array.shape), array, seed).tolist()}
    assert all(x == round(x, decimals) for x in drawn)
    assert {round(x * 10**decimals) for x in drawn} <= set(allowed)
    assert len(drawn) >= min(len(allowed), 20) - 1


@pytest.mark.parametrize(
    "domain",
    [Domain(labels=4), Domain(keep=0.5), Domain(keep=0.5, soft=True), Domain(drawn_from=(0, 1))],
)
def test_numbers_stay_in_their_domain(domain):
    for given in (np.ones(5), np.array([0.0, 1, 0, 1, 1])):
        for seed in range(20):
            assert domain.allows(redraw(tensor((5,), domain), given, seed)).all()


def test_rates_stay_as_they_are():
    raw = {
        "name": "t", "input": [2], "layers": [{"type": "dense", "units": 1}],
        "loss": {"type": "mse"}, "training": {"optimizer": "sgd", "lr": 0.25, "steps": 1},
        "values": {"arrays": {"training.lr": 0.125}},
    }  # fmt: skip
    network = xlbackprop.build_network(spec_of(raw))
    assert choose_values(network, 7)["training.lr"] == 0.125


def test_without_a_seed_the_numbers_are_the_spec_s():
    network = xlbackprop.build_network(load_spec("mlp-2-2-2"))
    np.testing.assert_array_equal(choose_values(network)["dense1.h"], [0.05, 0.1])


SCRIPT = """
import hashlib, xlbackprop
from xlbackprop.network.values import choose_values

digest = hashlib.sha256()
for name in ("conv5x5x2", "mlp-2-2-2", "digit", "xor", "lenet5", "batch-norm", "optimizers-adam"):
    values = choose_values(xlbackprop.build_network(xlbackprop.load_spec(name)), 3)
    if name == "conv5x5x2":
        print(values["conv1.w"].ravel().tolist())
    for tensor in sorted(values):
        digest.update(f"{name} {tensor} {values[tensor].ravel().tolist()}".encode())
print(digest.hexdigest())
"""


def test_draws_are_the_same_in_every_process():
    """Written down, so that another machine or version that draws otherwise is noticed."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(outputs) == 1
    weights, digest = outputs.pop().splitlines()
    assert weights.startswith("[1.0, -1.0, -1.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, -1.0,")
    assert digest == "e7ad8bcb2cd1a0923a5c9febef2a7fc930c037a1c8cddebd8e4e08bb0bff37d5"
