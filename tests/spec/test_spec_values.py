"""The numbers of a spec: drawn, or given as arrays."""

import numpy as np
import pytest

from tests.support.spec_texts import GOOD, complaint, values_of, with_array


@pytest.mark.parametrize("style", ["integers", "normal", "uniform"])
def test_drawn_numbers_follow_their_style_and_seed(style):
    text = GOOD + f'[values]\nstyle = "{style}"\nseed = 7\n'
    first, again, other = values_of(text), values_of(text), values_of(text, seed=8)
    assert set(first) == {"conv1.h", "conv1.w", "conv1.b", "conv1.dL_dout"}
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert np.isfinite(array).all()
        if style == "integers":
            np.testing.assert_array_equal(array, array.round())
        if style == "uniform":
            assert (array >= 0).all()
            assert (array <= 1).all()
    assert (first["conv1.h"] != other["conv1.h"]).any()
    assert (first["conv1.w"] != other["conv1.w"]).any()


def test_seed_of_the_call_overrides_the_spec_s():
    text = GOOD + "[values]\nseed = 7\n"
    np.testing.assert_array_equal(
        values_of(text, seed=0)["conv1.h"], values_of(GOOD + "[values]\nseed = 0\n")["conv1.h"]
    )


def test_given_array_is_taken_whatever_the_spec_s_seed():
    given = np.arange(50.0).reshape(2, 5, 5)
    values = values_of(with_array("conv1.h", given.tolist()) + "\n[values]\nseed = 99\n")
    np.testing.assert_array_equal(values["conv1.h"], given)


def test_given_array_leaves_the_other_draws_as_they_are():
    plain, changed = values_of(GOOD), values_of(with_array("conv1.b", "[1, 2, 3]"))
    np.testing.assert_array_equal(plain["conv1.w"], changed["conv1.w"])
    np.testing.assert_array_equal(changed["conv1.b"], [1, 2, 3])


@pytest.mark.parametrize(
    ("tensor", "source", "words"),
    [
        pytest.param("conv1.b", "[1, 2]", ["[2]", "[3]"], id="too-short"),
        pytest.param("conv1.b", "[[1, 2, 3]]", ["[1, 3]", "[3]"], id="too-deep"),
        pytest.param("conv1.h", "[1, 2]", ["[2]", "[2, 5, 5]"], id="too-flat"),
        pytest.param("conv1.b", "[]", ["[3]"], id="empty"),
        pytest.param("conv1.b", "4", ["[3]"], id="number"),
        pytest.param("conv1.b", "[[1, 2], [3]]", ["[3]"], id="ragged"),
        pytest.param("conv1.b", "[1, [2], 3]", ["[3]"], id="ragged-in-depth"),
        pytest.param("conv1.b", "[1, nan, 3]", ["finite"], id="nan"),
        pytest.param("conv1.b", "[1, 2, inf]", ["finite"], id="inf"),
        pytest.param("conv1.b", "[1, 2, -inf]", ["finite"], id="minus-inf"),
        pytest.param("conv1.b", f"[1, 2, {'9' * 400}]", [], id="integer-past-every-float"),
        pytest.param("conv1.b", '["a", "b", "c"]', ["number"], id="texts"),
        pytest.param("conv1.b", '["1", "2", "3"]', ["number"], id="numerals-as-texts"),
        pytest.param("conv1.b", '[1, 2, "3"]', ["number"], id="one-numeral-as-text"),
        pytest.param("conv1.b", "[true, false, true]", ["number"], id="booleans"),
        pytest.param("conv1.b", "[1, 2, true]", ["number"], id="one-boolean"),
        pytest.param("conv1.b", "true", ["[3]"], id="boolean"),
        pytest.param("conv1.b", "{ a = 1 }", [], id="table"),
        pytest.param("conv1.b", "[1979-05-27, 1, 2]", [], id="date"),
        pytest.param("conv1.b", "[" * 70 + "1" + "]" * 70, [], id="seventy-dimensions"),
    ],
)
def test_array_that_does_not_fit_is_refused_with_the_tensor(tensor, source, words):
    message = complaint(with_array(tensor, source))
    assert tensor in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("tensor", "word"),
    [
        pytest.param("conv1.out", "computed", id="computed"),
        pytest.param("conv1.dL_dw", "computed", id="gradient"),
        pytest.param("loss.L", "computed", id="loss"),
        pytest.param("conv1.ww", "conv1.w", id="misspelt"),
        pytest.param("conv9.w", "conv1.w", id="other-layer"),
        pytest.param("conv1", "conv1", id="layer"),
    ],
)
def test_array_for_a_tensor_that_takes_none_is_refused(tensor, word):
    message = complaint(with_array(tensor, "[1, 2, 3]"))
    assert f"{tensor}" in message
    assert word in message


def test_array_whose_name_is_not_quoted_is_refused():
    complaint(GOOD + "[values.arrays]\nconv1.b = [1, 2, 3]\n")
