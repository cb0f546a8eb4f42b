"""Slips in what is not on the page: people type a gradient, and not what it is made from."""

import numpy as np
import pytest

from tests.support.page_with_slip import Page
from xlbackprop.equation import Kind
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.verify import Status, verify


def dense(units):
    return {"type": "dense", "units": units}


def kind(name, **options):
    return {"type": name, **options}


CONV = kind("conv2d", filters=2, kernel=3)
NETWORKS = {
    "two of two": {
        "input": [2],
        "layers": [dense(2), kind("sigmoid"), dense(2), kind("sigmoid")],
        "loss": kind("half_sse"),
        "training": {"optimizer": "sgd", "lr": 0.5},
    },
    "three layers": {
        "input": [3],
        "layers": [dense(4), kind("tanh"), dense(3), kind("softplus"), dense(2), kind("sigmoid")],
        "loss": kind("mse"),
    },
    "batch": {
        "input": [3],
        "batch": 4,
        "layers": [dense(4), kind("leaky_relu"), dense(3)],
        "loss": kind("cross_entropy"),
    },
    "image": {
        "input": [1, 6, 6],
        "layers": [CONV, kind("tanh"), kind("max_pool2d", kernel=2), kind("flatten"), dense(3)],
        "loss": kind("mse"),
    },
    "norm": {
        "input": [3],
        "batch": 5,
        "layers": [dense(4), kind("batch_norm"), kind("gelu"), dense(2)],
        "loss": kind("mse"),
    },
}
_GRADIENTS = ("dL_dw", "dL_db", "dL_dgamma", "dL_dbeta")


def page_of(name, seed):
    return Page({"name": "net", **NETWORKS[name], "values": {"style": "normal", "seed": seed}})


def is_typed(page, name):
    """Return whether people have a tensor on their page: not what lies between, nor helpers."""
    tensor = page.network.tensors[name]
    short = name.rpartition(".")[2]
    return tensor.kind in (Kind.GIVEN, Kind.PARAMETER) or short in ("out", "L", *_GRADIENTS)


def typed(page, arrays, decimals):
    """Return what is on a page of typed numbers, judged."""
    computed = page.network.equation_of
    rounded = {
        name: np.round(array, decimals) if name in computed else array
        for name, array in arrays.items()
    }
    found = page.found(rounded)
    return verify(page.network, {name: found[name] for name in found if is_typed(page, name)})


def slips_in_gradients(page):
    """Yield the slips of all gradients that are not on the page."""
    for equation in page.network.equations:
        name = equation.target.name
        if "dL_d" in name and not is_typed(page, name):
            yield from ((name, slip) for slip in equation.slips)


@pytest.mark.many(quick=["two of two-4"])
@pytest.mark.parametrize(
    ("name", "decimals"), [*((name, 4) for name in NETWORKS), ("two of two", 12), ("batch", 12)]
)
def test_slip_is_named_in_all_that_follows(name, decimals):
    page, tried = page_of(name, 1), 0
    for tensor, slip in slips_in_gradients(page):
        review = typed(page, page.follow({tensor: slip}), decimals)
        wrong = [one for one in review.judgements.values() if (one.statuses == Status.WRONG).any()]
        # A number or two could be anything, and so could zeros.
        zeros = [one for one in wrong if not one.found.numbers.any()]
        if zeros or sum(one.found.numbers.size for one in wrong) < 4:
            continue
        for each in (one for ones in diagnose(review).diagnoses.values() for one in ones):
            assert slip.name in each.slip.removeprefix("one of: ").split(", "), (tensor, each)
            assert "which is not on the page" in each.message
        tried += bool(wrong)
    assert tried > 4


def test_slip_that_is_not_seen_in_all_that_follows_is_named_where_it_is():
    """People write each gradient as a formula of its own: dL/db may well be right."""
    page = page_of("three layers", 2)
    equation = page.network.equation_of["tanh1.dL_dh"]
    slip = next(one for one in equation.slips if one.name == "derivative missing")
    planted = page.follow({"tanh1.dL_dh": slip})
    wrong = dict(page.true) | {"dense1.dL_dw": planted["dense1.dL_dw"]}
    (only,) = diagnose(typed(page, wrong, 6)).diagnoses["dense1.dL_dw"]
    assert only.slip == "derivative missing"
    assert only.message.startswith("derivative missing: In tanh1.dL_dh, which is not on the page: ")


def test_sign_of_one_gradient_is_no_slip_of_the_loss():
    page = page_of("three layers", 2)
    wrong = dict(page.true) | {"dense2.dL_dw": -page.true["dense2.dL_dw"]}
    (only,) = diagnose(typed(page, wrong, 6)).diagnoses["dense2.dL_dw"]
    assert only.slip == "sign reversed"


@pytest.mark.many
@pytest.mark.parametrize("name", NETWORKS)
def test_noise_in_gradients_is_no_slip_of_what_is_not_on_the_page(name):
    random = np.random.default_rng(len(name))
    for seed in range(2):
        page = page_of(name, seed)
        tensors = [one for one in page.true if one.rpartition(".")[2] in _GRADIENTS]
        for tensor in random.choice(tensors, 2):
            right = page.true[tensor]
            noise = (random.normal(1, 1, right.shape), right * random.normal(1, 1, right.shape))
            for numbers in (*noise, random.permutation(right.ravel()).reshape(right.shape)):
                review = typed(page, dict(page.true) | {tensor: numbers}, 4)
                said = [one for ones in diagnose(review).diagnoses.values() for one in ones]
                assert not any(one.is_weaker for one in said), (tensor, said)


@pytest.mark.many(quick=["batch"])
@pytest.mark.parametrize("name", NETWORKS)
def test_honest_page_is_not_accused(name):
    page = page_of(name, 1)
    for decimals in (4, 12):
        review = diagnose(typed(page, page.true, decimals))
        assert not review.diagnoses


def test_what_follows_from_a_wrong_number_was_made_of_more_digits_than_are_typed():
    page = page_of("batch", 3)
    wrong = page.follow({"leaky1.out": 1.5 * page.true["leaky1.out"]})
    statuses = typed(page, wrong, 4).judgements["dense2.out"].statuses
    assert (statuses == Status.CARRIED).all()
    off = dict(wrong) | {"dense2.out": 1.01 * wrong["dense2.out"]}
    statuses = typed(page, off, 4).judgements["dense2.out"].statuses
    assert (statuses == Status.WRONG).mean() > 0.8
