"""What is said of impossible geometry, and of networks that are too large."""

import re

import numpy as np
import pytest

import xlbackprop
from tests.support.spec_texts import (
    GOOD,
    HEAD,
    LAYER,
    LOSS,
    MANY,
    complaint,
    network_of,
    swapped,
    with_array,
    with_option,
)
from xlbackprop.errors import SpecError
from xlbackprop.layout import lay_out
from xlbackprop.spec import parse_spec


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("kernel = 6", ["6×6", "5×5"], id="plain"),
        pytest.param("kernel = [2, 6]", ["2×6", "5×5"], id="one-axis"),
        pytest.param("dilation = 3", ["7×7", "5×5"], id="dilated"),
        pytest.param("kernel = 8\npadding = 1", ["8×8", "7×7"], id="padded"),
    ],
)
def test_kernel_larger_than_its_input_is_refused_with_both_sizes(line, words):
    message = complaint(with_option(line))
    assert '"conv1"' in message
    assert "kernel" in message
    assert all(word in message for word in words), message


def test_kernel_as_large_as_its_input_is_accepted():
    assert network_of(with_option("kernel = 5")).tensors["conv1.out"].shape == (3, 1, 1)


def test_kernel_larger_than_the_input_of_a_later_layer_names_that_layer():
    assert '"conv3"' in complaint(HEAD + LAYER * 3 + LOSS)


@pytest.mark.parametrize(
    ("channels", "filters", "groups"),
    [(2, 3, 2), (3, 2, 2), (2, 2, 3), (1, 1, 2)],
    ids=["filters", "channels", "neither", "more-than-there-are"],
)
def test_groups_that_do_not_divide_are_refused_with_the_figures(channels, filters, groups):
    layer = LAYER.replace("filters = 3", f"filters = {filters}")
    text = with_option(f"groups = {groups}", layer).replace("[2, 5, 5]", f"[{channels}, 5, 5]")
    message = complaint(text)
    assert '"conv1"' in message
    assert f"groups = {groups}" in message
    assert f"{channels} input channels" in message
    assert f"{filters} filters" in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(swapped("[2, 5, 5]", "[2, 1000, 1000]"), id="input"),
        pytest.param(with_option("filters = 100000"), id="filters"),
        pytest.param("batch = 40000\n" + GOOD, id="batch"),
        pytest.param(swapped("[2, 5, 5]", f"[{', '.join(['1000000'] * 3)}]"), id="all-sizes"),
    ],
)
def test_network_of_too_many_cells_is_refused_with_the_figures(text, tmp_path):
    message = complaint(text)
    figures = [int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*\d", message)]
    assert "cells" in message
    assert len(set(figures)) >= 2, message  # what it would have, and what it may have
    assert max(figures) > 1_000_000
    with pytest.raises(SpecError):
        xlbackprop.build(parse_spec(text), tmp_path / "new" / "big.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_sheet_past_its_limits_is_refused_before_anything_is_written(tmp_path):
    spec = parse_spec(swapped("[2, 5, 5]", "[1, 3, 16500]"))
    with pytest.raises(SpecError) as caught:
        xlbackprop.build(spec, tmp_path / "new" / "big.xlsx")
    assert '"conv1"' in str(caught.value)
    assert "16,384" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_more_biases_than_a_sheet_has_columns_go_on_below():
    network = network_of(swapped("filters = 3", "filters = 17000", MANY))
    blocks = lay_out(network).blocks["conv1.b"]
    cells = {(block.row, block.column) for block in blocks}
    assert len(cells) == len(blocks) == 17_000
    assert max(column for _, column in cells) < 16_384


def test_numbers_that_overflow_are_refused_before_anything_is_written(tmp_path):
    text = with_array("conv1.w", np.full((3, 2, 3, 3), 1e308).tolist())
    text += f'"conv1.h" = {np.full((2, 5, 5), 1e308).tolist()}\n'
    with pytest.raises(SpecError, match=r"conv1\.out"):
        xlbackprop.build(parse_spec(text), tmp_path / "big.xlsx")
    assert list(tmp_path.iterdir()) == []
