"""Specs: what a good one means, and what is said of a bad one."""

import gc
import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xlbackprop
from xlbackprop.errors import SpecError
from xlbackprop.network import build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import parse_spec

HEAD = """\
name = "small"
input = [2, 5, 5]
"""
LAYER = """\
[[layers]]
type = "conv2d"
filters = 3
kernel = 3
"""
LOSS = """\
[loss]
type = "given"
"""
GOOD = HEAD + LAYER + LOSS
# A bias stands in one row, however many filters there are.
MANY = GOOD.replace("[2, 5, 5]", "[1, 1, 1]").replace("kernel = 3", "kernel = 1")


def swapped(old, new, text=GOOD):
    """Return the good spec with one piece of it replaced."""
    assert text.count(old) == 1, f"{old!r} is not once in the spec"
    return text.replace(old, new)


def with_option(line, layer=LAYER):
    """Return the good spec with a line added to its layer, or put in place of that key's."""
    key = line.split(" = ")[0]
    kept = [old for old in layer.splitlines() if not old.startswith(f"{key} =")]
    return HEAD + "\n".join([*kept, line]) + "\n" + LOSS


def with_array(tensor, source):
    return f'{GOOD}[values.arrays]\n"{tensor}" = {source}\n'


def network_of(text, folder=None):
    return build_network(parse_spec(text, folder))


def values_of(text, folder=None, seed=None):
    return choose_values(network_of(text, folder), seed)


def complaint(text, folder=None):
    """Return what is said of a bad spec: a SpecError's message, which must be one line."""
    with pytest.raises(SpecError) as caught:
        values_of(text, folder)
    message = str(caught.value)
    assert message
    assert message.isprintable(), repr(message)
    return message


# What a good spec means.


def test_spec_without_options_has_the_documented_defaults():
    network = network_of(HEAD + LAYER)
    shapes = {name: tensor.shape for name, tensor in network.tensors.items()}
    assert shapes["conv1.h"] == (2, 5, 5)
    assert shapes["conv1.w"] == (3, 2, 3, 3)
    assert shapes["conv1.b"] == (3,)
    assert shapes["conv1.out"] == (3, 3, 3)
    assert network.tensors["conv1.dL_dout"].kind == "given"
    assert network.spec.values.style == "integers"
    assert network.spec.values.seed == 0
    assert network.spec.batch is None


@pytest.mark.parametrize(
    ("line", "w_shape", "out_shape"),
    [
        pytest.param("kernel = [3, 2]", (3, 2, 3, 2), (3, 3, 4), id="kernel"),
        pytest.param("stride = [2, 1]", (3, 2, 3, 3), (3, 2, 3), id="stride"),
        pytest.param("padding = [0, 1]", (3, 2, 3, 3), (3, 3, 5), id="padding"),
        pytest.param("dilation = [2, 1]", (3, 2, 3, 3), (3, 1, 3), id="dilation"),
    ],
)
def test_pair_sets_rows_then_columns(line, w_shape, out_shape):
    tensors = network_of(with_option(line)).tensors
    assert tensors["conv1.w"].shape == w_shape
    assert tensors["conv1.out"].shape == out_shape


def test_groups_divide_the_filters_channels():
    layer = LAYER.replace("filters = 3", "filters = 4")
    assert network_of(with_option("groups = 2", layer)).tensors["conv1.w"].shape == (4, 1, 3, 3)


def test_no_bias_leaves_out_b_and_its_gradient():
    names = network_of(with_option("bias = false")).tensors
    assert "conv1.w" in names
    assert not {"conv1.b", "conv1.dL_db"} & set(names)


def test_batch_comes_first_in_every_shape_but_the_parameters():
    tensors = network_of("batch = 4\n" + GOOD).tensors
    assert tensors["conv1.h"].shape == (4, 2, 5, 5)
    assert tensors["conv1.dL_dh"].shape == (4, 2, 5, 5)
    assert tensors["conv1.out"].shape == (4, 3, 3, 3)
    assert tensors["conv1.w"].shape == (3, 2, 3, 3)


def test_layers_are_named_by_type_and_count_or_as_asked():
    named = LAYER + 'name = "middle"\n'
    small = LAYER.replace("kernel = 3", "kernel = 1")
    network = network_of(HEAD + LAYER + named + small + LOSS)
    assert [layer.name for layer in network.layers] == ["conv1", "middle", "conv3"]


