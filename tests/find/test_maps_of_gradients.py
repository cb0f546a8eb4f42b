"""`locate` without a spec: which cells are gradients, as a map that `check` judges by."""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.sheets_with_slips import in_all_rows, perceptron
from tests.support.command_line import called, document

MAP = """sheet = "Sheet"
loss = "W3:W6"
rate = "G1"

[gradients]
"X3:AA6" = "E3:H6"
"AB3:AE6" = "M3:P6"

[updates]
"E4:H6" = "E3:H5"
"M4:P6" = "M3:P5"
"""
SLIP = in_all_rows("Z", "((R#-A#)*R#*(1-R#)*N#+(T#-B#)*T#*(1-T#)*P#)*J#*(1-J#)*C#")


def written(path, changes=()):
    book = openpyxl.Workbook()
    for address, value in (perceptron().cells | dict(changes)).items():
        book.active[address] = value
    book.save(path)
    return path


def test_locate_writes_what_the_formulas_tell(path, capsys):
    target = path.with_suffix(".toml")
    status, out, _ = called(capsys, "locate", written(path), "-o", target)
    comment, _, text = target.read_text().partition("\n")
    assert (status, text) == (0, MAP)
    assert "rate 0.5 in G1" in comment
    assert "X3:AA6" in out


@pytest.mark.parametrize(("changes", "verdict"), [({}, "right"), (SLIP, "wrong")])
def test_check_by_the_map_judges_as_check_alone_does(changes, verdict, path):
    own = xlbackprop.locate_gradients(written(path, changes))
    by_map = xlbackprop.check(path, map=xlbackprop.parse_map(own.to_toml()))
    alone = xlbackprop.check(path)
    assert by_map.verdict == alone.verdict == verdict
    assert by_map.tensors == alone.tensors
    assert by_map.cells == alone.cells


def judged(path, text, changes=()):
    return xlbackprop.check(written(path, changes), map=xlbackprop.parse_map(text))


def test_only_what_the_map_says_is_judged(path):
    report = judged(path, '[gradients]\n"AB3:AE3" = "M3:P3"', SLIP)
    assert (report.verdict, report.counts) == ("right", {"right": 4})


def test_what_the_map_says_goes_before_what_texts_say(path):
    report = judged(path, '[gradients]\n"Z3:Z6" = "H3:H6"')
    assert [one.cell for one in report.cells] == ["Z3", "Z4", "Z5", "Z6"]
    assert {one.status for one in report.cells} == {"wrong"}


def test_cell_that_the_map_says_is_blank_where_nothing_stands(path):
    """Of the last step, that nobody computed: alone, it would be left alone."""
    changes = dict.fromkeys([f"{one}6" for one in ("X", "Y", "Z", "AA", "AB", "AC", "AD", "AE")])
    report = judged(path, '[gradients]\n"X3:AA6" = "E3:H6"', changes)
    assert report.verdict == "incomplete"
    assert [one.cell for one in report.cells] == ["X6", "Y6", "Z6", "AA6"]


def test_rate_of_the_map_is_the_one_that_updates_should_have(path):
    text = 'rate = "J1"\n[updates]\n"E4:H6" = "E3:H5"'
    assert judged(path, text, {"J1": 0.5}).verdict == "right"
    report = judged(path, text, {"J1": 0.25})
    assert report.counts == {"wrong": 12}


def test_json_has_the_pairs(path, capsys):
    said = document(called(capsys, "locate", written(path), "--json"))
    assert (said["loss"], said["rate"]) == (["W3:W6"], "G1")
    assert said["gradients"][0] == {"cells": "X3:AA6", "of": "E3:H6"}


def test_sheet_without_gradients_says_what_else_there_is(path, capsys):
    book = openpyxl.Workbook()
    book.active.append([1, 2, "=A1+B1"])
    book.save(path)
    status, _, err = called(capsys, "locate", path)
    assert (status, err.count("\n")) == (2, 1)
    assert "--spec SPEC, or try --guess" in err


ERRORS = {
    "sizes": ('[gradients]\n"X3:X6" = "E3:E5"', "each cell goes with that at the same place"),
    "no L": ('[gradients]\n"X3" = "G1"', "Sheet!X3 is said to be of Sheet!G1, on which L does not"),
    "far": ('[gradients]\n"XX300" = "E3"', "nothing stands in Sheet!XX300"),
    "no range": ('[gradients]\n"X3:" = "E3"', "neither a range"),
    "a text": ('[updates]\n"E4" = 3', "expected a text"),
    "no pairs": ('loss = "W3"', "it pairs no cells"),
    "tensors": ('[gradients]\n"X3" = "E3"\n[tensors]\n"a.b" = "A1"', "not both"),
    "L is typed": ('loss = "A3"\n[gradients]\n"X3" = "E3"', "Sheet!A3 holds no formula"),
    "no rate": ('rate = "Z99"\n[updates]\n"E4" = "E3"', "nothing stands in Sheet!Z99"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_map_that_cannot_be_gets_one_line(name, path):
    text, message = ERRORS[name]
    with pytest.raises(xlbackprop.MapError) as raised:
        judged(path, text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_map_of_gradients_is_for_check_alone_and_for_no_spec(path, capsys):
    target = path.with_suffix(".toml")
    target.write_text(MAP)
    status, _, err = called(capsys, "check", written(path), "--map", target, "--spec", "conv5x5x2")
    assert (status, "leave out --spec" in err) == (2, True)
    status, _, err = called(capsys, "inspect", path, "--map", target)
    assert (status, "`xlbackprop check` alone takes it" in err) == (2, True)
