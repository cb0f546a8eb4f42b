"""Typed gradients that only a title over several blocks names: on our own pages, and by hand.

The titles of our own pages are long, stand once over all blocks of a tensor, and each block has a
caption. People write them in many other ways.
"""

import time

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.filters_by_hand import DW, Style, write
from tests.judge.gradients.test_own_pages import gradients_of, strip, zeros_of
from xlbackprop.find.gradients.texts.reading import (
    index_of,
    is_aside,
    is_caption,
    names_in,
    said_by,
)

# A tensor in each place of a page: of weights and inputs, before and after others, of steps.
TENSORS = [
    ("conv5x5x2", "conv1.dL_dw"),
    ("conv5x5x2", "conv1.dL_dh"),
    ("mlp-2-2-2", "dense1.dL_db"),
    ("mlp-2-2-2", "sigmoid2.dL_dout"),
    ("conv-depthwise", "conv1.dL_dout"),
    ("attention", "attn1.dL_djoined"),
    ("batch-norm", "dense1.dL_db"),
    ("batch-norm", "bn1.dL_dgamma"),
    ("lstm", "lstm1.dL_dnet_2"),
    ("gru", "gru1.dL_dstate_2"),
    ("optimizers-sgd", "dense1.dL_dh"),
    ("optimizers-rmsprop", "dense1.dL_db"),
    ("conv7x7x3-stride2", "conv1.dL_dout"),
]
# Of momentum, and of what a skip connection brings back as well.
MORE_TENSORS = [
    ("optimizers-momentum", "step2.dense1.dL_dw"),
    ("transformer-block", "norm1.dL_dnormalized"),
    ("two-conv", "relu1.dL_dh"),
]


def retype(template, tensor, path, change):
    """Write a stripped page on which a tensor's formulas are typed numbers; return what was true.

    `change` makes the typed number of the true one.
    """
    xlbackprop.build(template, path)
    (places,) = [gradient for name, gradient, _ in gradients_of(path) if name == tensor]
    cells = [places.at(index) for index in np.ndindex(places.rows.shape)]
    book = openpyxl.load_workbook(path, data_only=True)
    true = {(sheet, cell): book[sheet][cell].value for sheet, cell in cells}
    zeros = zeros_of(path, true)
    strip(path, {cell: lambda _, number=number: change(number) for cell, number in true.items()})
    return {cell: number for cell, number in true.items() if cell not in zeros}


@pytest.mark.many(quick=["conv5x5x2-conv1.dL_dw"])
@pytest.mark.parametrize(("template", "tensor"), TENSORS)
def test_zeros_instead_of_formulas_are_wrong_and_nothing_else_is(template, tensor, path):
    true = retype(template, tensor, path, lambda _: 0)
    report = xlbackprop.check(path)
    wrong = {(one.sheet, one.cell): one.expected for one in report.cells if one.status == "wrong"}
    assert report.verdict == ("wrong" if true else "right")
    assert wrong == pytest.approx(true, rel=1e-6)


@pytest.mark.many(quick=["conv5x5x2-conv1.dL_dw"])
@pytest.mark.parametrize(("template", "tensor"), [*TENSORS, *MORE_TENSORS])
def test_right_numbers_instead_of_formulas_are_right(template, tensor, path):
    true = retype(template, tensor, path, lambda number: number)
    report = xlbackprop.check(path)
    assert (report.verdict, report.cells, report.not_judged) == ("right", (), ())
    assert report.counts["right"] >= len(true) + 9


@pytest.mark.many(quick=["zeros"])
@pytest.mark.parametrize(
    ("factor", "counts"),
    [(0, {"wrong": 54, "right": 53}), (1, {"right": 107})],
    ids=["zeros", "right"],
)
def test_a_title_over_nothing_but_the_numbers_of_rows_says_nothing(factor, counts, path):
    """Each block has its own title above, and that of all stands over the indices at the left."""
    retype("conv5x5x2", "conv1.dL_dw", path, lambda number: factor * round(number, 2))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["J7"], sheet["J28"], sheet["J29"] = "w", "dL/dw", None
    for row, name in ((9, "w"), (14, "w"), (30, "dL/dw"), (35, "dL/dw")):
        for column in "KOS":
            caption = sheet[f"{column}{row}"]
            assert caption.value.startswith("k=")
            caption.value = f"{name} {caption.value}"
    book.save(path)
    assert xlbackprop.check(path).counts == counts


LAYOUTS = {
    "captions": (Style(), Style("w")),
    "filters and channels": (
        Style(caption="filter {n}, channel {m}"), Style("w  filters", "filter {n}, channel {m}")
    ),
    "captions of two kinds": (Style(caption="filter {n}, channel {m}"), Style("w")),
    "captions in another order": (Style(caption="c={c}  k={k}"), Style("w")),
    "no captions": (Style(caption=""), Style("w", "")),
    "captions on one side": (Style(caption=""), Style("w")),
    "side by side": (Style(across=4), Style("w", across=4)),
    "one below the other": (Style(across=1), Style("w", across=1)),
    "laid out otherwise": (Style(across=1), Style("w", across=4)),
    "far apart": (Style(gap=3), Style("w")),
    "to the left": (Style(at=(-3, 3)), Style("w", at=(-3, 3))),
    "to the left, no captions": (Style(caption="", at=(-2, 2)), Style("w", "", at=(-2, 2))),
    "blank rows": (Style(at=(2, 0)), Style("w", at=(1, 0))),
    "merged": (Style(merged=5), Style("w", merged=5)),
    "over the second block": (Style(at=(0, -3)), Style("w")),
    "an equation and a note": (
        Style(between=("dL/dw[k,c,a,b] = Σ dL/dout · h", "each entry meets every window once")),
        Style("w"),
    ),
    "long": (Style("dL/dw = dL/dout · ∂out/∂w   of the filters · 2×2×2×2"), Style("w  filters")),
    "dE": (Style("dE/dw"), Style("w")),
    "partial": (Style("∂L/∂W"), Style("W")),
    "with a number": (Style("dC/dw2"), Style("w2")),
    "code": (Style("grad_w"), Style("w")),
    "code behind": (Style("w.grad"), Style("w")),
    "short": (Style("dW  gradient of the filters"), Style("W")),
    "delta": (Style("Δw"), Style("w")),
    "a step": (Style("Step 3: dL/dw"), Style("Step 1: w")),
    "words": (Style("gradient of the loss with respect to the filters"), Style("Filters")),
    "German": (
        Style("Gradient der Verlustfunktion nach w", "Filter {n} Kanal {m}"),
        Style("Filter w", "Filter {n} Kanal {m}"),
    ),
    "French": (
        Style("Gradient de la perte par rapport à w", "filtre {n}, canal {m}"),
        Style("w (filtres)", "filtre {n}, canal {m}"),
    ),
    "Spanish": (
        Style("Gradiente de la pérdida con respecto a w", "filtro {n}, canal {m}"),
        Style("w: filtros", "filtro {n}, canal {m}"),
    ),
}  # fmt: skip