def test_layer_s_input_is_linked_to_the_output_before_it():
    network = network_of(HEAD + LAYER + LAYER + LOSS)
    assert network.tensors["conv2.h"].kind == "link"
    assert network.tensors["conv1.dL_dout"].kind == "link"
    assert network.tensors["conv2.h"].shape == network.tensors["conv1.out"].shape


@pytest.mark.parametrize("name", ["a", "conv5x5x2", "my-net_1.2", "3layers", "x" * 80])
def test_spec_name_may_be_any_plain_word(name):
    assert parse_spec(swapped('"small"', f'"{name}"')).name == name


@pytest.mark.parametrize("name", xlbackprop.template_names())
def test_template_survives_being_written_as_toml(name):
    spec = xlbackprop.load_spec(name)
    again = parse_spec(spec.to_toml())
    assert (again.name, again.about, again.input) == (spec.name, spec.about, spec.input)
    assert (again.batch, again.layers, again.loss) == (spec.batch, spec.layers, spec.loss)


@given(
    st.fixed_dictionaries(
        {"filters": st.integers(1, 9), "kernel": st.integers(1, 3)},
        optional={
            "stride": st.lists(st.integers(1, 9), min_size=2, max_size=2),
            "padding": st.integers(0, 9),
            "bias": st.booleans(),
        },
    )
)
def test_layer_s_options_survive_being_written_as_toml(options):
    lines = [f"{key} = {str(value).lower()}" for key, value in options.items()]
    text = "\n".join([HEAD, "[[layers]]", 'type = "conv2d"', *lines])
    spec = parse_spec(parse_spec(text).to_toml())
    assert dict(spec.layers[0].options) == options


# What is said of a bad one: its keys and their values.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("inputs = 3\n" + GOOD, ["'inputs'", "input"], id="top"),
        pytest.param(with_option("kernal = 3"), ["conv1", "'kernal'", "kernel"], id="layer"),
        pytest.param(
            with_option('name = "first"\nstrid = 3'), ["first", "'strid'", "stride"], id="named"
        ),
        pytest.param(GOOD + "[values]\nsed = 3\n", ["[values]", "'sed'", "seed"], id="values"),
        pytest.param(
            swapped('type = "given"', 'type = "mse"\nreducton = "sum"'),
            ["[loss]", "'reducton'", "reduction"],
            id="loss",
        ),
    ],
)
def test_unknown_key_is_named_with_its_place_and_the_right_one(text, words):
    message = complaint(text)
    assert all(word in message for word in words), message


def test_unknown_key_where_none_is_known_gets_no_empty_suggestion():
    assert "(known: )" not in complaint(GOOD + 'reduction = "sum"\n')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("filters", value) for value in ("true", "1.5", "-1", "0", '"3"', "[3]", "1e3", "nan")),
        *(("kernel", value) for value in ("true", "2.0", "0", '"3x3"', "[3]", "[3, 3, 3]")),
        *(("kernel", value) for value in ("[3, 0]", "[3, true]", "[]", "{ rows = 3 }")),
        *(("stride", value) for value in ("0", "-2", "false", "[1, 0]", '"1"')),
        *(("padding", value) for value in ("-1", "true", "0.0", "[0, -1]", '"same"')),
        *(("dilation", value) for value in ("0", "true", "1.0", "[2, 0]")),
        *(("groups", value) for value in ("0", "-1", "true", "1.0", '"all"', "[1, 1]")),
        *(("bias", value) for value in ("1", "0", '"yes"', "[true]")),
        *(("filters", value) for value in (str(10**30), "9223372036854775807", "1979-05-27")),
    ],
)
def test_layer_s_option_of_the_wrong_kind_is_named_with_layer_and_key(key, value):
    message = complaint(with_option(f"{key} = {value}"))
    assert '"conv1"' in message
    assert key in message
    assert "expected" in message


@pytest.mark.parametrize(
    ("option", "shown"),
    [("filters = -17", "-17"), ("bias = 4711", "4711"), ('padding = "same"', "same")],
)
def test_layer_s_option_of_the_wrong_kind_is_shown(option, shown):
    assert shown in complaint(with_option(option))


