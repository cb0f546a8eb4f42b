"""Numbers that are fit for an exercise, and planted ones that are not."""

import numpy as np
import pytest

import xlbackprop
from xlbackprop.classroom.assignments.fitness import Fitness
from xlbackprop.network.values import choose_values
from xlbackprop.tolerance import decimals_needed, largest_rounding
from xlbackprop.workbook.builder import resolve_blank

POOLED = """\
name = "pooled"
input = [1, 6, 6]
[[layers]]
type = "conv2d"
filters = 2
kernel = 3
[[layers]]
type = "relu"
[[layers]]
type = "max_pool2d"
kernel = 2
[values]
style = "normal"
"""
TEMPLATES = {
    "conv5x5x2": "dL_dw,dL_dh", "mlp-2-2-2": "dL_dw,dL_dh", "conv-depthwise": "dL_dw,dL_dh",
    "conv7x7x3-stride2": "dL_dw,dL_dh", "batch-norm": "dL_dw,dL_dh",
}  # fmt: skip


def made(spec, blank):
    network = xlbackprop.build_network(spec)
    return network, Fitness(network, resolve_blank(network, blank.split(",")))


def first_fit(network, fitness):
    draws = (choose_values(network, seed) for seed in range(1000, 1500))
    return next(values for values in draws if not fitness.complaints(values))


def test_symmetric_filter_is_refused():
    network, fitness = made(xlbackprop.load_spec("conv5x5x2"), "dL_dw,dL_dh")
    values = first_fit(network, fitness)
    w = values["conv1.w"]
    values["conv1.w"] = w + w[..., ::-1, ::-1]
    assert any("filter not rotated" in one for one in fitness.complaints(values))


def test_one_number_is_refused():
    network, fitness = made(xlbackprop.load_spec("conv5x5x2"), "dL_dw,dL_dh")
    values = first_fit(network, fitness)
    values["conv1.h"] = np.ones_like(values["conv1.h"])
    values["conv1.dL_dout"] = np.ones_like(values["conv1.dL_dout"])
    assert "conv1.dL_dw: it is one number throughout" in fitness.complaints(values)


def test_dead_unit_is_refused():
    network, fitness = made(xlbackprop.parse_spec(POOLED), "dL_dw")
    values = first_fit(network, fitness)
    values["conv1.b"] = np.array([values["conv1.b"][0], -1000.0])
    complaints = fitness.complaints(values)
    assert any(one.startswith("relu1.out[c = 1]: a unit without") for one in complaints)


def test_tie_is_refused():
    text = POOLED.replace('[[layers]]\ntype = "relu"\n', "")
    network, fitness = made(xlbackprop.parse_spec(text), "pool1.dL_dh")
    values = first_fit(network, fitness)
    values["conv1.h"] = np.ones_like(values["conv1.h"])
    assert any("a tie" in one for one in fitness.complaints(values))


def test_longer_numbers_than_the_spec_s_are_refused():
    network, fitness = made(xlbackprop.load_spec("conv5x5x2"), "dL_dw")
    values = first_fit(network, fitness)
    values["conv1.h"] = values["conv1.h"] + 0.25
    assert fitness.complaints(values) == ["conv1.h: more decimals than the 0 of the spec's"]


def assert_every_slip_is_seen(network, fitness, values, blank):
    """Assert it by another way: typed to as many decimals as count, it is not what is right."""
    arrays = network.evaluate(values)
    allowed = {one.split(" (")[0] for one in fitness.unavoidable}
    for name in resolve_blank(network, blank.split(",")):
        equation, right = network.equation_of[name], arrays[name]
        for slip in equation.slips:
            typed = np.round(equation.evaluate_slip(slip, arrays), decimals_needed(right))
            if not (np.abs(typed - right) > largest_rounding(right)).any():
                assert f"{name}: the mistake “{slip.name}”" in allowed


@pytest.mark.many(quick=["conv5x5x2"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_variants_that_are_handed_out_are_fit(template, request):
    network, fitness = made(xlbackprop.load_spec(template), TEMPLATES[template])
    fit = tried = 0
    many = 200 if request.config.getoption("--all") else 10
    for seed in range(10**6, 10**6 + 20 * many):
        values = choose_values(network, seed)
        tried += 1
        if not fitness.complaints(values):
            assert_every_slip_is_seen(network, fitness, values, TEMPLATES[template])
            fit += 1
        if fit == many:
            break
    assert fit == many, (fit, tried)
