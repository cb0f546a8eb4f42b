"""Layers that multiply, cut, turn and add up arrays: what does not fit is refused in one line."""

import pytest

import xlbackprop
from tests.support.specs_and_values import spec_of

TANH = {"type": "tanh", "from": "input"}


def refusal(layer, sizes=(4, 3), before=()):
    spec = spec_of({"name": "x", "input": list(sizes), "layers": [*before, layer]})
    with pytest.raises(xlbackprop.SpecError) as error:
        xlbackprop.build_network(spec)
    return str(error.value)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"type": "reshape", "shape": [5]},
            "shape = [5]: the input 4×3 has 12 entries, and this 5",
        ),
        ({"type": "reshape", "shape": 12}, "expected a list of whole numbers from 1, one for each"),
        ({"type": "transpose", "axes": [0, 2]}, "axes = [0, 2]: expected each of the numbers 0, 1"),
        ({"type": "slice", "stop": 5}, "stop = 5: the axis has 4 entries"),
        ({"type": "slice", "stop": 2, "start": 2}, "start = 2: must be less than stop, which is 2"),
        ({"type": "slice", "stop": 1, "axis": 2}, "axis = 2: the input has 2, counted from 0"),
        ({"type": "sum", "axis": 2}, "axis = 2: the input has 2, counted from 0"),
        ({"type": "scale"}, "the key 'factor' is missing"),
    ],
)
def test_options_that_do_not_fit(layer, message):
    assert message in refusal(layer)


def test_matrices_that_do_not_fit():
    joined = {"type": "matmul", "from": ["input", "tanh1"]}
    assert refusal(joined, before=[TANH]) == (
        'layer "matmul1": inputs = [[4, 3], [4, 3]]: the first has 3 columns, and the second'
        " 4 rows: matmul multiplies rows by columns (transpose = true: rows by rows)"
    )
    assert "two matrices" in refusal(joined, (4,), before=[TANH])


def test_sum_that_leaves_a_single_number_is_refused():
    assert "a single number would be left" in refusal({"type": "mean"}, (4,))