@pytest.mark.parametrize("key", ["filters", "kernel"])
def test_layer_without_a_required_option_is_told_which(key):
    message = complaint(swapped(f"{key} = 3\n", ""))
    assert '"conv1"' in message
    assert f"'{key}'" in message


@pytest.mark.parametrize(
    "value",
    [
        *("[]", "[0, 5, 5]", "[-2, 5, 5]", "[1, 2, 3, 4]", "[[2, 5, 5]]", f"[2, 5, {10**30}]"),
        *("[2, 5.0, 5]", "[inf, 5, 5]", "[true, 5, 5]", "5", '"2x5x5"', "{}"),
    ],
)
def test_input_that_is_no_shape_is_refused(value):
    message = complaint(swapped("[2, 5, 5]", value))
    assert "input" in message
    assert "[2, 5, 5]" in message  # an example of a right one


@pytest.mark.parametrize("sizes", ["[5]", "[5, 5]"])
def test_input_without_channels_is_refused_by_a_convolution(sizes):
    message = complaint(swapped("[2, 5, 5]", sizes))
    assert '"conv1"' in message
    assert "input" in message
    assert sizes in message


@pytest.mark.parametrize("value", ["0", "-1", "true", "2.5", '"4"', "[4]", str(10**30)])
def test_batch_that_is_no_count_is_refused(value):
    assert "batch = " in complaint(f"batch = {value}\n" + GOOD)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(swapped('name = "small"\n', ""), "name", id="no-name"),
        pytest.param(swapped('"small"', "5"), "name", id="name-is-a-number"),
        pytest.param(swapped('"small"', '""'), "name", id="name-is-empty"),
        pytest.param(swapped('"small"', '"../up"'), "name", id="name-is-a-path"),
        pytest.param(swapped('"small"', '"a/b"'), "name", id="name-with-a-slash"),
        pytest.param(swapped('"small"', r'"a\nb"'), "name", id="name-of-two-lines"),
        pytest.param(swapped('"small"', f'"{"x" * 81}"'), "name", id="name-is-long"),
        pytest.param(swapped("input = [2, 5, 5]\n", ""), "input", id="no-input"),
        pytest.param(HEAD, "layers", id="no-layers"),
        pytest.param(HEAD + "layers = []\n", "layers", id="layers-are-empty"),
        pytest.param(HEAD + "layers = 3\n", "layers", id="layers-are-a-number"),
        pytest.param(HEAD + "layers = [1, 2]\n", "layers", id="layers-are-numbers"),
        pytest.param(HEAD + "[layers]\n", "layers", id="layers-are-a-table"),
        pytest.param(swapped('type = "conv2d"\n', ""), "type", id="layer-without-type"),
        pytest.param(swapped('"conv2d"', "2"), "type", id="layer-s-type-is-a-number"),
        pytest.param(swapped('"given"', "2"), "type", id="loss-s-type-is-a-number"),
        pytest.param(HEAD + "loss = 3\n" + LAYER, "loss", id="loss-is-a-number"),
        pytest.param(HEAD + LAYER + "[loss]\n", "type", id="loss-without-type"),
        pytest.param("about = 3\n" + GOOD, "about", id="about-is-a-number"),
        pytest.param("values = 3\n" + GOOD, "values", id="values-are-a-number"),
        pytest.param(GOOD + "[values]\nseed = -1\n", "seed", id="seed-is-negative"),
        pytest.param(GOOD + "[values]\nseed = true\n", "seed", id="seed-is-true"),
        pytest.param(GOOD + "[values]\nseed = 1.5\n", "seed", id="seed-is-a-fraction"),
        pytest.param(GOOD + '[values]\nseed = "x"\n', "seed", id="seed-is-a-text"),
        pytest.param(GOOD + '[values]\nstyle = "gauss"\n', "gauss", id="style-is-unknown"),
        pytest.param(GOOD + "[values]\nstyle = []\n", "style", id="style-is-a-list"),
        pytest.param(GOOD + "[values]\narrays = 3\n", "arrays", id="arrays-are-a-number"),
        pytest.param("", "name", id="empty"),
    ],
)
def test_missing_or_unusable_part_is_named(text, word):
    assert word in complaint(text)


def test_unknown_layer_type_suggests_the_right_one():
    message = complaint(swapped('"conv2d"', '"conv2"'))
    assert "layer 1" in message
    assert "'conv2'" in message
    assert "conv2d" in message.replace("'conv2'", "")


