"""What the mistake was, where gradients are typed: named if one plain slip gives all of them."""

import numpy as np
import pytest

import xlbackprop
from tests.judge.gradients import filters_by_hand as filters
from tests.judge.gradients import test_typed_numbers as layer

DW = filters.DW
BLOCK = "k=0 c=0"  # the first of four
ONE = np.arange(DW.size).reshape(DW.shape) == 2  # a number of that, with many digits
RANDOM = np.random.default_rng(5)
OF_FILTERS = {
    "not filled in": 0 * DW,
    "sign reversed": np.round(-DW, 3),
    "rows and columns transposed": DW.swapaxes(2, 3),
    "dL/dw rotated": np.round(DW[..., ::-1, ::-1], 4),
    "factor 2 extra": 2 * DW,
    "factor 1/2 extra": np.round(DW / 2, 3),
    "values for gradients": filters.W,
    "mean for sum": DW / 18,
    "sum for mean": 9 * DW,
}
OF_ONE = {"not filled in": np.where(ONE, 0, DW), "sign reversed": np.where(ONE, -DW, DW)}
OF_LAYER = {
    "derivative missing": np.outer(layer.A - layer.T, layer.X),
    "factor extra": layer.RATE * layer.DW,
    "sign reversed": -layer.DW,
    "not filled in": 0 * layer.DW,
    "values for gradients": layer.W,
}
UNKNOWN = {
    "any numbers": RANDOM.normal(size=DW.shape).round(3),
    "a factor that nothing explains": 1.1 * DW,
    "one number of few digits": np.where(ONE, np.round(-DW, 1), DW),
    "two slips": np.where(ONE, 2, -1) * DW,
    "near the half": 0.503 * DW,
}


def named(report):
    return {one.name for one in report.causes if one.status == "wrong"}


@pytest.mark.many(quick=["dL/dw rotated"])
@pytest.mark.parametrize("name", OF_FILTERS)
def test_a_slip_in_all_typed_numbers_is_named(name, path):
    filters.write(path, OF_FILTERS[name])
    report = xlbackprop.check(path)
    assert report.verdict == "wrong"
    assert named(report) == {name}


@pytest.mark.many(quick=[])
@pytest.mark.parametrize("name", OF_ONE)
def test_a_slip_in_one_typed_number_is_named(name, path):
    filters.write(path, OF_ONE[name])
    report = xlbackprop.check(path)
    assert report.counts["wrong"] == 1
    assert named(report) == {name}


@pytest.mark.many(quick=["derivative missing"])
@pytest.mark.parametrize("name", OF_LAYER)
def test_a_slip_in_a_layers_typed_gradients_is_named(name, path):
    report = layer.checked(path, layer.page(dW=OF_LAYER[name]))
    assert report.verdict == "wrong"
    assert named(report) == {name}


@pytest.mark.many(quick=[])
@pytest.mark.parametrize("name", UNKNOWN)
def test_numbers_that_no_plain_slip_gives_are_given_no_name(name, path):
    filters.write(path, UNKNOWN[name])
    report = xlbackprop.check(path)
    own = {one.name for one in report.causes if f"Sheet.{BLOCK}" in one.tensors}
    assert (report.verdict, own) == ("wrong", {"wrong for no known reason"})
