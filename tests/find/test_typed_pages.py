"""Pages of typed numbers, rounded: found with a spec, and a wrong tensor is never passed over."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import arrays_of
from tests.support.typed_pages import USED, drawn, is_judged, missed, with_a_wrong_tensor

MOST = range(2 * len(USED))  # a conv layer and a dense one in each layout


@pytest.mark.many(quick=["1"])
@pytest.mark.parametrize("seed", MOST)
def test_typed_numbers_are_found_and_a_wrong_tensor_is_judged(seed, tmp_path):
    page = drawn(seed)
    assert missed(page, page.write(tmp_path / "right.xlsx")) == []
    name = with_a_wrong_tensor(page, seed)
    assert is_judged(page, page.write(tmp_path / "wrong.xlsx"), name), name


@pytest.mark.many(quick=["4"])
@pytest.mark.parametrize("apart", range(1, 6))
def test_labels_may_stand_columns_away_and_no_bias_takes_a_gradients_cells(apart, tmp_path):
    """All but the bias and the output of a conv layer, typed, its labels on the left."""
    truth = arrays_of(xlbackprop.build("conv5x5x2", tmp_path / "ours.xlsx"))
    book = openpyxl.Workbook()
    row = 4
    for name in ("dL_dout", "dL_dh", "dL_dw", "h", "w"):
        array = truth[f"conv1.{name}"]
        book.active.cell(row, 1, name)
        for block in array.reshape(-1, *array.shape[-2:]):
            for line in block:
                for along, number in enumerate(line.tolist()):
                    book.active.cell(row, 1 + apart + along, number)
                row += 1
            row += 1
        row += 2
    book.save(tmp_path / "own.xlsx")
    report = xlbackprop.check(tmp_path / "own.xlsx", spec="conv5x5x2")
    assert report.counts == {"right": 54 + 50}


def test_label_of_a_gradient_of_nothing_known_is_not_passed_over(tmp_path):
    truth = arrays_of(xlbackprop.build("conv5x5x2", tmp_path / "ours.xlsx"))
    verdicts = {}
    for factor in (1, -1):
        sheet = (book := openpyxl.Workbook()).active
        for name, label in (
            ("h", "h"),
            ("w", "w"),
            ("b", "b"),
            ("out", "out"),
            ("dL_dout", "dL/dout"),
            ("dL_dw", "∂L/∂q"),
        ):
            array = truth[f"conv1.{name}"] * (factor if name == "dL_dw" else 1)
            for block in np.atleast_2d(array).reshape(-1, *np.atleast_2d(array).shape[-2:]):
                sheet.append([label])
                for line in block.tolist():
                    sheet.append(line)
        book.save(tmp_path / "own.xlsx")
        report = xlbackprop.check(tmp_path / "own.xlsx", spec="conv5x5x2")
        verdicts[factor] = (
            report.verdict,
            [one.tensor for one in report.not_judged if "q" in one.reason],
        )
    assert verdicts == {1: ("right", []), -1: ("incomplete", ["conv1.dL_dw"])}


@pytest.mark.many
def test_numbers_of_a_gradients_shape_that_nothing_explains_leave_the_verdict_open(tmp_path):
    """No label at all: six blocks may be anything, but are not passed over."""
    truth = arrays_of(xlbackprop.build("conv5x5x2", tmp_path / "ours.xlsx"))
    verdicts = {}
    for factor in (1, -1):
        sheet = (book := openpyxl.Workbook()).active
        for name in ("h", "w", "b", "out", "dL_dout", "dL_dw"):
            array = np.atleast_2d(truth[f"conv1.{name}"]) * (factor if name == "dL_dw" else 1)
            for block in array.reshape(-1, *array.shape[-2:]):
                for line in block.tolist():
                    sheet.append(line)
                sheet.append([""])
                sheet.append([])
        book.save(tmp_path / "own.xlsx")
        report = xlbackprop.check(tmp_path / "own.xlsx", spec="conv5x5x2")
        reasons = {one.tensor: one.reason for one in report.not_judged}
        verdicts[factor] = report.verdict, "fit nothing" in reasons.get("conv1.dL_dw", "")
    assert verdicts == {1: ("right", False), -1: ("incomplete", True)}
