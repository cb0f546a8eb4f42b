"""Maps of pages that show a part of a tensor, a multiple of it, or one number for many entries."""

import pytest

import xlbackprop
from tests.support.page_with_slip import Page
from tests.support.typed_sheet import TWO_LAYERS, TypedSheet
from xlbackprop.errors import MapError


@pytest.fixture
def sheet(tmp_path):
    return TypedSheet(tmp_path)


def slips(report):
    return {one.name: [each["slip"] for each in one.diagnosis] for one in report.tensors}


def test_deltas_are_right_with_a_factor(sheet):
    sheet.put("dense2.dL_dout", -sheet.true["dense2.dL_dout"], ", factor = -1")
    sheet.put("dense1.dL_dout", -sheet.true["dense1.dL_dout"], ", factor = -1")
    sheet.put("dense1.dL_dw", -0.5 * sheet.true["dense1.dL_dw"], ", factor = -0.5")
    sheet.put("dense1.w_new")
    report = sheet.check()
    assert (report.verdict, report.counts["right"]) == ("right", 16)


def test_slip_among_deltas_is_wrong_once_and_named(sheet):
    sheet.put("dense2.dL_dout", -sheet.true["dense2.dL_dout"], ", factor = -1")
    sheet.put("dense1.dL_dw", 0.5 * sheet.true["dense1.dL_dw"], ", factor = -0.5")
    sheet.put("dense1.w_new", sheet.true["dense1.w"] + 0.5 * sheet.true["dense1.dL_dw"])
    report = sheet.check()
    assert report.counts == {"right": 2, "wrong": 6, "carried": 6}
    assert slips(report)["dense1.dL_dw"] == ["sign reversed"]
    wrong = next(one for one in report.cells if one.tensor == "dense1.dL_dw")
    assert wrong.expected == pytest.approx(-wrong.found)


def test_cell_that_shows_a_multiple_is_explained(sheet):
    where = sheet.put("dense2.dL_dw", -sheet.true["dense2.dL_dw"], ", factor = -1")
    sheet.put("dense2.w_new")
    sheet.check()
    first = where.partition(":")[0]
    told = xlbackprop.explain(
        sheet.folder / "mine.xlsx", f"Sheet!{first}", map=sheet.folder / "map.toml"
    )
    assert told.value == pytest.approx(told.expected) == pytest.approx(told.found)
    assert told.equation == "dL/dw[k,j] = -1 · (dL/dout[k] · h[j])"


@pytest.mark.parametrize(
    ("part", "chosen"),
    [("0:1", slice(0, 1)), ("1, :", slice(1, 2)), (":, 1:3", (slice(None), slice(1, 3)))],
)
def test_part_of_a_tensor_is_judged(part, chosen, sheet):
    array = sheet.true["dense1.dL_dw"][chosen]
    sheet.put("dense1.dL_dw", array, f', part = "{part}"')
    sheet.put("dense1.w_new")
    report = sheet.check()
    assert (report.verdict, report.counts["right"]) == ("right", 6 + array.size)
    assert "dense1.dL_dw_whole" in [one.tensor for one in report.not_judged]


def test_slip_in_a_part_is_named_and_carried(sheet):
    wrong = sheet.true["dense1.dL_dw"].copy()
    wrong[1] *= -1
    sheet.put("dense1.dL_dw", wrong[1:], ', part = "1"')
    sheet.put("dense1.w_new", sheet.true["dense1.w"] - 0.5 * wrong)
    report = sheet.check()
    assert report.counts == {"right": 3, "wrong": 3, "carried": 3}
    assert slips(report)["dense1.dL_dw"] == ["sign reversed"]


def test_one_cell_for_all_entries_of_a_bias_has_the_sum_for_its_gradient(tmp_path):
    spec = xlbackprop.parse_spec(TWO_LAYERS)
    same = Page(spec).true["dense1.b"] * 0 + 0.25
    sheet = TypedSheet(tmp_path)
    # What follows from the same number in both entries.
    page = Page(spec)
    true = page.network.evaluate({**page.true, "dense1.b": same})
    sheet.lines = [one for one in sheet.lines if "dense1.b" not in one]
    sheet.put("dense1.b", same[:1])
    for name in ("dense1.out", "dense1.dL_dout"):
        sheet.put(name, true[name])
    total = true["dense1.dL_db"].sum(keepdims=True)
    sheet.put("dense1.dL_db", total)
    sheet.put("dense1.b_new", same[:1] - 0.5 * total)
    report = sheet.check()
    assert report.verdict == "right", report.cells
    assert report.counts["right"] == 8
    sheet.put("dense2.dL_db", 2 * true["dense2.dL_db"].sum(keepdims=True))
    report = sheet.check()
    assert {one.tensor for one in report.cells} == {"dense2.dL_db"}
    assert slips(report)["dense2.dL_db"] == ["factor 2 extra"]


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("dense1.dL_dw", ", factor = 0", "factor = 0: expected a number"),
        ("dense1.dL_dw", ', part = "0:9"', "part = '0:9': expected an index"),
        ("dense1.dL_dw", ', part = "x"', "part = 'x': expected an index"),
        ("dense1.dL_dw", ', part = "0, 0, 0"', "expected an index"),
    ],
)
def test_what_no_page_can_show_is_refused(name, option, message, sheet):
    sheet.put(name, option=option)
    with pytest.raises(MapError, match=message):
        sheet.check()


def test_given_must_be_there_whole(sheet):
    sheet.lines[0] = sheet.lines[0].replace(" }", ', part = "0:2" }')
    sheet.put("dense1.dL_dw")
    with pytest.raises(MapError, match="part: it is given"):
        sheet.check()


def shows(folder, *names):
    """Return a sheet that has these tensors alone."""
    sheet = TypedSheet(folder)
    sheet.lines.clear()
    for name in names:
        sheet.put(name)
    return sheet


ACTIVATIONS = ("dense1.out", "sigmoid1.out", "dense2.w", "dense2.b", "dense2.out")


def test_activations_without_inputs_are_judged_as_far_as_they_go(tmp_path):
    report = shows(tmp_path, *ACTIVATIONS).check()
    assert (report.verdict, report.counts) == ("incomplete", {"right": 4})
    (first,) = [one for one in report.not_judged if one.tensor == "dense1.out"]
    assert first.reason.startswith("taken as it stands: dense1.b, dense1.h, dense1.w, from which")


def test_slip_among_activations_without_inputs_is_wrong(tmp_path):
    sheet = shows(tmp_path, *ACTIVATIONS[:2])
    assert sheet.check().counts == {"right": 2}
    sheet = TypedSheet(tmp_path)
    sheet.lines.clear()
    sheet.put("dense1.out")
    sheet.put("sigmoid1.out", sheet.true["dense1.out"])
    report = sheet.check()
    assert (report.verdict, report.counts) == ("wrong", {"wrong": 2})
    assert slips(report)["sigmoid1.out"] == ["sigmoid left out"]


def test_where_nothing_can_be_judged_what_is_missing_is_said(tmp_path):
    with pytest.raises(MapError, match=r"dense1\.h, dense1\.w, dense1\.b are missing"):
        shows(tmp_path, "dense1.out").check()
