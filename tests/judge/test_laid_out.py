"""Gradients that all stand input by output are a layout; a single one among others is a slip."""

import numpy as np
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


def put_formulas(sheet):
    """Write the gradients input by output, as formulas; return the last cell."""
    sheet.put("sigmoid1.out")
    row = {line.split('"')[1]: int(line.split('"')[3].partition(":")[0][1:])
           for line in sheet.lines}  # fmt: skip
    for layer in ("dense1", "dense2"):
        row[f"{layer}.dL_dout"] = int(sheet.put(f"{layer}.dL_dout").partition(":")[0][1:])
    cells = sheet.book.active
    w, a, b, t = (
        row[f"{name}"] for name in ("dense2.w", "sigmoid1.out", "dense2.b", "loss.target")
    )
    for at in range(2):
        text = f"=B{w + at}*B{a}+C{w + at}*B{a + 1}+B{b + at}-B{t + at}"
        cells.cell(row["dense2.dL_dout"] + at, 2, text)
    for layer, below in (("dense1", "dense1.h"), ("dense2", "sigmoid1.out")):
        top = int(sheet.put(f"{layer}.dL_dw").partition(":")[0][1:])
        for down, across in np.ndindex(2, 2):
            text = f"=B{row[f'{layer}.dL_dout'] + across}*B{row[below] + down}"
            cells.cell(top + down, 2 + across, text)
    return cells.cell(top + 1, 3)


def wrong_gradients(report):
    return [
        one.cell for one in report.cells if one.status == "wrong" and one.tensor.endswith("dL_dw")
    ]


@pytest.mark.parametrize("draws", [0, 3])
def test_formulas_that_stand_so_are_right_with_other_numbers_as_well(sheet, draws):
    put_formulas(sheet)
    report = sheet.check(prove=draws)
    assert not wrong_gradients(report)
    assert any("input by output" in note for note in report.notes)


def test_formula_that_stands_so_and_is_right_here_only_is_wrong(sheet):
    cell = put_formulas(sheet)
    cell.value += f"+B3-{float(sheet.true['dense1.h'][0])}"
    assert wrong_gradients(sheet.check(prove=3)) == [cell.coordinate]


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
