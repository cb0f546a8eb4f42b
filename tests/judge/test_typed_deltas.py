"""Deltas typed for gradients are the delta rule where the updated weights say so."""

import pytest

from tests.support.typed_sheet import TypedSheet

GRADIENTS = ("dense2.dL_dout", "dense1.dL_dout", "dense1.dL_dw", "dense2.dL_dw")


@pytest.fixture
def sheet(tmp_path):
    return TypedSheet(tmp_path)


def put_deltas(sheet, *plain):
    for name in GRADIENTS:
        sheet.put(name, sheet.true[name] if name in plain else -sheet.true[name])


def test_deltas_are_right_where_the_updates_are(sheet):
    put_deltas(sheet)
    sheet.put("dense1.w_new")
    report = sheet.check()
    assert (report.verdict, report.counts) == ("right", {"right": 20})
    (said,) = [note for note in report.notes if "as deltas are" in note]
    assert "dense1.dL_dw" in said


def test_reversed_gradients_without_updates_are_a_slip(sheet):
    put_deltas(sheet)
    assert sheet.check().verdict == "wrong"


def test_reversed_gradients_that_are_taken_off_as_they_stand_are_a_slip(sheet):
    put_deltas(sheet)
    sheet.put("dense1.w_new", sheet.true["dense1.w"] + 0.5 * sheet.true["dense1.dL_dw"])
    assert sheet.check().verdict == "wrong"


@pytest.mark.parametrize("plain", ["dense1.dL_dw", "dense2.dL_dout"])
def test_one_gradient_among_deltas_is_no_convention(plain, sheet):
    put_deltas(sheet, plain)
    sheet.put("dense1.w_new")
    assert sheet.check().verdict == "wrong"
