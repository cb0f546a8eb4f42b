"""Who calls a layer, a loss or an optimizer as others do is told what it is called here."""

import pytest

import xlbackprop
from tests.support.specs_and_values import spec_of
from xlbackprop.contract.synonyms import meant
from xlbackprop.layers import LAYERS

DENSE = {"type": "dense", "units": 2}


@pytest.mark.parametrize(
    ("word", "name"),
    [("linear", "dense"), ("fc", "dense"), ("Linear", "dense"), ("swish", "silu"),
     ("ReLU", "relu"), ("Leaky-ReLU", "leaky_relu"), ("reluu", "relu"),
     ("MHA", "attention"), ("self-attention", "attention"), ("positional_encoding", "position"),
     ("permute", "transpose"), ("bmm", "matmul"), ("view", "reshape"), ("hadamard", "multiply")],
)  # fmt: skip
def test_layer_by_another_name_is_suggested(word, name):
    spec = spec_of({"name": "x", "input": [2], "layers": [DENSE, {"type": word}]})
    with pytest.raises(xlbackprop.SpecError) as error:
        xlbackprop.build_network(spec)
    assert str(error.value) == f"layer 2: unknown type {word!r} (did you mean {name}?)"


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"loss": {"type": "MSELoss"}}, "mse"), ({"loss": {"type": "mae"}}, "l1"),
     ({"loss": {"type": "ce"}}, "cross_entropy"), ({"loss": {"type": "log_loss"}}, "bce"),
     ({"training": {"optimizer": "gd", "lr": 1, "steps": 1}}, "sgd")],
)  # fmt: skip
def test_loss_and_optimizer_by_another_name_are_suggested(changes, name):
    spec = spec_of({"name": "x", "input": [2], "layers": [DENSE]} | changes)
    with pytest.raises(xlbackprop.SpecError, match=rf"did you mean {name}\?"):
        xlbackprop.build_network(spec)


def test_nothing_is_suggested_that_there_is_not():
    assert meant("linear", ["relu", "tanh"]) == " (known: relu, tanh)"
    assert meant("dense", LAYERS) == " (did you mean dense?)"
