"""What stays near the truth is right, what is magnified is carried, and scale is the tensor's."""

from dataclasses import replace

import numpy as np
import pytest

import xlbackprop
from tests.support.by_hand import rounded_by_hand
from tests.support.filling import fill
from tests.support.page_with_slip import Page
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.verify import verify
from xlbackprop.judge.verify.noise import noise
from xlbackprop.spec.templates import load_spec
from xlbackprop.tolerance import decimals_needed


def followed(page, typed):
    """Return the review of a page on which some tensors are typed, and all others follow."""
    return verify(page.network, page.found(page.follow(typed)))


def with_formulas(found):
    """Return tensors as if each number were what a formula gives."""
    return {
        name: replace(one, has_formula=np.ones(one.numbers.shape, np.bool_))
        if one.tensor.kind.is_computed
        else one
        for name, one in found.items()
    }


# What follows from rounded numbers.


def test_what_a_rounded_second_moment_blows_up_is_carried_and_says_why():
    """One of the averages of squares is 0 when rounded as the others may be; w_new divides by it.

    In all that is right about each number typed, the last is off by a million.
    """
    page = Page(load_spec("optimizers-rmsprop"))
    name = "dense1.w_v"
    array = rounded_by_hand(page.network, name, page.true)
    smallest = np.unravel_index(np.abs(page.true[name]).argmin(), array.shape)
    assert page.true[name][smallest] < 0.5 * 10.0 ** -decimals_needed(page.true[name])
    array[smallest] = 0
    review = followed(page, {name: array})
    assert (review.judgements[name].statuses == Status.RIGHT).all()
    new = review.judgements["dense1.w_new"]
    assert abs(new.found.numbers[smallest]) > 1e4 * abs(new.expected[smallest])
    assert new.statuses[smallest] == Status.CARRIED
    assert new.rounded[smallest]


def test_workbook_with_second_moments_typed_as_zero_says_that_they_were_rounded_too_early(tmp_path):
    """All of v typed as 0.00 is not right, and what follows from it is off by a lot."""
    path = xlbackprop.build("optimizers-adam", tmp_path / "a.xlsx")
    fill(path, {("dense2.w_v", index): 0.0 for index in np.ndindex(1, 2)})
    cells = {(cell.tensor, cell.index): cell for cell in xlbackprop.check(path).cells}
    for index in np.ndindex(1, 2):
        assert cells["dense2.w_v", index].status == "wrong"
        new = cells["dense2.w_new", index]
        assert new.status == "carried"
        assert abs(new.found) > 1e4
        assert new.note.startswith("follows from an earlier cell that was rounded too early")


def test_what_follows_from_a_little_rounding_is_right():
    page = Page(load_spec("mlp-2-2-2"))
    name = "sigmoid1.out"
    review = followed(page, {name: np.round(page.true[name], 2)})
    out = review.judgements["dense2.out"]
    assert (out.found.numbers != out.expected).all()
    assert (out.statuses == Status.RIGHT).all()


# Formulas, at the tensor's scale.


@pytest.fixture(scope="module")
def tiny():
    """A page of which all numbers are tiny."""
    random = np.random.default_rng(5)
    return Page(
        {
            "name": "tiny", "input": [3],
            "layers": [{"type": "dense", "units": 2}, {"type": "relu"}],
            "loss": {"type": "given"},
            "values": {
                "arrays": {
                    "dense1.h": (1e-6 * random.normal(1, 0.3, 3)).tolist(),
                    "dense1.w": (1e-5 * random.normal(1, 0.3, (2, 3))).tolist(),
                    "dense1.b": [1e-12, 2e-12],
                    "relu1.dL_dout": [3e-7, -2e-7],
                },
            },
        }
    )  # fmt: skip


def test_formulas_that_give_zero_on_a_tiny_page_are_wrong(tiny):
    zeros = {name: np.zeros_like(tiny.true[name]) for name in tiny.network.equation_of}
    review = verify(tiny.network, with_formulas(tiny.found({**tiny.true, **zeros})))
    for name in ("dense1.out", "dense1.dL_dw", "dense1.dL_dh"):
        right = review.judgements[name].statuses == Status.RIGHT
        assert not right[np.abs(tiny.true[name]) > 0].any(), name


def test_right_formulas_on_a_tiny_page_are_right(tiny):
    review = verify(tiny.network, with_formulas(tiny.found(tiny.true)))
    assert all((one.statuses == Status.RIGHT).all() for one in review.judgements.values())


@pytest.mark.parametrize("part", [0.03, 1e-5])
def test_small_error_in_a_small_gradient_is_noticed(tiny, part):
    name = "dense1.dL_dw"
    array = tiny.true[name].copy()
    array[1, 2] *= 1 + part
    review = verify(tiny.network, with_formulas(tiny.found({**tiny.true, name: array})))
    assert np.argwhere(review.judgements[name].statuses != Status.RIGHT).tolist() == [[1, 2]]


def test_ties_of_a_tiny_page_are_no_excuse():
    """A maximum's gradient may go to any of equal entries, and to nothing else."""
    raw = {
        "name": "p", "input": [1, 4, 4], "layers": [{"type": "max_pool2d", "kernel": 2}],
        "loss": {"type": "given"},
        "values": {
            "arrays": {
                "pool1.h": [[[1e-9, 1e-9, 3e-9, 1e-9]] * 4],
                "pool1.dL_dout": [[[1e-12, 2e-12], [3e-12, 4e-12]]],
            }
        },
    }  # fmt: skip
    page = Page(raw)
    name = "pool1.dL_dh"
    for factor, is_right in ((0, False), (1, True)):
        arrays = {**page.true, name: factor * page.true[name]}
        statuses = verify(page.network, with_formulas(page.found(arrays))).judgements[name].statuses
        assert (statuses == Status.RIGHT).all() == is_right


# Noise.


def test_last_digits_that_are_left_where_terms_cancel_are_right():
    """The gradient of a bias before a batch normalization is 0: programs leave this or that."""
    page = Page(load_spec("batch-norm"))
    name = "dense1.dL_db"
    assert 0 < np.abs(page.true[name]).max() < 1e-15
    for array in (np.zeros(3), np.array([3e-17, -5e-17, 0])):
        found = page.found({**page.true, name: array.reshape(page.true[name].shape)})
        statuses = verify(page.network, found).judgements[name].statuses
        assert (statuses == Status.RIGHT).all()
    found = page.found({**page.true, name: np.full(page.true[name].shape, 1e-12)})
    assert (verify(page.network, found).judgements[name].statuses != Status.RIGHT).all()


def test_noise_is_what_grows_with_the_last_digits():
    network = xlbackprop.build_network(load_spec("mlp-2-2-2"))
    equation = network.equation_of["dense2.dL_dout"]
    assert equation.sources
    arrays = {tensor.name: np.full(tensor.shape, 0.3) for tensor in equation.sources.values()}
    assert 1e-16 < noise(equation, arrays).max() < 1e-12


def test_tie_that_is_decided_otherwise_is_no_noise():
    raw = {
        "name": "p", "input": [1, 2, 2], "layers": [{"type": "max_pool2d", "kernel": 2}],
        "loss": {"type": "given"},
        "values": {"arrays": {"pool1.h": [[[0.1, 0.1], [0.1, 0.1]]]}},
    }  # fmt: skip
    page = Page(raw)
    equation = page.network.equation_of["pool1.winner"]
    assert (noise(equation, page.true) == 0).all()