@pytest.mark.many(quick=["to the left"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_typed_gradients_are_found_however_they_are_laid_out(name, path):
    write(path, np.round(DW, 3), *LAYOUTS[name])
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts, report.not_judged) == ("right", {"right": 36}, ())
    places = write(path, 0 * DW, *LAYOUTS[name])
    report = xlbackprop.check(path)
    wrong = {one.cell: one.expected for one in report.cells if one.status == "wrong"}
    assert report.verdict == "wrong"
    assert wrong == pytest.approx({cell: DW[index] for cell, index in places.items()})


UNNAMED = Style("Kernels")


def test_right_numbers_tell_by_what_they_are_where_no_text_does(path):
    write(path, np.round(DW, 3), filters=UNNAMED)
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts) == ("right", {"right": 36})


@pytest.mark.parametrize(
    ("typed", "filters"),
    [(0 * DW, UNNAMED), (0.5 * DW, UNNAMED), (DW[::-1] + 0.01, UNNAMED)],
    ids=["zeros", "half", "others"],
)
def test_what_goes_with_no_cell_for_sure_is_not_judged_and_said_to_be_so(typed, filters, path):
    write(path, typed, filters=filters)
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts, report.cells) == ("incomplete", {"right": 20}, ())
    assert [one.tensor for one in report.not_judged] == [
        "Sheet.J30:K31", "Sheet.M30:N31", "Sheet.J34:K35", "Sheet.M34:N35"
    ]  # fmt: skip
    assert all("typed under a gradient's title" in one.reason for one in report.not_judged)


# Blocks of numbers that a title says to be something else than gradients of L.
OTHERS = ("dL/dw, numerically", "previous dL/dw", "gradient norm", "gradient clipping", "∂out/∂w",
          "∂E_1/∂w", "In the lecture dL/dw was larger", "lr · dL/dw", "dL/dw padded")  # fmt: skip


@pytest.mark.many(quick=[OTHERS[0]])
@pytest.mark.parametrize("title", OTHERS)
def test_numbers_under_other_titles_are_left_alone(title, path):
    write(path, 0 * DW + 0.25, Style(title))
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts, report.cells) == ("right", {"right": 20}, ())


@pytest.mark.many(quick=["conv5x5x2-conv1.dL_dw"])
@pytest.mark.parametrize(
    ("template", "tensor"), [("conv5x5x2", "conv1.dL_dw"), ("lstm", "lstm1.dL_dnet_2")]
)
def test_formulas_that_equal_no_gradient_are_wrong_under_a_title(template, tensor, path):
    """What is made of them is carried, though it may equal the gradient of something else."""
    xlbackprop.build(template, path)
    (places,) = [gradient for name, gradient, _ in gradients_of(path) if name == tensor]
    cells = {places.at(index) for index in np.ndindex(places.rows.shape)}
    zeros = zeros_of(path, cells)
    strip(path, {cell: lambda formula: f"=0*({formula[1:]})" for cell in cells})
    report = xlbackprop.check(path)
    wrong = {(one.sheet, one.cell) for one in report.cells if one.status == "wrong"}
    assert (report.verdict, wrong) == ("wrong", cells - zeros)


def test_the_parts_of_samples_are_no_whole_gradient(path):
    write(path, DW / 2, Style(caption="sample {n}, part {m}"))
    report = xlbackprop.check(path)
    assert (report.verdict, report.cells) == ("incomplete", ())


LONG = ("." * 150 + "x dL/dw", "gradient" + " " * 190, "gradient of the " * 12, "d/" * 100,
        "k=1 " * 8000, "a b c " * 30 + "dL/dw", "x" * 32_000, " " * 32_000 + "x", "(k=1)" * 40,
        "dL/d" + "w" * 190, "grad_" + "(1)" * 60,
        "dL/d" + "\ufdfa" * 190, "℀" * 200)  # fmt: skip


@pytest.mark.parametrize("text", ["∂L/∂σ⁽1⁾", "∂L/∂σ⁽¹⁾", "∂L/∂σ(1)", "dL/dσ₁"])
def test_an_index_above_or_below_the_line_belongs_to_the_name(text):
    assert said_by(text).by[0] == "σ1"


@pytest.mark.parametrize("text", LONG, ids=[one[:12].strip() for one in LONG])
def test_reading_a_title_takes_no_time_however_it_is_made(text):
    began = time.process_time()
    for read in (said_by, names_in, is_caption, is_aside, index_of):
        read(text)
    assert time.process_time() - began < 0.5
