"""What `describe` says of a network: figures known by hand, and those of PyTorch's own modules."""

import json

import pytest

import xlbackprop
from tests.support.command_line import called, document

SPEC = """
name = "figures"
input = {input}
batch = 2

[[layers]]
{layer}
"""


def figures(layer, sizes):
    """Return the output's shape, the parameters and the multiply-adds of a layer alone."""
    spec = xlbackprop.parse_spec(SPEC.format(input=sizes, layer=layer))
    (summary,) = xlbackprop.describe(spec).layers
    return summary.output, summary.parameters, summary.multiply_adds


@pytest.mark.parametrize(
    ("layer", "sizes", "expected"),
    [
        ('type = "dense"\nunits = 4', [3], ((2, 4), 16, 2 * 4 * 3)),
        ('type = "dense"\nunits = 4\nbias = false', [5, 3], ((2, 5, 4), 12, 2 * 5 * 4 * 3)),
        (
            'type = "conv2d"\nfilters = 4\nkernel = 3\npadding = 1\ngroups = 2',
            [2, 5, 5],
            ((2, 4, 5, 5), 4 * 9 + 4, 2 * 4 * 25 * 9),
        ),
        (
            'type = "lstm"\nunits = 3',
            [4, 2],
            # Four gates from the input and, from the second step on, from the state; then f·c, i·g
            # and o·tanh(c).
            ((2, 4, 3), 12 * 2 + 12 * 3 + 24, 2 * (4 * 12 * 2 + 3 * 12 * 3 + 3 * (4 + 3 + 4))),
        ),
        ('type = "embedding"\nvocabulary = 7\nwidth = 3', [4], ((2, 4, 3), 21, 0)),
        ('type = "relu"', [4], ((2, 4), 0, 0)),
    ],
)
def test_figures_of_a_layer(layer, sizes, expected):
    assert figures(layer, sizes) == expected


def test_figures_of_lenet_are_the_published_ones():
    summary = xlbackprop.describe("lenet5")
    own = {layer.name: (layer.parameters, layer.multiply_adds) for layer in summary.layers}
    assert own["conv1"] == (156, 6 * 28 * 28 * 25)
    assert own["conv2"] == (2416, 16 * 10 * 10 * 6 * 25)
    assert summary.parameters == 61_706


def test_cells_are_those_of_the_workbook(tmp_path):
    summary = xlbackprop.describe("optimizers-adam")
    tensors = xlbackprop.inspect(xlbackprop.build("optimizers-adam", tmp_path / "a.xlsx")).tensors
    sizes = xlbackprop.build_network(xlbackprop.load_spec("optimizers-adam")).tensors
    assert summary.cells == sum(sizes[tensor.name].size for tensor in tensors)
    assert summary.steps > 1


def test_shared_parameters_count_once():
    text = SPEC.format(input=[3], layer='type = "dense"\nunits = 3\nshare = "f"')
    twice = text + '[[layers]]\ntype = "dense"\nunits = 3\nshare = "f"\n'
    summary = xlbackprop.describe(xlbackprop.parse_spec(twice))
    assert [layer.parameters for layer in summary.layers] == [12, 0]
    assert summary.parameters == 12


def test_table_and_json_say_the_same(capsys):
    listed = document(called(capsys, "describe", "two-conv", "--json"))
    assert listed == json.loads(json.dumps(xlbackprop.describe("two-conv").to_dict()))
    status, out, _ = called(capsys, "describe", "two-conv")
    assert status == 0
    rows = [line.split() for line in out.splitlines()]
    for layer in listed["layers"]:
        (row,) = [row for row in rows if row[0] == layer["name"]]
        assert row[-1] == f"{layer['cells']:,}"
    assert rows[-1] == [
        "total",
        *(f"{listed[k]:,}" for k in ("parameters", "multiply_adds", "cells")),
    ]


def test_unknown_spec_is_one_line(capsys):
    status, out, err = called(capsys, "describe", "lenet")
    assert (status, out, err.count("\n")) == (2, "", 1)
