"""Pages that would be too wide: columns of tensors on shelves, one below another."""

from functools import cache
from itertools import combinations

import pytest

import xlbackprop
from tests.support.templates import TEMPLATES
from xlbackprop.equation import Tensor
from xlbackprop.layout import lay_out
from xlbackprop.layout.shelves import is_too_wide, side_by_side
from xlbackprop.layout.tiles import places_of, tiling
from xlbackprop.spec import parse_spec

MANY_FILTERS = """
name = "many"
input = [2, 6, 6]
[[layers]]
type = "conv2d"
filters = 20
kernel = 3
[values]
style = "integers"
"""
LARGE_IMAGE = """
name = "large"
input = [1, 48, 48]
[[layers]]
type = "conv2d"
filters = 12
kernel = 3
"""
FOLDED = ["attention", "gru", "lstm", "transformer-block"]


@cache
def layout_of(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    return network, lay_out(network)


def boxes_on(sheet, layout):
    """Return what each title and each block takes of a sheet: top, left, bottom, right."""
    boxes = [(one.row, one.column, one.row + 2, one.column + 1) for one in sheet.headings]
    for own in layout.blocks.values():
        boxes += [
            (one.row, one.column, one.row + one.height, one.column + one.width)
            for one in own
            if one.sheet == sheet.name
        ]
    return boxes


def overlap(one, other):
    return max(one[0], other[0]) < min(one[2], other[2]) and (
        max(one[1], other[1]) < min(one[3], other[3])
    )


def band_of(sheet, row):
    return max((band for band in sheet.bands if band.row <= row), key=lambda one: one.row).text


@pytest.mark.parametrize("name", FOLDED)
def test_nothing_overlaps_on_a_folded_page(name):
    _, layout = layout_of(name)
    folded = [one for one in layout.sheets if any(" of " in band.text for band in one.bands)]
    assert folded
    for sheet in folded:
        pairs = combinations(boxes_on(sheet, layout), 2)
        assert not [pair for pair in pairs if overlap(*pair)]


def test_overlap_is_noticed():
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3))
    assert not overlap((0, 0, 2, 2), (2, 0, 4, 2))


@pytest.mark.parametrize("name", FOLDED)
def test_gradient_is_in_the_columns_of_its_own_tensor(name):
    network, layout = layout_of(name)
    for tensor in network.tensors.values():
        gradient = network.tensors.get(tensor.name.replace(tensor.short, f"dL_d{tensor.short}"))
        if gradient is not None:
            own, below = (layout.blocks[one.name][0].column for one in (tensor, gradient))
            assert own == below, gradient.name


def test_forward_shelves_go_on_and_those_of_the_gradient_come_back():
    _, layout = layout_of("attention")
    (sheet,) = layout.sheets

    def bands(*names):
        rows = (layout.blocks[f"attn1.{name}"][0].row for name in names)
        return [band_of(sheet, row) for row in rows]

    forward = bands("h", "k", "scaled", "exp", "context", "out")
    assert forward == [f"FORWARD  →  {at} of 6" for at in range(1, 7)]
    backward = bands("dL_dout", "dL_dcontext", "dL_dweights", "dL_dscaled", "dL_dk", "dL_dh")
    assert backward == [f"BACKWARD  ←  {at} of 6" for at in range(1, 7)]


def test_page_that_is_not_too_wide_has_no_shelves():
    columns = side_by_side({"h": 30, "w": 20, "out": 20}, {"h": 30, "w": 20, "out": 20})
    assert not is_too_wide([30, 20, 20])
    assert is_too_wide([30, 20, 25])
    assert columns.starts == {"h": 1, "w": 32, "out": 53}
    assert not columns.are_folded
    assert columns.end == 73


def test_what_does_not_fit_on_a_shelf_goes_on_below():
    widths = {"h": 10, "w": 30, "out": 10, "L": 9}
    columns = side_by_side(widths, widths, 20)
    assert columns.shelves == {"h": 0, "w": 1, "out": 2, "L": 2}
    assert columns.starts == {"h": 1, "w": 1, "out": 1, "L": 12}
    assert columns.across == [(1, 31, 30)]


def test_blocks_of_a_wide_tensor_go_on_in_further_lines():
    filters = parse_spec(MANY_FILTERS)
    network = xlbackprop.build_network(filters)
    w: Tensor = network.tensors["conv1.w"]
    assert tiling(w) == (20, 2)
    assert tiling(w, 26) == (5, 8)
    # Filters are side by side, and the channels of each below one another.
    assert list(places_of(w, 26))[:4] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert list(places_of(w, 26))[10:12] == [(2, 0), (3, 0)]
    assert len(set(places_of(w, 26))) == 40


def test_folded_page_is_right_and_its_blanks_are_found(tmp_path):
    spec = parse_spec(MANY_FILTERS)
    book = xlbackprop.build(spec, tmp_path / "many.xlsx")
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    blank = xlbackprop.build(spec, tmp_path / "blank.xlsx", blank=["dL_dw"])
    assert xlbackprop.check(blank).counts["blank"] == 20 * 2 * 9


def test_only_what_is_wider_than_any_paper_is_cut():
    layout = lay_out(xlbackprop.build_network(parse_spec(LARGE_IMAGE)))
    (sheet,) = layout.sheets
    assert sheet.printed.columns
    cut = {
        one.tensor
        for own in layout.blocks.values()
        for one in own
        if any(one.column < column < one.column + one.width for column in sheet.printed.columns)
    }
    assert cut == {f"conv1.{name}" for name in ("h", "out", "dL_dh", "dL_dout", "dL_dout_spread")}


@pytest.mark.many(quick=["conv5x5x2"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_names_have_the_cells_of_their_blocks_once(name):
    _, layout = layout_of(name)
    places = [
        (one.sheet, one.row + row, one.column + column)
        for own in layout.blocks.values()
        for one in own
        for row in range(one.height)
        for column in range(one.width)
    ]
    assert len(places) == len(set(places))
