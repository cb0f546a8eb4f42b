"""Every gradient of every network against central differences of its loss."""

from types import MappingProxyType

import numpy as np
import pytest

from tests.support import networks_by_layer as cases
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.random_networks import random_network
from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Kind
from xlbackprop.network import build_network
from xlbackprop.network.values import choose_values

STEP, TOLERANCE = 1e-6, 1e-6
CONVOLUTIONS = {
    name: conv_raw(geometry, loss="mse")
    for name, geometry in GEOMETRIES.items()
    if "more-" not in name
}
# What optimizers make of the gradients has no slope; their four networks are among these.
NETWORKS = {
    f"{group}-{name}": raw
    for groups in (cases.LAYERS, cases.LOSSES, {"conv2d": CONVOLUTIONS})
    for group, raws in groups.items()
    for name, raw in raws.items()
} | {f"random{number}": random_network(number) for number in range(10)}


def is_later(name):
    return name.startswith("step")


def differentiated(network):
    """Yield each tensor of the first step with the one that is said to be its gradient."""
    copied = {
        source.name
        for equation in network.equations
        if equation.target.kind is Kind.LINK and not is_later(equation.target.name)
        for source in equation.sources.values()
    }
    given = {tensor.name for tensor in network.inputs}
    for gradient in (name for name in network.tensors if not is_later(name)):
        owner, _, short = gradient.partition(".dL_d")
        name = f"{owner}.{short}"
        # A network's input that several layers use has a gradient in each of them.
        if short and name in network.tensors and not (name in given and name in copied):
            yield name, gradient


def slope(network, values, arrays, name, direction):
    """Return the loss's slope in a direction of one tensor."""
    losses = []
    for sign in (1, -1):
        moved = {name: arrays[name] + sign * STEP * direction}
        losses.append(float(network.evaluate(values | moved, moved)["loss.L"]))
    return (losses[0] - losses[1]) / (2 * STEP)


def wrong_gradients(network, seed=0):
    """Return the gradients that are not the slope, with what they say and what it is."""
    random = np.random.default_rng(seed)
    values = choose_values(network)
    pairs = list(differentiated(network))
    for name in values.keys() & {name for name, _ in pairs}:  # no ties, where there is no slope
        values[name] = values[name] + random.uniform(-0.01, 0.01, values[name].shape)
    arrays = network.evaluate(values)
    wrong = []
    for name, gradient in pairs:
        direction = random.uniform(0.5, 1, arrays[name].shape)
        direction *= random.choice([-1, 1], arrays[name].shape)
        expected = float((arrays[gradient] * direction).sum())
        found = slope(network, values, arrays, name, direction)
        if found != pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE):
            wrong.append((gradient, expected, found))
    return wrong


@pytest.mark.parametrize("name", NETWORKS)
def test_every_gradient_is_the_slope_of_the_loss(name):
    network = build_network(spec_of(NETWORKS[name]))
    assert len(list(differentiated(network))) >= 2
    assert not wrong_gradients(network)


@pytest.mark.parametrize("name", ["conv2d-stride2-padding1", "batch_norm-images-last"])
def test_gradient_that_is_off_by_a_thousandth_is_noticed(name, monkeypatch):
    network = build_network(spec_of(NETWORKS[name]))
    gradients = [gradient for _, gradient in differentiated(network)]
    evaluate = type(network).evaluate
    for planted in gradients:

        def off(self, values, instead=MappingProxyType({}), planted=planted):
            arrays = evaluate(self, values, instead)
            return arrays | {planted: arrays[planted] + 0.001}

        monkeypatch.setattr(type(network), "evaluate", off)
        assert [one[0] for one in wrong_gradients(network)] == [planted]
