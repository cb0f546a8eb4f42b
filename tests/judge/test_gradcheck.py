"""Gradients against differences: what agrees, what is wrong, and what only seems to be."""

import json

import numpy as np
import pytest

import xlbackprop
from tests.support.command_line import assert_refused, called, document
from tests.support.filling import fill
from tests.support.program import TWO_LAYERS
from tests.support.templates import TEMPLATES
from xlbackprop.judge.gradcheck import NEAR, Loss
from xlbackprop.network.gradients import gradients_of
from xlbackprop.network.values import choose_values
from xlbackprop.spec import parse_spec

PICKS = 50
QUICK = ["conv5x5x2", "mlp-2-2-2", "rnn"]


def with_layers(size, layers, **arrays):
    """Return the spec of a network whose L is the sum of its outputs."""
    lines = [f'name = "small"\ninput = [{size}]']
    lines += [f'[[layers]]\ntype = "{one}"' for one in layers]
    lines += ['[loss]\ntype = "given"\n[values.arrays]']
    lines += [f'"{name.replace("__", ".")}" = {value}' for name, value in arrays.items()]
    return parse_spec("\n".join(lines))


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", [one for one in TEMPLATES if "rs-" not in one])
def test_drawn_entries_agree(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    arrays = network.evaluate(choose_values(network))
    pairs, random = gradients_of(network), np.random.default_rng(16)
    leaves = [one for one in network.inputs if one.name in pairs]
    sizes = np.array([one.size for one in leaves])
    losses = {one.name: Loss(network, arrays, one) for one in leaves}
    for at in random.choice(len(leaves), PICKS, p=sizes / sizes.sum()):
        tensor = leaves[at]
        index = tuple(random.integers(0, size) for size in tensor.shape)
        loss, analytic = losses[tensor.name], float(arrays[pairs[tensor.name]][index])
        numeric = loss.slope(index, 1e-5)
        if abs(numeric - analytic) > NEAR * max(abs(numeric), abs(analytic)):
            reason, _ = loss.reason(index, analytic, numeric, 1e-5)
            assert reason.startswith(("kink", "cancellation")), (tensor.name, index)


def test_entries_of_a_workbook_are_compared_and_a_planted_one_stands_out(folder, capsys):
    path = xlbackprop.build("conv5x5x2", folder / "mine.xlsx")
    assert all(one.is_right for one in xlbackprop.gradcheck(path))
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): -149.57, ("conv1.dL_db", (2,)): None})
    own = xlbackprop.gradcheck(path, "conv1.dL_dw")
    assert len(own) == 54
    assert all(one.agrees for one in own)
    assert [one.index for one in own if not one.is_right] == [(1, 0, 0, 1)]
    status, out, _ = called(capsys, "gradcheck", path, "conv1.w")
    assert status == 1
    assert "yours is not the slope" in out
    everything = xlbackprop.gradcheck(path)
    assert [one.index for one in everything if one.yours is None] == [(2,)]


def test_json_has_the_contract_s_fields(folder, capsys):
    (folder / "two.toml").write_text(TWO_LAYERS)
    path = xlbackprop.build("two.toml", folder / "mine.xlsx")
    for source in ("two.toml", path):
        listed = document(called(capsys, "gradcheck", source, "--json"))
        assert {one["tensor"] for one in listed} >= {"conv1.w", "conv1.h", "conv2.b"}
        for one in listed:
            keys = ["tensor", "index", "numeric", "analytic", "yours"]
            assert list(one) in (keys, [*keys, "reason"])
            assert one["numeric"] == pytest.approx(one["analytic"], rel=1e-4, abs=1e-6)
            assert (one["yours"] is None) == (source == "two.toml")
    assert json.dumps(listed)


def test_gradient_that_the_network_has_wrong_is_no_kink(monkeypatch):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    network = xlbackprop.build_network(spec)
    evaluate = type(network).evaluate

    def off(self, values, *instead):
        arrays = evaluate(self, values, *instead)
        return arrays | {"dense1.dL_dw": arrays["dense1.dL_dw"] * 1.001}

    monkeypatch.setattr(type(network), "evaluate", off)
    checked = xlbackprop.gradcheck(spec)
    assert {one.tensor for one in checked if not one.agrees} == {"dense1.w"}
    assert not any(one.reason for one in checked)


def test_kink_at_an_entry_has_many_right_answers():
    spec = with_layers(3, ["relu"], relu1__h=[0, 1, -1], relu1__dL_dout=[2, 2, 2])
    at_kink, right_of_it, left_of_it = xlbackprop.gradcheck(spec)
    assert at_kink.reason.startswith("kink: L's slope is 0 on one side, 2 on the other")
    assert at_kink.accepted == pytest.approx((0, 2))
    assert at_kink.agrees
    assert not right_of_it.reason + left_of_it.reason
    for yours, right in ((0, True), (1.3, True), (2, True), (2.1, False), (-0.1, False)):
        changed = type(at_kink)(**{**vars(at_kink), "yours": yours})
        assert changed.is_right == right


@pytest.mark.parametrize("distance", [0.1, 0.3, 0.45, 0.7, 0.9])
def test_kink_near_an_entry_is_told_from_a_curve(distance):
    epsilon = 1e-3
    spec = with_layers(1, ["relu"], relu1__h=[distance * epsilon], relu1__dL_dout=[1])
    (near,) = xlbackprop.gradcheck(spec, epsilon=epsilon)
    assert near.reason.startswith("kink: there is one within epsilon")
    curve = with_layers(1, ["tanh"], tanh1__h=[0.4], tanh1__dL_dout=[1])
    (curved,) = xlbackprop.gradcheck(curve, epsilon=distance / 4)
    assert curved.reason.startswith("curvature: epsilon is too large")
    (fine,) = xlbackprop.gradcheck(curve)
    assert not fine.reason


def test_cancellation_is_named():
    spec = with_layers(2, ["tanh"], tanh1__h=[1, 1], tanh1__dL_dout=[1e9, 1e-3])
    large, small = xlbackprop.gradcheck(spec)
    assert not large.reason
    assert small.reason.startswith("cancellation: L is 7.62e+08")


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["nosuch.xlsx"], ["conv5x5x2", "conv1.nosuch"], ["conv5x5x2", "--epsilon", "0"]],
)
def test_what_cannot_be_used_is_refused(arguments, folder, capsys):
    assert folder.exists()
    assert_refused(called(capsys, "gradcheck", *arguments))
