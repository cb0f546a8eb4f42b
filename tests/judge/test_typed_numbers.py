"""A typed number is the answer only where the rounding is small beside the answer."""

from functools import cache

import numpy as np
import pytest

import xlbackprop
from tests.support.by_hand import rounded_by_hand
from tests.support.filling import fill
from tests.support.page_with_slip import Page
from tests.support.templates import TEMPLATES
from xlbackprop.equation import Kind
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.verify import verify
from xlbackprop.judge.verify.noise import Noise
from xlbackprop.judge.verify.tensor import TensorJudge
from xlbackprop.judge.verify.versions import same_versions
from xlbackprop.network.earlier import earlier_of
from xlbackprop.spec.templates import load_spec
from xlbackprop.tolerance import allowance, half_units, largest_of


@cache
def page_of(template):
    return Page(load_spec(template))


def judged(page, name, array):
    """Return the judgement of a tensor that was typed, on a page that is right but for it."""
    equation, found = page.network.equation_of[name], page.found_tensor(name, array)
    return TensorJudge(page.network, equation, found, *truth_of(page)).judgement()


@cache
def truth_of(page):
    """Return the versions of all tensors on a page that is right, and their noise."""
    inputs = {tensor.name: page.true[tensor.name] for tensor in page.network.inputs}
    versions = {name: same_versions(one) for name, one in page.true.items()}
    return versions, Noise(page.network, inputs)


def is_constant(array):
    return np.ptp(array) <= 2e-6 * largest_of(array)


def varied(page):
    """Return the computed tensors that are not one number, but for noise."""
    return [
        name
        for name in page.network.equation_of
        if not is_constant(page.true[name]) and largest_of(page.true[name]) > 1e-12
    ]


def is_right(judgement):
    return bool((judgement.statuses == Status.RIGHT).all())


def single_numbers(array):
    """Yield numbers that somebody may type for a whole tensor."""
    yield from (0.0, 1.0, -1.0, 0.01)
    for decimals in (2, 3, 6):
        yield float(np.round(array.mean(), decimals))
        yield float(np.round(np.median(array), decimals))
        yield float(np.round((array.max() + array.min()) / 2, decimals))
    yield float(array.flat[0])


@pytest.mark.many(quick=["conv5x5x2", "mlp-2-2-2"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_one_number_for_a_whole_tensor_is_not_right(template):
    page = page_of(template)
    for name in varied(page):
        for number in set(single_numbers(page.true[name])):
            array = np.full(page.true[name].shape, number)
            assert not is_right(judged(page, name, array)), (name, number)


@pytest.mark.parametrize("template", TEMPLATES)
def test_scalar_that_is_not_zero_is_not_right_as_zero(template):
    page = page_of(template)
    for name in page.network.equation_of:
        array = page.true[name]
        if array.size == 1 and largest_of(array) > 1e-12:
            assert not is_right(judged(page, name, np.zeros_like(array))), name


@pytest.mark.parametrize("template", [t for t in TEMPLATES if load_spec(t).training])
def test_old_parameters_are_not_the_new_ones(template):
    page = page_of(template)
    updates = {
        name: [page.true[tensor.name] for tensor in earlier_of(page.network, name).before]
        for name, tensor in page.network.tensors.items()
        if tensor.kind is Kind.UPDATE
    }
    tried = 0
    for name, olds in [(name, olds) for name, olds in updates.items() if olds]:
        for old in olds:
            if (np.abs(old - page.true[name]) <= allowance(page.true[name])).all():
                continue
            for array in (old, np.round(old, 2), np.round(old, 3)):
                tried += 1
                assert not is_right(judged(page, name, array)), name
    assert tried >= 6


@pytest.mark.many(quick=["mlp-2-2-2", "optimizers-adam"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_copy_of_an_earlier_tensor_is_not_right(template):
    page = page_of(template)
    earlier = [tensor.name for tensor in page.network.inputs]
    for name in page.network.equation_of:
        array = page.true[name]
        for copied in (page.true[one] for one in earlier):
            if copied.shape != array.shape or (np.abs(copied - array) <= 1e-6).all():
                continue
            # What is off by more than any rounding is no question.
            if (np.abs(copied - array) <= 0.1 * largest_of(array)).all():
                assert not is_right(judged(page, name, copied)), name
        earlier.append(name)


@pytest.mark.parametrize("template", TEMPLATES)
def test_page_typed_by_hand_is_right(template):
    page = page_of(template)
    typed = {
        name: rounded_by_hand(page.network, name, page.true) for name in page.network.equation_of
    }
    review = verify(page.network, page.found({**page.true, **typed}))
    wrong = [name for name, judgement in review.judgements.items() if not is_right(judgement)]
    assert not wrong


def test_workbook_of_zeros_is_wrong_and_says_what_to_type(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "m.xlsx", blank=["dL_dw"])
    fill(path, {("dense1.dL_dw", index): 0 for index in np.ndindex(2, 2)})
    report = xlbackprop.check(path)
    cells = [cell for cell in report.cells if cell.tensor == "dense1.dL_dw"]
    assert [cell.status for cell in cells] == ["wrong"] * 4
    assert {cell.note for cell in cells} == {
        "one number in all cells, or a copy of an earlier tensor, and should be neither: type as"
        " many decimals as tell them apart"
    }


def test_number_rounded_too_much_for_its_size_is_told_how_many_decimals_to_type(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "m.xlsx", blank=["dL_dw"])
    truth = page_of("mlp-2-2-2").true["dense1.dL_dw"]
    for decimals, note in ((3, "at least 5 decimals"), (5, None)):
        fill(
            path,
            {("dense1.dL_dw", i): round(float(truth[i]), decimals) for i in np.ndindex(2, 2)},
        )
        cells = [cell for cell in xlbackprop.check(path).cells if cell.tensor == "dense1.dL_dw"]
        assert bool(cells) == bool(note)
        assert all(note in cell.note for cell in cells)


def test_copy_of_the_numbers_before_an_activation_is_not_what_follows():
    """tanh(0.05) is 0.04996: whoever types 0.05 has only copied."""
    raw = {
        "name": "t", "input": [3], "layers": [{"type": "tanh"}], "loss": {"type": "given"},
        "values": {"arrays": {"tanh1.h": [0.05, 0.04, 0.03], "tanh1.dL_dout": [1, 2, 3]}},
    }  # fmt: skip
    page = Page(raw)
    for array, right in (
        (page.true["tanh1.h"], False),
        (np.round(page.true["tanh1.out"], 5), True),
    ):
        assert is_right(judged(page, "tanh1.out", array)) == right


def test_one_number_that_belongs_in_all_cells_is_right():
    raw = {
        "name": "r", "input": [1, 4, 4], "layers": [{"type": "avg_pool2d", "kernel": 2}],
        "loss": {"type": "given"},
        "values": {"arrays": {"avgpool1.h": np.full((1, 4, 4), 1 / 3).tolist()}},
    }  # fmt: skip
    page = Page(raw)
    assert is_right(judged(page, "avgpool1.out", np.full((1, 2, 2), 0.33)))


@pytest.mark.parametrize(
    ("number", "decimals"),
    [(0, 2), (3, 2), (0.5, 2), (0.123, 3), (1e-12, 12), (1.25e-13, 15), (-1.5e-5, 6), (1e-20, 20)],
)
def test_decimals_of_a_typed_number(number, decimals):
    half = half_units(np.array([number], dtype=float))[0]
    assert half == pytest.approx(0.5 * 10.0**-decimals)
