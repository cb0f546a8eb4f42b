"""Layers against numbers that others printed: every digit of theirs is ours, recalculated."""

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import engine, workbook
from tests.support.specs_and_values import spec_of

MSE = {"type": "mse"}


def recalculated(tmp_path, head, layers, given):
    """Return the tensors of a network that a spreadsheet engine has recalculated."""
    values = {"arrays": {name: np.asarray(array).tolist() for name, array in given.items()}}
    spec = spec_of({"name": "x", **head, "layers": layers, "loss": MSE, "values": values})
    path = xlbackprop.build(spec, tmp_path / "x.xlsx")
    tensors = xlbackprop.build_network(spec).tensors
    arrays = engine.recalculated_arrays(path, workbook.places(path))
    return {name: array.reshape(tensors[name].shape) for name, array in arrays.items()}


def assert_printed(found, printed):
    """Compare with a printed row, whose digits after the point are those of its longest number."""
    decimals = max(len(one.partition(".")[2]) for one in printed.split())
    expected = np.array(printed.split(), dtype=float)
    np.testing.assert_array_equal(np.round(found, decimals), expected)


def drawn(*shapes):
    """Return normal numbers as the course draws them, one array after the other."""
    random = np.random.RandomState(1)
    return [random.randn(*shape) for shape in shapes]


def test_one_step_of_an_rnn_is_that_of_the_course(tmp_path):
    """deeplearning.ai, "Building your Recurrent Neural Network", rnn_cell_forward."""
    sizes = [(3, 10), (5, 10), (5, 5), (5, 3), (2, 5), (5, 1), (2, 1)]
    x, before, w_state, w_input, w_out, b, b_out = drawn(*sizes)
    layers = [
        {"type": "rnn", "units": 5, "last": True, "initial": "given"},
        {"type": "dense", "units": 2},
        {"type": "softmax"},
    ]
    arrays = {
        "rnn1.h": x.T[:, None, :],
        "rnn1.h0": before.T,
        "rnn1.w_ih": w_input,
        "rnn1.w_hh": w_state,
        "rnn1.b_ih": b[:, 0],
        "rnn1.b_hh": np.zeros(5),
        "dense1.w": w_out,
        "dense1.b": b_out[:, 0],
    }
    found = recalculated(tmp_path, {"input": [1, 3], "batch": 10}, layers, arrays)
    assert_printed(
        found["rnn1.out"][:, 4],
        "0.59584544 0.18141802 0.61311866 0.99808218 0.85016201 0.99980978 -0.18887155"
        " 0.99815551 0.6531151 0.82872037",
    )
    assert_printed(
        found["softmax1.out"][:, 1],
        "0.9888161 0.01682021 0.21140899 0.36817467 0.98988387 0.88945212 0.36920224"
        " 0.9966312 0.9982559 0.17746526",
    )


def test_one_step_of_an_lstm_is_that_of_the_course(tmp_path):
    """deeplearning.ai, "Building your Recurrent Neural Network", lstm_cell_forward."""
    gate = [(5, 8), (5, 1)]
    sizes = [(3, 10), (5, 10), (5, 10), *gate, *gate, *gate, *gate, (2, 5), (2, 1)]
    x, before, cell, w_f, b_f, w_i, b_i, w_o, b_o, w_c, b_c, w_y, b_y = drawn(*sizes)
    weights = np.concatenate([w_i, w_f, w_c, w_o])  # the course has the state before the input
    layers = [
        {"type": "lstm", "units": 5, "last": True, "initial": "given"},
        {"type": "dense", "units": 2},
        {"type": "softmax"},
    ]
    arrays = {
        "lstm1.h": x.T[:, None, :],
        "lstm1.h0": before.T,
        "lstm1.c0": cell.T,
        "lstm1.w_ih": weights[:, 5:],
        "lstm1.w_hh": weights[:, :5],
        "lstm1.b_ih": np.concatenate([b_i, b_f, b_c, b_o])[:, 0],
        "lstm1.b_hh": np.zeros(20),
        "dense1.w": w_y,
        "dense1.b": b_y[:, 0],
    }
    found = recalculated(tmp_path, {"input": [1, 3], "batch": 10}, layers, arrays)
    assert_printed(
        found["lstm1.out"][:, 4],
        "-0.66408471 0.0036921 0.02088357 0.22834167 -0.85575339 0.00138482 0.76566531"
        " 0.34631421 -0.00215674 0.43827275",
    )
    assert_printed(
        found["lstm1.c_0"][:, 2],
        "0.63267805 1.00570849 0.35504474 0.20690913 -1.64566718 0.11832942 0.76449811"
        " -0.0981561 -0.74348425 -0.26810932",
    )
    assert_printed(
        found["softmax1.out"][:, 1],
        "0.79913913 0.15986619 0.22412122 0.15606108 0.97057211 0.31146381 0.00943007"
        " 0.12666353 0.39380172 0.07828381",
    )


