"""Several inputs by name, and layers that nothing trains."""

import pytest

import xlbackprop
from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Kind

DENSE = {"type": "dense", "units": 2}
TAKES_Y = {**DENSE, "from": "y"}
JOINED = {"type": "add", "from": ["dense1", "dense2"]}
TWO = {"name": "x", "inputs": {"x": [4], "y": [3]}, "layers": [DENSE, TAKES_Y, JOINED]}


def refusal(**changes):
    raw = {key: value for key, value in (TWO | changes).items() if value is not None}
    with pytest.raises(xlbackprop.SpecError) as error:
        xlbackprop.build_network(spec_of(raw))
    return str(error.value)


def test_each_input_is_given_where_it_is_first_taken():
    network = xlbackprop.build_network(spec_of(TWO))
    given = {t.name: t.shape for t in network.inputs if t.kind is Kind.GIVEN}
    assert given == {"dense1.h": (4,), "dense2.h": (3,), "add1.dL_dout": (2,)}


def test_spec_with_inputs_survives_being_written():
    spec = spec_of(TWO | {"layers": [{**DENSE, "trainable": False}, TAKES_Y, JOINED]})
    again = xlbackprop.parse_spec(spec.to_toml())
    assert (again.inputs, again.layers) == (spec.inputs, spec.layers)


def test_overview_has_a_box_for_each_input(tmp_path):
    path = xlbackprop.build(spec_of(TWO), tmp_path / "two.xlsx")
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": [4]}, "the spec has input and [inputs]: expected one of them"),
        ({"inputs": {}}, "inputs = {}: expected a table, such as x = [4, 3]"),
        ({"inputs": {"x": [4], "y": [0]}}, "[inputs]: y = [0]: expected one to three sizes"),
        ({"inputs": {"loss": [4]}}, "[inputs]: name = 'loss': this name has a meaning of its own"),
        ({"inputs": {"x": [4], "y": [3], "z": [2]}}, "[inputs]: nothing takes z"),
        ({"inputs": {"x": [4], "dense2": [3]}}, "name = 'dense2': an input has this name"),
        ({"layers": [DENSE, {**DENSE, "from": "input"}, JOINED]}, "from = 'input': there is no"),
        ({"inputs": None, "input": None}, "input = missing: expected one to three sizes"),
    ],
)
def test_inputs_that_cannot_be(changes, message):
    assert message in refusal(**changes)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({**DENSE, "trainable": 0}, "layer 1: trainable = 0: expected true or false"),
        ({"type": "relu", "trainable": False}, "relu has no parameters"),
        ({**DENSE, "trainable": False, "share": "f"}, "layers that share their parameters are"),
    ],
)
def test_layers_that_cannot_be_frozen(layer, message):
    layers = [layer, {**DENSE, "share": "f"}] if "share" in layer else [layer]
    assert message in refusal(inputs=None, input=[2], layers=layers)


def test_frozen_layer_has_no_gradient_of_its_own_and_stays_as_it_is():
    training = {"optimizer": "sgd", "lr": 0.1, "steps": 3}
    layers = [{**DENSE, "trainable": False}, DENSE]
    raw = {"name": "x", "input": [2], "layers": layers, "training": training}
    network = xlbackprop.build_network(spec_of(raw))
    names = set(network.tensors)
    assert {"dense1.dL_dh", "dense2.dL_dw", "step2.dense2.w"} <= names
    assert not {"dense1.dL_dw", "dense1.dL_db", "dense1.w_new"} & names
    (source,) = network.equation_of["step3.dense1.w"].sources.values()
    assert (source.name, source.kind) == ("dense1.w", Kind.GIVEN)
