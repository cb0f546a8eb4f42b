"""Pages of this program without all that says what they hold: each gradient is recognised."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.templates import TEMPLATES
from xlbackprop.equation import Kind
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import Family, Findings, Role
from xlbackprop.find.subject import find_subject
from xlbackprop.formula.sheets.gradients import gradients
from xlbackprop.judge.gradients.review import review_sheet
from xlbackprop.report.from_review import make_report
from xlbackprop.workbook.read.workbook import open_workbook

NAMES = [one for one in TEMPLATES if one != "lenet5"]
SMALL = ("conv5x5x2", "mlp-2-2-2", "residual-block", "optimizers-sgd")
# A gradient that is 0 whatever the numbers are, but for the zeros of a mask, cannot be told.
ZERO = 1e-12


def strip(path, changes=()):
    """Take from a page its description, its names and its Overview; change some formulas."""
    book = openpyxl.load_workbook(path)
    del book["_xlbackprop"], book["Overview"]
    for name in list(book.defined_names):
        del book.defined_names[name]
    for (sheet, cell), change in dict(changes).items():
        book[sheet][cell] = change(book[sheet][cell].value)
    book.save(path)
    return path


def gradients_of(path):
    """Return the gradients of a page, and what they are by, with their places on it."""
    with open_workbook(path, path) as workbook:
        subject = find_subject(workbook)
    tensors, places = subject.network.tensors, subject.places
    for name, tensor in tensors.items():
        of = name.replace(".dL_d", ".")
        if of != name and tensor.kind is Kind.BACKWARD and of in tensors:
            yield name, places[name], places[of]


def cells(plane, places):
    found = np.zeros(places.rows.shape, dtype=np.int64)
    for number, sheet in enumerate(places.sheets):
        here = places.sheet == number
        at = plane.number[sheet.casefold()]
        found[here] = plane.indices(at, places.rows[here], places.columns[here])
    return found


@pytest.mark.many(quick=SMALL)
@pytest.mark.parametrize("template", NAMES)
def test_every_gradient_is_recognised_and_none_accused(template, path):
    xlbackprop.build(template, path)
    pairs = list(gradients_of(path))
    with open_workbook(strip(path), path) as workbook:
        findings = find_gradients(workbook)
        assert isinstance(findings, Findings)
        report = make_report(review_sheet(workbook, findings))
    assert (report.verdict, report.cells, report.not_judged) == ("right", (), ())
    claims = {one.cell: one.of for one in findings.claims if one.role is Role.GRADIENT}
    plane, board = findings.computation.plane, findings.board
    received = gradients(findings.computation, board, findings.losses[0])
    is_single, untold = findings.steps == 1, []
    for name, gradient, of in pairs:
        for cell, by in zip(cells(plane, gradient).ravel(), cells(plane, of).ravel(), strict=True):
            own = board.numbers[cell][findings.families[Family.ZEROS]]
            if findings.graph.copied[cell] == cell and np.abs(own).max() > ZERO:
                if cell not in claims:
                    untold.append(name)
                elif is_single:
                    assert received[claims[cell], 0] == pytest.approx(received[by, 0], rel=1e-9)
    assert not untold


@pytest.mark.many(quick=["xor-step7.dense2.dL_dw"])
@pytest.mark.parametrize(
    ("template", "tensor"),
    [
        ("two-conv", "conv1.dL_dw"),
        ("residual-block", "bn1.dL_dgamma"),
        ("optimizers-sgd", "step3.dense1.dL_dh"),
        ("xor", "step7.dense2.dL_dw"),
    ],
)
def test_one_changed_gradient_is_the_only_wrong_one(template, tensor, path):
    xlbackprop.build(template, path)
    (places,) = [gradient for name, gradient, _ in gradients_of(path) if name == tensor]
    cell = places.at((0,) * places.rows.ndim)
    strip(path, {cell: lambda formula: f"{formula}*1.1"})
    report = xlbackprop.check(path)
    assert [(one.sheet, one.cell) for one in report.cells if one.status == "wrong"] == [cell]


def zeros_of(path, cells):
    """Return those of some cells that hold 0."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {(sheet, cell) for sheet, cell in cells if abs(book[sheet][cell].value) <= ZERO}


def multiply(template, tensor, path):
    """Write a stripped page whose tensor is 1.1 times as large; return its cells, and the zeros."""
    xlbackprop.build(template, path)
    (places,) = [gradient for name, gradient, _ in gradients_of(path) if name == tensor]
    changed = {places.at(index) for index in np.ndindex(places.rows.shape)}
    zeros = zeros_of(path, changed)
    strip(path, {cell: lambda formula: f"=({formula[1:]})*1.1" for cell in changed})
    return changed, zeros


@pytest.mark.many(quick=["mlp-2-2-2-dense2.dL_dh"])
@pytest.mark.parametrize(
    ("template", "tensor"),
    [
        ("conv5x5x2", "conv1.dL_dw"),
        ("mlp-2-2-2", "dense2.dL_dh"),
        ("lstm", "lstm1.dL_do_1"),
        ("residual-block", "bn1.dL_dnormalized"),
        ("two-conv", "dense1.dL_dh"),
        ("two-conv", "dense2.dL_dh"),
    ],
)
def test_where_a_multiple_begins_is_wrong_and_what_follows_is_carried(template, tensor, path):
    changed, zeros = multiply(template, tensor, path)
    report = xlbackprop.check(path)
    assert report.verdict == "wrong"
    wrong = {(one.sheet, one.cell): one for one in report.cells if one.status == "wrong"}
    assert wrong.keys() <= changed
    assert all(one.found == pytest.approx(1.1 * one.expected) for one in wrong.values())
    assert wrong.keys() >= changed - zeros


@pytest.mark.many(quick=["mlp-2-2-2-sigmoid2.dL_dout"])
@pytest.mark.parametrize(
    ("template", "tensor"),
    [
        ("mlp-2-2-2", "sigmoid2.dL_dout"),
        ("mlp-2-2-2", "sigmoid2.dL_dh"),
        ("residual-block", "relu2.dL_dout"),
        ("residual-block", "bn1.dL_dh"),
    ],
)
def test_where_all_that_follows_is_a_multiple_the_first_is_wrong(template, tensor, path):
    """What is made of a multiple of the first gradient of all, or of a whole one, is innocent."""
    changed, zeros = multiply(template, tensor, path)
    report = xlbackprop.check(path)
    wrong = {(one.sheet, one.cell) for one in report.cells if one.status == "wrong"}
    assert (report.verdict, report.not_judged) == ("wrong", ())
    assert changed - zeros <= wrong <= changed


@pytest.mark.many(quick=["a mean"])
@pytest.mark.parametrize("factor", [1.1, 3, 0.25], ids=["a factor", "a sum", "a mean"])
def test_where_the_loss_alone_is_a_multiple_nothing_is_accused(factor, path):
    """The gradients are those of half the squared error, and L is not that."""
    xlbackprop.build("mlp-2-2-2", path)
    strip(path, {("sigmoid2", "Q19"): lambda formula: f"=({formula[1:]})*{factor}"})
    report = xlbackprop.check(path)
    assert (report.verdict, report.cells) == ("incomplete", ())
    (open_one,) = report.not_judged
    assert "is not that: mend its formula" in open_one.reason or "times" in open_one.reason
