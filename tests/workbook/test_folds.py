"""Long vectors on the page: folded into rows, the same numbers, and formulas that still fill on."""

import re
from dataclasses import replace

import pytest

import xlbackprop
from tests.support.filling import fill, patch
from xlbackprop.contract.folding import LONGEST_ROW, folded_row
from xlbackprop.find.mapping.spreading import row_lengths
from xlbackprop.formula.grid import Addresses
from xlbackprop.formula.traced import Template, Tracer
from xlbackprop.layout import lay_out
from xlbackprop.network.values import choose_values
from xlbackprop.spec import parse_spec
from xlbackprop.workbook.builder import contents_of
from xlbackprop.workbook.write.write import write_workbook

SPEC = """
name = "folded"
input = [2, 3, 8]
[[layers]]
type = "flatten"
[[layers]]
type = "dense"
units = 40
[[layers]]
type = "relu"
[[layers]]
type = "dropout"
rate = 0.5
[[layers]]
type = "dense"
units = 37
bias = false
[[layers]]
type = "tanh"
[[layers]]
type = "dense"
units = 3
[loss]
type = "cross_entropy"
l2 = 0.01
[values]
style = "normal"
"""
BOOK = "xl/workbook.xml"
TRAINING = """
[training]
optimizer = "adam"
lr = 0.01
steps = 2
clip_norm = 1.0
"""


@pytest.fixture
def network():
    return xlbackprop.build_network(parse_spec(SPEC))


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build(parse_spec(SPEC), tmp_path / "book.xlsx")


@pytest.fixture
def unfolded(tmp_path):
    """Return a workbook as versions wrote it that folded nothing."""
    network = xlbackprop.build_network(parse_spec(SPEC), folds=False)
    values = choose_values(network)
    path = tmp_path / "unfolded.xlsx"
    path.write_bytes(write_workbook(contents_of(network, values, frozenset())))
    return path


def sizes(layout, name):
    return {(block.height, block.width) for block in layout.blocks[name]}


@pytest.mark.parametrize(
    ("entries", "natural", "row"),
    [
        pytest.param(LONGEST_ROW, (), 0, id="short"),
        pytest.param(288, (144, 12), 12, id="rows-of-images"),
        pytest.param(48, (24, 8), 8, id="rows-before-planes"),
        pytest.param(400, (25, 5), 25, id="planes-of-small-images"),
        pytest.param(784, (28,), 28, id="wide-image"),
        pytest.param(288, (), 24, id="any"),
        pytest.param(84, (), 21, id="least-rows"),
        pytest.param(37, (), 0, id="no-rectangle"),
        pytest.param(62, (), 0, id="too-narrow-or-too-wide"),
    ],
)
def test_rows_are_as_long_as_those_of_images_or_as_paper_has_room_for(entries, natural, row):
    assert folded_row(entries, natural) == row


def test_vectors_and_the_weights_on_them_are_folded_alike(network):
    layout = lay_out(network)
    for name in ("flatten1.out", "dense1.h", "dense1.w", "dense1.dL_dw", "dense1.dL_dh"):
        assert sizes(layout, name) == {(6, 8)}, name
    for name in ("relu1.h", "dropout1.mask", "dense2.w", "dense2.dL_dh"):
        assert sizes(layout, name) == {(2, 20)}, name
    assert sizes(layout, "dense3.w") == {(3, 37)}  # no rectangle has 37 cells but a row
    assert [block.name for block in layout.blocks["dense1.w"]][:2] == ["dense1.w.0", "dense1.w.1"]


@pytest.mark.parametrize(
    "name", ["dense1.dL_dw", "dense1.dL_dh", "relu1.out", "relu1.dL_dh", "dropout1.dL_dh"]
)
def test_formulas_fill_on_within_each_block(name, network):
    layout = lay_out(network)
    equation = network.equation_of[name]
    tracer = Tracer(equation, layout.blocks, Addresses(equation, layout.blocks))
    for block in layout.blocks[name]:
        template = tracer.template(block)
        assert isinstance(template, Template)
        assert template.is_shared