def test_layer_norm_is_that_of_the_course(tmp_path):
    """Stanford's CS231n, BatchNormalization.ipynb: layer normalization, before and after."""
    random = np.random.RandomState(231)
    x, first, second = (random.randn(*shape) for shape in ((4, 50), (50, 60), (60, 3)))
    before = np.maximum(0, x @ first) @ second
    assert_printed(before.mean(axis=1), "-59.06673243 -47.60782686 -43.31137368 -26.40991744")
    for scale, shift, printed in (
        (1, 0, "0.99999995 0.99999999 1. 0.99999969"),
        (3, 5, "2.99999985 2.99999998 2.99999999 2.99999907"),
    ):
        arrays = {"ln1.h": before, "ln1.gamma": np.full(3, scale), "ln1.beta": np.full(3, shift)}
        found = recalculated(tmp_path, {"input": [3], "batch": 4}, [{"type": "layer_norm"}], arrays)
        assert_printed(found["ln1.out"].std(axis=1), printed)
        assert_printed(found["ln1.out"].mean(axis=1), f"{shift}. " * 4)
        (tmp_path / "x.xlsx").unlink()


def test_statistics_of_group_norm_are_those_of_the_course(tmp_path):
    """Stanford's CS231n, ConvolutionalNetworks.ipynb: spatial group normalization."""
    before = 4 * np.random.RandomState(231).randn(2, 6, 4, 5) + 10
    layers = [{"type": "group_norm", "groups": 2}]
    found = recalculated(tmp_path, {"input": [6, 4, 5], "batch": 2}, layers, {"gn1.h": before})
    assert_printed(found["gn1.mean"].ravel(), "9.72505327 8.51114185 8.9147544 9.43448077")
    deviations = np.sqrt(found["gn1.var"].ravel())
    assert_printed(deviations, "3.67070958 3.09892597 4.27043622 3.97521327")


def test_group_norm_is_that_of_the_worked_example(tmp_path):
    """github.com/NagatoYuki0943/DL, the notebook on GroupNorm: 0 to 99 in two groups."""
    numbers = np.arange(100.0).reshape(4, 5, 5)
    layers = [{"type": "group_norm", "groups": 2}]
    found = recalculated(tmp_path, {"input": [4, 5, 5]}, layers, {"gn1.h": numbers})
    for group in (found["gn1.out"][:2], found["gn1.out"][2:]):
        assert_printed(group[0, 0], "-1.6977 -1.6285 -1.5592 -1.4899 -1.4206")
        assert_printed(group[0, 4], "-0.3118 -0.2425 -0.1732 -0.1039 -0.0346")
        assert_printed(group[1, 2], "0.7276 0.7969 0.8662 0.9355 1.0048")
        assert_printed(group[1, 4], "1.4206 1.4899 1.5592 1.6285 1.6977")


def test_attention_without_weights_is_that_of_the_book(tmp_path):
    """Raschka, "Build a Large Language Model (From Scratch)" (2024), section 3.3."""
    words = [[0.43, 0.15, 0.89], [0.55, 0.87, 0.66], [0.57, 0.85, 0.64],
             [0.22, 0.58, 0.33], [0.77, 0.25, 0.10], [0.05, 0.80, 0.55]]  # fmt: skip
    layers = [
        {"type": "matmul", "from": ["input", "input"], "transpose": True},
        {"type": "softmax"},
        {"type": "matmul", "from": ["softmax1", "input"]},
    ]
    found = recalculated(tmp_path, {"input": [6, 3]}, layers, {"matmul1.h_0": words})
    assert_printed(found["matmul1.out"][0], "0.9995 0.9544 0.9422 0.4753 0.4576 0.6310")
    assert_printed(found["matmul1.out"][1], "0.9544 1.4950 1.4754 0.8434 0.7070 1.0865")
    assert_printed(found["softmax1.out"][1], "0.1385 0.2379 0.2333 0.1240 0.1082 0.1581")
    assert_printed(found["matmul2.out"][1], "0.4419 0.6515 0.5683")


SENTENCE = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.3], [1.0, 1.0, 0.2]]  # the, cat, sat
TO_KEYS = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 1.0, 0.5]]
TO_VALUES = [[0.5, 1.0, 0.2], [1.0, 0.5, 0.3], [1.0, 0.5, 0.1]]


def test_scaled_attention_is_that_of_the_worked_example(tmp_path):
    """github.com/UnfoldDataScience/YouTube-Videos-files, self-attention of "The cat sat"."""
    arrays = {
        "attn1.h": SENTENCE,
        "attn1.w_q": np.transpose(TO_KEYS),
        "attn1.w_k": np.transpose(TO_KEYS),
        "attn1.w_v": np.transpose(TO_VALUES),
        "attn1.w_o": np.eye(3),
    }
    layers = [{"type": "attention", "bias": False}]
    found = recalculated(tmp_path, {"input": [3, 3]}, layers, arrays)
    printed = {
        "q": ("1. 0.5 0.75", "0. 1.3 0.65", "1. 1.2 1.1"),
        "v": ("1. 1.25 0.25", "1.3 0.65 0.33", "1.7 1.6 0.52"),
        "scores": ("1.8125 1.1375 2.425", "1.1375 2.1125 2.275", "2.425 2.275 3.65"),
        "scaled": (
            "1.04644736 0.65673593 1.4000744",
            "0.65673593 1.21965244 1.31347186",
            "1.4000744 1.31347186 2.10732848",
        ),
        "weights": (
            "0.32242711 0.21836449 0.4592084",
            "0.21348029 0.37482567 0.41169404",
            "0.25345618 0.23242983 0.51411399",
        ),
    }
    for name, rows in printed.items():
        for row, text in enumerate(rows):
            assert_printed(found[f"attn1.{name}"][row], text)


def test_printed_digit_that_differs_is_noticed():
    with pytest.raises(AssertionError):
        assert_printed(np.array([0.12345678, 0.5]), "0.12345679 0.5")