def test_unknown_loss_type_is_named_with_those_there_are():
    message = complaint(swapped('"given"', '"hinge"'))
    assert all(word in message for word in ("[loss]", "'hinge'", "given", "mse"))


@pytest.mark.parametrize(
    "name",
    [
        *("1abc", "a b", "a.b", "a'b", "a!b", "", "é", "_x", "x" * 26, "[x]", "a/b"),
        *("Overview", "OVERVIEW", "loss", "input", "training", "step2", "history", "TRUE"),
    ],
)
def test_layer_name_that_cannot_be_a_sheet_or_a_name_is_refused(name):
    message = complaint(with_option(f'name = "{name}"'))
    assert "layer 1" in message
    assert "name" in message


@pytest.mark.parametrize("value", ["3", "true", '["a"]', "1979-05-27"])
def test_layer_name_that_is_no_text_is_refused(value):
    assert "name" in complaint(with_option(f"name = {value}"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param('name = "a1b"\n', 'name = "a1b"\n', id="same"),
        pytest.param('name = "Edge"\n', 'name = "eDGE"\n', id="differ-in-case-only"),
        pytest.param('name = "CONV2"\n', "", id="same-as-a-default"),
    ],
)
def test_layer_name_that_occurs_twice_is_refused(first, second):
    message = complaint(HEAD + LAYER + first + LAYER + second + LOSS)
    assert "layer 2" in message
    assert "name" in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(HEAD + "filters 3\n", 3, id="no-equals-sign"),
        pytest.param(HEAD + 'about = "open\n', 3, id="open-text"),
        pytest.param(HEAD + 'name = "again"\n', 3, id="key-twice"),
        pytest.param(GOOD + "kernel = 03\n", 9, id="leading-zero"),
    ],
)
def test_broken_toml_is_reported_with_its_line(text, line):
    message = complaint(text)
    assert "TOML" in message
    assert f"line {line}" in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "[" * 20_000, id="open-lists"),
        pytest.param("a = " + "{b=" * 20_000, id="open-tables"),
        pytest.param("batch" + ".a" * 2_000 + " = 1\n" + GOOD, id="dotted-key"),
        pytest.param(f"batch = {'9' * 5_000}\n" + GOOD, id="number-of-5000-digits"),
        pytest.param(f"batch = 0x{'f' * 5_000}\n" + GOOD, id="number-of-5000-hex-digits"),
        pytest.param(with_option(f"filters = 0x{'f' * 5_000}"), id="option-of-5000-hex-digits"),
        pytest.param(GOOD + "#" * 9_000_000, id="nine-megabytes"),
        pytest.param(HEAD + LAYER * 2_000, id="two-thousand-layers"),
        pytest.param("\x00", id="control-character"),
        pytest.param("\ud800 = 1", id="lone-surrogate"),
    ],
)
def test_text_that_is_an_attack_rather_than_a_spec_is_refused(text):
    assert len(complaint(text)) < 1_000


# Geometry and sizes.


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


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        pytest.param(swapped("[2, 5, 5]", "[1, 3, 16500]"), "16,384", id="columns"),
        pytest.param(swapped("filters = 3", "filters = 17000", MANY), "16,384", id="bias"),
    ],
)
def test_sheet_past_its_limits_is_refused_before_anything_is_written(text, figure, tmp_path):
    spec = parse_spec(text)
    with pytest.raises(SpecError) as caught:
        xlbackprop.build(spec, tmp_path / "new" / "big.xlsx")
    assert '"conv1"' in str(caught.value)
    assert figure in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_overflow_are_refused_before_anything_is_written(tmp_path):
    text = with_array("conv1.w", np.full((3, 2, 3, 3), 1e308).tolist())
    text += f'"conv1.h" = {np.full((2, 5, 5), 1e308).tolist()}\n'
    with pytest.raises(SpecError, match=r"conv1\.out"):
        xlbackprop.build(parse_spec(text), tmp_path / "big.xlsx")
    assert list(tmp_path.iterdir()) == []


# The numbers.


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


def test_given_array_is_taken_whatever_the_seed():
    given = np.arange(50.0).reshape(2, 5, 5)
    values = values_of(with_array("conv1.h", given.tolist()), seed=99)
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


# Arrays in files.


