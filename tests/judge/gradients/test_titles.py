"""Typed gradients that only a title over several blocks names: our own pages, stripped.

Their titles are long, stand once over all blocks of a tensor, and each block has a caption.
"""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.test_own_pages import gradients_of, strip, zeros_of

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
@pytest.mark.parametrize(("template", "tensor"), TENSORS)
def test_right_numbers_instead_of_formulas_are_right(template, tensor, path):
    true = retype(template, tensor, path, lambda number: number)
    report = xlbackprop.check(path)
    assert (report.verdict, report.cells, report.not_judged) == ("right", (), ())
    assert report.counts["right"] >= len(true) + 9
