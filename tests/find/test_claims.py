"""Nothing on a located page is passed over: what a label or references claim is judged, or named.

Pages are of typed numbers, or of formulas, in other people's layouts. Each slip is planted in a
whole tensor: it is never right. The same pages without a slip are right.
"""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.handmade import build
from tests.support.unusual_layouts import LAYOUTS, strange_page
from xlbackprop.find.locate.page.order import exchanged_axes, is_in_order
from xlbackprop.find.locate.page.page import key_of

GRADIENTS = ("dL_dw", "dL_db", "dL_dh", "out", "w_new", "b_new")
LABELLED = [name for name in LAYOUTS if name not in ("no-labels", "commas-as-text")]
TEMPLATES = ("conv5x5x2", "mlp-2-2-2")


def transposed(array):
    is_square = array.ndim > 1 and array.shape[-1] == array.shape[-2]
    return array.swapaxes(-1, -2) if is_square else array


def with_first_two_exchanged(array):
    return array[[1, 0, *range(2, len(array))]]


SLIPS = {
    "one percent off": lambda array: 1.01 * array,
    "sign": lambda array: -array,
    "zeros": lambda array: 0 * array,
    "transposed": transposed,
    "filters exchanged": with_first_two_exchanged,
}


def checked(page, path, template, *, typed):
    if typed:
        places = [place for place, what in page.cells.items() if isinstance(what, tuple)]
        numbers = {place: page.number(*page.cells[place]) for place in places}
        page.cells.update(numbers)
    return xlbackprop.check(page.write(path / "page.xlsx"), spec=template, engine="none")


def planted(template, layout, name, slip):
    """Return a page with a slip in a whole tensor."""
    page = strange_page(template, layout)
    wrong = SLIPS[slip](page.arrays[name])
    page.wrong = {(name, index): float(wrong[index]) for index in np.ndindex(wrong.shape)}
    return page


def slips_of(template):
    page = strange_page(template, "side-by-side")
    return [
        (name, slip)
        for name in page.truth
        if name.partition(".")[2] in GRADIENTS
        for slip in SLIPS
        if not np.allclose(page.arrays[name], SLIPS[slip](page.arrays[name]), rtol=1e-4)
    ]


CASES = [
    (template, layout, *one) for template in TEMPLATES for one in slips_of(template)
    for layout in LABELLED
]  # fmt: skip
CASES = CASES[::53]
IDS = ["-".join(case).replace(" ", "-") for case in CASES]


@pytest.mark.many(quick=IDS[:1])
@pytest.mark.parametrize(("template", "layout", "name", "slip"), CASES, ids=IDS)
def test_slip_in_a_labelled_tensor_of_typed_numbers_is_never_right(
    template, layout, name, slip, tmp_path
):
    report = checked(planted(template, layout, name, slip), tmp_path, template, typed=True)
    assert report.verdict in ("wrong", "incomplete")
    if report.verdict == "incomplete":
        assert name in {one.tensor for one in report.not_judged}


@pytest.mark.many(quick=["side-by-side"])
@pytest.mark.parametrize("layout", [x for x in LABELLED if x != "indices-along-the-edges"])
def test_page_of_typed_numbers_is_right(layout, tmp_path):
    report = checked(strange_page("conv5x5x2", layout), tmp_path, "conv5x5x2", typed=True)
    assert (report.verdict, report.counts) == ("right", {"right": 135})
    assert {one.tensor for one in report.not_judged} == {
        "conv1.dL_dout_spread", "conv1.w_rotated"
    }  # fmt: skip


# Rows of indices and hidden columns stand beside labels, where copies of tensors might.
HANDMADE = [
    ("mlp-2-2-2", "labels-inside"), ("mlp-2-2-2", "hidden-columns"), ("mlp-2-2-2", "transposed"),
    ("conv5x5x2", "channels-last"), ("conv5x5x2", "bias-column-of-w"),
]  # fmt: skip
HANDMADE_IDS = ["-in-".join(case) for case in HANDMADE]


@pytest.mark.many
@pytest.mark.parametrize(("network", "layout"), HANDMADE, ids=HANDMADE_IDS)
def test_page_of_formulas_in_another_layout_is_right(network, layout, tmp_path):
    foreign = build(network, layout, tmp_path)
    report = xlbackprop.check(foreign.path, spec=network)
    assert (report.verdict, report.counts) == ("right", {"right": foreign.cells})


@pytest.mark.slow
def test_transposed_gradient_of_formulas_leaves_the_verdict_open(tmp_path):
    """It may be meant so, or be a slip: nothing on the page tells."""
    foreign = build("conv5x5x2", "gradient-transposed", tmp_path)
    report = xlbackprop.check(foreign.path, spec="conv5x5x2")
    assert (report.verdict, report.counts) == ("incomplete", {"right": 135 - 54})
    (open_one,) = [one for one in report.not_judged if one.tensor == "conv1.dL_dw"]
    assert "exchanged against the page's other tensors" in open_one.reason


@pytest.mark.slow
def test_wrong_gradient_without_a_label_is_known_by_what_it_refers_to(tmp_path):
    page = planted("conv5x5x2", "no-labels", "conv1.dL_dw", "one percent off")
    report = checked(page, tmp_path, "conv5x5x2", typed=False)
    assert {(cell.tensor, cell.status) for cell in report.cells} == {("conv1.dL_dw", "wrong")}
    assert report.counts == {"right": 82, "wrong": 53}  # one entry is 0