def test_array_is_read_from_npy(tmp_path):
    given = np.arange(50.0).reshape(2, 5, 5)
    np.save(tmp_path / "h.npy", given)
    values = values_of(with_array("conv1.h", '"h.npy"'), tmp_path)
    np.testing.assert_array_equal(values["conv1.h"], given)


def test_array_is_read_from_npz_by_key(tmp_path):
    np.savez(tmp_path / "all.npz", bias=np.array([1, 2, 3]), other=np.zeros(3))
    values = values_of(with_array("conv1.b", '"all.npz:bias"'), tmp_path)
    np.testing.assert_array_equal(values["conv1.b"], [1, 2, 3])


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [("conv1.b", (3,)), ("conv1.h", (2, 5, 5)), ("conv1.w", (3, 2, 3, 3))],
    ids=["vector-in-a-row", "planes-one-below-the-other", "filters-one-below-the-other"],
)
def test_array_is_read_from_csv(tensor, shape, tmp_path):
    given = np.arange(np.prod(shape)).reshape(shape) / 4
    lines = [",".join(map(str, row)) for row in given.reshape(-1, shape[-1]).tolist()]
    (tmp_path / "numbers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    values = values_of(with_array(tensor, '"numbers.csv"'), tmp_path)
    np.testing.assert_array_equal(values[tensor], given)


def test_array_s_file_is_looked_for_beside_the_spec(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    np.save(tmp_path / "there" / "b.npy", np.array([4, 5, 6]))
    (tmp_path / "there" / "net.toml").write_text(with_array("conv1.b", '"b.npy"'))
    monkeypatch.chdir(tmp_path)
    spec = xlbackprop.load_spec(Path("there", "net.toml"))
    np.testing.assert_array_equal(choose_values(build_network(spec))["conv1.b"], [4, 5, 6])


class Saboteur:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def pickled_npy(folder):
    objects = np.empty(3, dtype=object)
    objects[:] = [Saboteur(folder / "sprung")] * 3
    np.save(folder / "bad.npy", objects, allow_pickle=True)


def cut_npz(folder):
    np.savez(folder / "bad.npz", key=np.arange(3.0))
    whole = (folder / "bad.npz").read_bytes()
    (folder / "bad.npz").write_bytes(whole[: len(whole) // 2])


def garbled_npz(folder):
    np.savez(folder / "bad.npz", key=np.arange(3.0))
    whole = (folder / "bad.npz").read_bytes()
    number = np.float64(2).tobytes()
    (folder / "bad.npz").write_bytes(whole.replace(number, number[::-1]))


def cut_npy(folder):
    np.save(folder / "bad.npy", np.arange(3.0))
    (folder / "bad.npy").write_bytes((folder / "bad.npy").read_bytes()[:-5])


def npz_named_npy(folder):
    np.savez(folder / "good.npz", key=np.arange(3.0))
    (folder / "good.npz").rename(folder / "bad.npy")


def npy_named_npz(folder):
    np.save(folder / "good.npy", np.arange(3.0))
    (folder / "good.npy").rename(folder / "bad.npz")


def claims_a_terabyte(folder):
    np.save(folder / "bad.npy", np.zeros(3))
    whole = (folder / "bad.npy").read_bytes()
    shape, larger = b"(3,), }" + b" " * 11, b"(" + b"9" * 12 + b",), }"
    assert whole.count(shape) == 1
    (folder / "bad.npy").write_bytes(whole.replace(shape, larger))


def writes(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def saves(array):
    return lambda folder: np.save(folder / "bad.npy", np.array(array))


def pickles(folder):
    (folder / "bad.npz").write_bytes(pickle.dumps(Saboteur(folder / "sprung")))


@pytest.mark.parametrize(
    ("source", "prepare"),
    [
        pytest.param("bad.npy", lambda _: None, id="npy-missing"),
        pytest.param("bad.npy", lambda folder: (folder / "bad.npy").mkdir(), id="npy-folder"),
        pytest.param("bad.npy", writes("bad.npy", b""), id="npy-empty"),
        pytest.param("bad.npy", writes("bad.npy", b"1, 2, 3"), id="npy-of-text"),
        pytest.param("bad.npy", writes("bad.npy", b"\x93NUMPY\x01\x00\xff"), id="npy-head-only"),
        pytest.param("bad.npy", cut_npy, id="npy-cut"),
        pytest.param("bad.npy", pickled_npy, id="npy-pickled"),
        pytest.param("bad.npy", npz_named_npy, id="npy-is-npz"),
        pytest.param("bad.npy", claims_a_terabyte, id="npy-claims-a-terabyte"),
        pytest.param("bad.npy", saves([1, 2]), id="npy-wrong-shape"),
        pytest.param("bad.npy", saves([1, 2, np.nan]), id="npy-nan"),
        pytest.param("bad.npy", saves(["1", "2", "3"]), id="npy-texts"),
        pytest.param("bad.npy", saves([1j, 2, 3]), id="npy-complex"),
        pytest.param("bad.npy", saves(np.zeros(3, dtype="i4, i4")), id="npy-records"),
        pytest.param("bad.npz:key", lambda _: None, id="npz-missing"),
        pytest.param("bad.npz:key", writes("bad.npz", b""), id="npz-empty"),
        pytest.param("bad.npz:key", writes("bad.npz", b"PK\x03\x04"), id="npz-head-only"),
        pytest.param("bad.npz:key", pickles, id="npz-pickled"),
        pytest.param("bad.npz:key", cut_npz, id="npz-cut"),
        pytest.param("bad.npz:key", garbled_npz, id="npz-garbled"),
        pytest.param("bad.npz:key", npy_named_npz, id="npz-is-npy"),
        pytest.param("bad.csv", lambda _: None, id="csv-missing"),
        pytest.param("bad.csv", writes("bad.csv", b""), id="csv-empty"),
        pytest.param("bad.csv", writes("bad.csv", b"1,two,3"), id="csv-text"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2\n3,4,5"), id="csv-ragged"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,nan"), id="csv-nan"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,\xff"), id="csv-not-utf-8"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,\x00"), id="csv-null"),
        pytest.param("bad.csv", writes("bad.csv", b"9" * 200_000), id="csv-giant-field"),
        pytest.param("bad.txt", writes("bad.txt", b"1,2,3"), id="other-extension"),
        pytest.param("bad", writes("bad", b"1,2,3"), id="no-extension"),
        pytest.param("", lambda _: None, id="no-name"),
    ],
)
def test_array_s_file_that_cannot_be_used_is_refused_with_the_tensor(source, prepare, tmp_path):
    prepare(tmp_path)
    assert "conv1.b" in complaint(with_array("conv1.b", f'"{source}"'), tmp_path)
    gc.collect()  # a file that was left open is noticed here
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("source", ["bad.npz:nokey", "bad.npz", "bad.npz:"])
def test_array_s_key_that_is_not_in_the_file_is_named(source, tmp_path):
    np.savez(tmp_path / "bad.npz", key=np.arange(3.0))
    assert source in complaint(with_array("conv1.b", f'"{source}"'), tmp_path)


def test_array_s_file_that_is_missing_is_named(tmp_path):
    assert "nowhere.npy" in complaint(with_array("conv1.b", '"nowhere.npy"'), tmp_path)


@pytest.mark.parametrize("source", ["b.npy", "/etc/passwd", "b.csv"])
def test_array_s_file_is_refused_where_the_spec_has_no_folder(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("b.npy", np.arange(3.0))
    Path("b.csv").write_text("1,2,3\n")
    assert "conv1.b" in complaint(with_array("conv1.b", f'"{source}"'))


# Specs in files.


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
        pytest.param(b"name = \n", id="broken"),
    ],
)
def test_spec_s_file_that_cannot_be_used_is_refused_with_its_name(content, tmp_path):
    path = tmp_path / "mynet.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match="mynet") as caught:
        xlbackprop.load_spec(path)
    assert str(caught.value).isprintable()


def test_folder_in_place_of_a_spec_is_refused(tmp_path):
    with pytest.raises(SpecError):
        xlbackprop.load_spec(tmp_path)


def test_template_s_name_misspelt_suggests_the_right_one():
    with pytest.raises(SpecError, match="conv5x5x2"):
        xlbackprop.load_spec("conv5x5x3")


def test_good_spec_builds_a_workbook(tmp_path):
    path = xlbackprop.build(parse_spec(GOOD), tmp_path / "good.xlsx")
    assert zipfile.is_zipfile(path)
    assert xlbackprop.check(path).verdict == "right"
