"""`[loss] l2`: a term of L and of every gradient, and what is said where it is forgotten."""

import pytest

import xlbackprop
from tests.support.network_parts import DENSE, VECTORS, network
from tests.support.specs_and_values import spec_of


def test_without_l2_nothing_is_added():
    names = xlbackprop.build_network(
        spec_of(network(VECTORS, DENSE, loss={"type": "mse", "l2": 0}))
    )
    assert not any("squares" in name or "penalty" in name for name in names.tensors)


def test_biases_count_where_that_is_asked_for():
    def squared(**options):
        raw = network(VECTORS, DENSE, {"type": "batch_norm"}, loss={"type": "mse", **options})
        names = xlbackprop.build_network(spec_of(raw)).tensors
        return {name for name in names if name.endswith("_squares")}

    weights = {"dense1.w_squares", "bn1.gamma_squares"}
    assert squared(l2=1) == weights
    assert squared(l2=1, l2_biases=True) == weights | {"dense1.b_squares", "bn1.beta_squares"}


@pytest.mark.parametrize(
    ("options", "words"),
    [({"l2": -1}, ["l2 = -1"]), ({"l2_biases": 1}, ["l2_biases = 1"]), ({"l3": 1}, ["l3"])],
)
def test_what_is_wrong_with_l2_is_said(options, words):
    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.build_network(spec_of(network(VECTORS, DENSE, loss={"type": "mse", **options})))
    assert all(word in str(caught.value) for word in words), caught.value
