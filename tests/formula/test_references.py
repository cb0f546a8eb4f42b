"""What a cell is made from, judged by the whole-array equations, which share no index with it."""

from itertools import product

import numpy as np
import pytest

from tests.support.every_network import CASES, network_of
from xlbackprop.formula.cell_formula import SourceRange
from xlbackprop.formula.references import References
from xlbackprop.formula.tree import Call, Number, Operation, walk
from xlbackprop.network.values import choose_values

CELLS_OF_A_TENSOR = 3


def drawn(rng, shape):
    every = list(product(*map(range, shape)))
    return [every[number] for number in rng.permutation(len(every))[:CELLS_OF_A_TENSOR]]


def without(equation, values, spoiled):
    """Evaluate an equation with some entries of its sources, by tensor, made errors."""
    arrays = {t.name: values[t.name].astype(float) for t in equation.sources.values()}
    for name, index in spoiled:
        arrays[name][index] = np.nan
    return equation.evaluate(arrays)


def unnamed(equation, named):
    """Return all entries of the sources but those that were named."""
    tensors = {tensor.name: tensor for tensor in equation.sources.values()}
    every = {(t.name, index) for t in tensors.values() for index in np.ndindex(*t.shape)}
    return every - named


def named_sources(references, equation, index):
    return {
        (source.tensor, entry)
        for source in references.sources(equation.target.name, index)
        for entry in references.entries(source)
    }


def is_of_numbers(tree):
    """Return whether a formula has numbers alone: 0, or the sine of 3/10000^(2/4)."""
    return all(isinstance(part, Number | Call | Operation) for part in walk(tree))


@pytest.mark.many(quick=[*CASES][::4])
@pytest.mark.parametrize("name", CASES)
def test_no_entry_but_the_sources_has_a_part_in_a_cell(name):
    network = network_of(name)
    values = network.evaluate(choose_values(network))
    references, rng = References(network), np.random.default_rng(0)
    for equation in network.equations:
        for index in drawn(rng, equation.target.shape):
            named = named_sources(references, equation, index)
            if not named:
                assert is_of_numbers(references.formula(equation.target.name, index).tree)
                continue
            value = without(equation, values, unnamed(equation, named))[index]
            np.testing.assert_allclose(
                value, values[equation.target.name][index], err_msg=f"{equation.target.name}{index}"
            )


@pytest.mark.many(quick=[*CASES][::4])
@pytest.mark.parametrize("name", CASES)
def test_every_source_has_a_part_in_its_cell(name):
    network = network_of(name)
    values = network.evaluate(choose_values(network))
    references, rng = References(network), np.random.default_rng(1)
    for equation in network.equations:
        for index in drawn(rng, equation.target.shape):
            named = sorted(named_sources(references, equation, index))
            if equation.target.layer.startswith("embed") and equation.target.short == "out":
                # Of the column of weights, the class number picks one.
                named = [one for one in named if one[0].endswith(".h")]
            if equation.target.layer == "training":
                # A schedule's gamma to the power of 0 is 1, whatever it is.
                named = [one for one in named if one[0] != "training.gamma"]
            for entry in named[:1] + named[-1:]:
                assert np.isnan(without(equation, values, {entry})[index]), (entry, index)


def test_a_source_that_was_left_out_is_noticed():
    network = network_of("conv2d-plain")
    values = network.evaluate(choose_values(network))
    equation = next(e for e in network.equations if e.target.name == "conv1.dL_dh")
    named = named_sources(References(network), equation, (0, 2, 2))
    named.discard(("conv1.w_rotated", (0, 0, 0, 0)))
    assert np.isnan(without(equation, values, unnamed(equation, named))[0, 2, 2])


def test_sources_of_a_convolution_are_a_window_and_a_filter_for_each_channel():
    network = network_of("conv2d-same-3x3")
    rows, columns, filter_rows = range(1, 4), range(2, 5), range(3)
    expected = [
        part
        for c in range(2)
        for part in (
            SourceRange("conv1.h_padded", (c,), rows, columns),
            SourceRange("conv1.w", (1, c), filter_rows, filter_rows),
        )
    ]
    bias = SourceRange("conv1.b", (1,), range(1), range(1))
    assert References(network).sources("conv1.out", (1, 1, 2)) == [*expected, bias]


def test_source_of_a_turned_filter_is_the_one_entry_that_is_looked_up():
    network = network_of("conv2d-plain")
    references = References(network)
    (source,) = references.sources("conv1.w_rotated", (2, 1, 0, 1))
    assert references.entries(source) == [(2, 1, 2, 1)]


def test_a_padding_zero_has_no_sources():
    network = network_of("conv2d-same-3x3")
    assert References(network).sources("conv1.h_padded", (0, 0, 0)) == []
