"""What stands on the page of each network: the numbers that are given, and the hand's formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import xlbackprop
from tests.support.handmade import formulas
from xlbackprop.network import Network
from xlbackprop.network.values import choose_values


@dataclass(frozen=True)
class Page:
    """A network's tensors as a person has them, in the order of the page."""

    network: Network
    given: dict[str, np.ndarray]
    formulas: dict[str, Callable[..., str]]

    @property
    def tensors(self):
        return [*self.given, *self.formulas]


def conv5x5x2() -> Page:
    network = _network("conv5x5x2")
    made = formulas.conv("conv1", "conv1.h", "conv1.dL_dout", 3, 3, 2)
    made |= formulas.given_loss("conv1.out", "conv1.dL_dout")
    return Page(network, choose_values(network), made)


def mlp() -> Page:
    network = _network("mlp-2-2-2")
    made = {
        **formulas.dense("dense1", "dense1.h", "sigmoid1.dL_dh"),
        **formulas.sigmoid(
            "sigmoid1", "dense1.out", lambda on, *index: on.cell("dense2.dL_dh", index)
        ),
        **formulas.dense("dense2", "sigmoid1.out", "sigmoid2.dL_dh"),
        **formulas.sigmoid("sigmoid2", "dense2.out", formulas.error("sigmoid2.out")),
        **formulas.half_squares("sigmoid2.out", None),
        **formulas.descent("dense1"),
        **formulas.descent("dense2"),
    }
    return Page(network, choose_values(network), made)


def two_conv() -> Page:
    network = _network("two-conv")

    def flat(c, i, j):
        return "dense1.dL_dh", (4 * c + 2 * i + j,)

    made = {
        **formulas.conv("conv1", "conv1.h", "relu1.dL_dh", 3, 2, 1),
        **formulas.relu("relu1", "conv1.out", "pool1.dL_dh"),
        **formulas.max_pool("pool1", "relu1.out", lambda *index: ("conv2.dL_dh", index)),
        **formulas.conv("conv2", "pool1.out", "relu2.dL_dh", 2, 3, 2),
        **formulas.relu("relu2", "conv2.out", "pool2.dL_dh"),
        **formulas.max_pool("pool2", "relu2.out", flat),
        **formulas.dense("dense1", "pool2.out", "dense2.dL_dh"),
        **formulas.dense("dense2", "dense1.out", "dense2.dL_dout"),
        **formulas.half_squares("dense2.out", "dense2.dL_dout"),
    }
    given = {name: array for name, array in _without_ties(network).items() if name != "training.lr"}
    return Page(network, given, made)


PAGES = {"conv5x5x2": conv5x5x2, "two-conv": two_conv, "mlp-2-2-2": mlp}


def _network(name):
    return xlbackprop.build_network(xlbackprop.load_spec(name))


def _without_ties(network):
    """Return numbers with which no window of a max pool is all zeros, and not all are positive.

    By hand, every largest entry of a window gets the gradient.
    """
    for seed in range(1000):
        values = choose_values(network, seed)
        values |= {"conv1.b": np.array([1.5, 1.25]), "conv2.b": np.array([0.75, 0.5, 1.0])}
        arrays = network.evaluate(values)
        least = min(arrays["pool1.out"].min(), arrays["pool2.out"].min())
        if least > 0 and max(arrays["conv1.out"].min(), arrays["conv2.out"].min()) < 0:
            return values
    raise AssertionError