@pytest.mark.slow(quick=["one-pass"])
@pytest.mark.parametrize("more", ["", TRAINING], ids=["one-pass", "training"])
def test_folded_page_is_right_and_proved(more, tmp_path):
    path = xlbackprop.build(parse_spec(SPEC + more), tmp_path / "book.xlsx")
    report = xlbackprop.check(path, prove=2)
    assert report.verdict == "right"
    assert xlbackprop.inspect(path).format == 2


def test_folded_cell_is_explained_and_a_mistake_in_one_found_where_it_is(book):
    text = str(xlbackprop.explain(book, "dense1.out[3]"))
    assert "h[47] · w[3,47]" in text
    text = str(xlbackprop.explain(book, "dense1.dL_dh[20]"))
    assert "w[39,20] · dL/dout[39]" in text
    layout = lay_out(xlbackprop.build_network(parse_spec(SPEC)))
    fill(book, {("dense1.dL_dw", (7, 19)): 77.0, ("relu1.out", (25,)): 55.0})
    wrong = {
        (one.tensor, one.index, one.sheet, one.cell)
        for one in xlbackprop.check(book).cells
        if one.status == "wrong"
    }
    weights, relu = layout.blocks["dense1.dL_dw"][7], layout.blocks["relu1.out"][0]
    expected = {
        ("dense1.dL_dw", (7, 19), replace(weights, row=weights.row + 2, column=weights.column + 3)),
        ("relu1.out", (25,), replace(relu, row=relu.row + 1, column=relu.column + 5)),
    }
    assert wrong == {
        (name, index, one.sheet, replace(one, height=1, width=1).range)
        for name, index, one in expected
    }


LOCATED = """
name = "located"
input = [2, 3, 8]
[[layers]]
type = "flatten"
[[layers]]
type = "dense"
units = 5
[loss]
type = "mse"
[values]
style = "normal"
"""


def test_folded_blocks_are_located_and_a_map_says_where_they_are(tmp_path):
    spec = parse_spec(LOCATED)
    path = xlbackprop.build(spec, tmp_path / "book.xlsx")
    built = {one.name: one.blocks for one in xlbackprop.inspect(path).tensors}
    names = re.compile(rb"<definedNames>.*</definedNames>", re.DOTALL)
    patch(path, {BOOK: lambda xml: names.sub(b"", xml).replace(b"_xlbackprop", b"gone")})
    proposal = xlbackprop.locate(path, spec)
    (tmp_path / "map.toml").write_text(proposal.to_toml())
    found = xlbackprop.inspect(path, spec=spec, map=tmp_path / "map.toml").tensors
    located = {one.name: one.blocks for one in found}
    for name in ("dense1.h", "dense1.w", "dense1.dL_dw", "dense1.dL_dh", "flatten1.out"):
        assert located[name] == built[name], name


def test_only_long_vectors_may_be_folded_on_a_map():
    assert row_lengths((3, 12)) == {1, 12, 36}
    assert row_lengths((3, 36)) - {1, 36, 108} == {2, 3, 4, 6, 9, 12, 18}


def test_older_workbook_is_read_as_it_was_laid_out(unfolded):
    ranges = {one.name: one.blocks for one in xlbackprop.inspect(unfolded).tensors}
    assert len(ranges["dense1.w"]) == 1
    assert xlbackprop.inspect(unfolded).format == 1
    fill(unfolded, {})
    for options in ({}, {"spec": parse_spec(SPEC)}):
        assert xlbackprop.check(unfolded, **options).verdict == "right"
    patch(unfolded, {BOOK: lambda xml: xml.replace(b"_xlbackprop", b"gone")})
    assert xlbackprop.check(unfolded, spec=parse_spec(SPEC)).verdict == "right"
