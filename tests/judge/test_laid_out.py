"""Gradients that all stand input by output are a layout; a single one among others is a slip."""

import pytest

from tests.support.typed_sheet import TWO_LAYERS, TypedSheet

SQUARE = TWO_LAYERS.replace("input = [3]", "input = [2]")


def slips(report):
    return {one.name: [each["slip"] for each in one.diagnosis] for one in report.tensors}


@pytest.fixture
def sheet(tmp_path):
    return TypedSheet(tmp_path, SQUARE)


def put_gradients(sheet, *transposed):
    for name in ("dense1.dL_dw", "dense2.dL_dw"):
        array = sheet.true[name]
        sheet.put(name, array.T if name in transposed else array)


def test_all_gradients_input_by_output_are_right_and_said_to_stand_so(sheet):
    put_gradients(sheet, "dense1.dL_dw", "dense2.dL_dw")
    sheet.put("dense1.w_new")
    report = sheet.check()
    assert (report.verdict, report.counts) == ("right", {"right": 12})
    (said,) = [note for note in report.notes if note.startswith("laid out input by output")]
    assert said.endswith("dense2.dL_dw, dense1.dL_dw")


def test_gradient_that_the_map_transposes_shows_the_order(tmp_path):
    sheet = TypedSheet(tmp_path)
    sheet.put("dense1.dL_dw", sheet.true["dense1.dL_dw"].T, ", transpose = true")
    sheet.put("dense2.dL_dw", sheet.true["dense2.dL_dw"].T)
    report = sheet.check()
    assert (report.verdict, report.counts) == ("right", {"right": 10})


def test_one_transposed_among_others_is_a_slip(sheet):
    put_gradients(sheet, "dense1.dL_dw")
    report = sheet.check()
    assert (report.verdict, report.counts) == ("wrong", {"right": 4 + 2, "wrong": 2})
    assert slips(report)["dense1.dL_dw"] == ["rows and columns transposed"]


def test_transposed_gradients_that_are_used_as_they_stand_are_a_slip(sheet):
    put_gradients(sheet, "dense1.dL_dw", "dense2.dL_dw")
    sheet.put("dense1.w_new", sheet.true["dense1.w"] - 0.5 * sheet.true["dense1.dL_dw"].T)
    report = sheet.check()
    assert (report.verdict, report.counts["carried"]) == ("wrong", 2)


def test_another_slip_beside_it_stays_wrong(sheet):
    put_gradients(sheet, "dense1.dL_dw", "dense2.dL_dw")
    sheet.put("dense2.out", -sheet.true["dense2.out"])
    assert sheet.check().verdict == "wrong"
