"""What a good spec means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xlbackprop
from tests.support.spec_texts import GOOD, HEAD, LAYER, LOSS, network_of, swapped, with_option
from xlbackprop.spec import parse_spec


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