def written(path, rows):
    sheet = (book := openpyxl.Workbook()).active
    for at, what in rows.items():
        sheet[at] = what
    book.save(path / "own.xlsx")
    return path / "own.xlsx"


SOFT = """\
name = "soft"
input = [2]
[[layers]]
type = "dense"
units = 3
bias = false
[loss]
type = "cross_entropy"
[values.arrays]
"loss.target" = 1
"""


def soft_page(loss, label="loss"):
    cells = {"A1": "x", "A2": 0.4, "B2": -1.1, "A4": "W", "D4": "z", "F4": "softmax"}
    cells |= {"J4": "dL/dz", "L4": "dL/dW", "P4": label, "P5": loss}
    weights = ((0.3, 0.2), (-0.5, 0.9), (0.1, -0.4))
    for row, (one, other) in enumerate(weights, start=5):
        cells |= {f"A{row}": one, f"B{row}": other, f"D{row}": f"=A{row}*$A$2+B{row}*$B$2"}
        cells[f"F{row}"] = f"=EXP(D{row})/(EXP(D$5)+EXP(D$6)+EXP(D$7))"
        cells[f"J{row}"] = f"=F{row}-{int(row == 6)}"
        cells |= {f"L{row}": f"=J{row}*$A$2", f"M{row}": f"=J{row}*$B$2"}
    return cells


@pytest.fixture
def soft(tmp_path):
    (tmp_path / "soft.toml").write_text(SOFT)

    def check(cells):
        return xlbackprop.check(written(tmp_path, cells), spec=tmp_path / "soft.toml")

    return check


def test_labelled_loss_with_another_logarithm_is_wrong(soft):
    report = soft(soft_page("=-LOG(F6)"))
    assert [(cell.cell, cell.tensor, cell.status) for cell in report.cells] == [
        ("P5", "loss.L", "wrong")
    ]
    assert report.cells[0].slip == "logarithm to base 10"
    named = {one.tensor for one in report.not_judged}
    assert named == {"loss.max", "loss.exp", "loss.sum", "loss.onehot", "dense1.dL_dh"}


def test_labelled_loss_that_is_right_is_right(soft):
    report = soft(soft_page("=-LN(F6)"))
    assert (report.verdict, report.counts) == ("right", {"right": 16})


def test_label_beside_a_block_of_another_shape_leaves_the_verdict_on_the_rest_open(soft):
    """The number that is there is held against its place."""
    cells = soft_page("=-LN(F6)") | {"A20": "dL/dx", "A21": 0.1}
    report = soft(cells)
    assert [(one.cell, one.status) for one in report.cells] == [("A21", "wrong")]
    (open_one,) = [one for one in report.not_judged if one.tensor == "dense1.dL_dh"]
    assert "the label 'dL/dx' at Sheet!A20 names it" in open_one.reason


@pytest.mark.many(quick=["side-by-side-empty"])
@pytest.mark.parametrize("kept", [0, 18], ids=["empty", "a-third"])
@pytest.mark.parametrize("layout", ["side-by-side", "one-row-each"])
def test_labelled_block_that_is_not_filled_in_is_never_right(layout, kept, tmp_path):
    page = strange_page("conv5x5x2", layout)
    own = [place for place, what in page.cells.items() if what[0] == "conv1.dL_dw"]
    for place in own[kept:]:
        del page.cells[place]
    for place in own[:kept]:
        page.cells[place] = 1.25
    report = checked(page, tmp_path, "conv5x5x2", typed=True)
    assert report.verdict == "incomplete"
    (open_one,) = [one for one in report.not_judged if one.tensor == "conv1.dL_dw"]
    assert "the label 'dL/dw (conv1)' at " in open_one.reason


def test_remark_about_a_tensor_that_is_not_there_changes_nothing(soft):
    cells = soft_page("=-LN(F6)") | {"A20": "dL/dx = W' dL/dz is not asked for"}
    assert soft(cells | {"A22": "dL/dx", "B22": "the gradient of x"}).verdict == "right"


def keys(rows, columns):
    return np.vectorize(lambda row, column: key_of(0, row, column))(rows, columns)


def test_order_of_entries_is_told_from_their_cells():
    rows, columns = np.indices((3, 3))
    assert exchanged_axes(keys(rows, columns)) == frozenset()
    assert exchanged_axes(keys(columns, rows)) == {(0, 1)}
    side_by_side = keys(*np.broadcast_arrays(rows, columns + 4 * np.arange(3)[:, None, None]))
    assert exchanged_axes(side_by_side) == frozenset()
    assert exchanged_axes(side_by_side.swapaxes(1, 2)) == {(1, 2)}
    assert exchanged_axes(np.moveaxis(side_by_side, 0, 2)) == {(1, 2)}
    assert is_in_order(side_by_side)
    assert not is_in_order(side_by_side[[1, 0, 2]])
    # A matrix that is not square shows by its shape how it stands.
    assert exchanged_axes(keys(*np.indices((2, 3))).T) == frozenset()
