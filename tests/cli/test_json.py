"""The JSON of each command, as in the contract."""

import json
import re

import openpyxl
import pytest

import xlbackprop
from tests.support.command_line import (
    BLANK,
    KINDS,
    STATUSES,
    called,
    document,
    number,
    place_of,
    put,
    slip_once,
    text,
)
from tests.support.program import DATA


def test_json_of_templates_has_the_contract_s_fields(capsys):
    listed = document(called(capsys, "templates", "--json"))
    assert {"conv5x5x2", "conv7x7x3-stride2", "conv-depthwise"} <= {one["name"] for one in listed}
    for one in listed:
        assert list(one) == ["name", "about"]
        assert isinstance(one["about"], str)
        assert one["about"].strip()
        assert "\n" not in one["about"]


def test_json_of_inspect_has_the_contract_s_fields(workbook, capsys):
    inspected = document(called(capsys, "inspect", workbook, "--json"))
    assert set(inspected) == {"name", "format", "tensors"}
    assert inspected["name"] == "two"
    assert type(inspected["format"]) is int
    assert {one["name"] for one in inspected["tensors"]} >= {"conv1.h", "conv2.dL_dw", "loss.L"}
    for tensor in inspected["tensors"]:
        assert set(tensor) == {"name", "kind", "shape", "blocks"}
        assert tensor["kind"] in KINDS
        assert all(type(size) is int for size in tensor["shape"])
        assert tensor["blocks"]
        for block in tensor["blocks"]:
            assert set(block) == {"index", "sheet", "range"}
            assert all(type(one) is int for one in block["index"])
            assert re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", block["range"])


def test_json_of_inspect_says_where_each_entry_stands(folder, capsys):
    xlbackprop.build("conv5x5x2", folder / "mine.xlsx")
    inspected = document(called(capsys, "inspect", "mine.xlsx", "--json"))
    (h,) = [one for one in inspected["tensors"] if one["name"] == "conv1.h"]
    assert (h["kind"], h["shape"]) == ("given", [2, 5, 5])
    assert [block["index"] for block in h["blocks"]] == [[0], [1]]
    given = json.loads((DATA / "conv5x5x2.json").read_text())
    values = openpyxl.load_workbook("mine.xlsx", data_only=True)
    for block in h["blocks"]:
        cells = values[block["sheet"]][block["range"]]
        found = [[cell.value for cell in row] for row in cells]
        assert found == given["h"][block["index"][0]]


def test_json_of_check_has_the_contract_s_fields(workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    put(workbook, "conv1.out", (0, 0, 1), text("soon"))
    put(workbook, "conv1.dL_dh", (0, 0, 0), BLANK)
    outcome = called(capsys, "check", workbook, "--json")
    report = document(outcome)
    assert outcome[0] == 1
    keys = {"workbook", "verdict", "counts", "tensors", "cells", "notes", "givens_changed"}
    keys |= {"not_judged", "not_tried", "causes", "yours"}
    assert set(report) == keys
    assert report["workbook"] == str(workbook)
    assert report["verdict"] == "wrong"
    assert set(report["counts"]) <= STATUSES
    for tensor in report["tensors"]:
        assert set(tensor) == {"name", "counts", "rule", "diagnosis"}
        assert isinstance(tensor["diagnosis"], list)
        assert all(set(one) == {"slip", "message"} for one in tensor["diagnosis"])
    fields = {"sheet", "cell", "tensor", "index", "status", "found", "expected"}
    fields |= {"from_your_cells", "formula", "note", "slip", "hint", "cause"}
    for cause in report["causes"]:
        assert set(cause) == {"status", "name", "advice", "tensors", "cells", "of", "ranges"}
        assert all(set(one) == {"sheet", "range"} for one in cause["ranges"])
    for cell in report["cells"]:
        assert set(cell) == fields
        assert report["causes"][cell["cause"] - 1]["status"] == cell["status"]
        assert cell["status"] in STATUSES - {"right"}
        assert all(type(one) is int for one in cell["index"])


def test_json_of_check_counts_every_graded_cell_and_lists_those_not_right(workbook, capsys):
    slip_once(workbook)
    report = document(called(capsys, "check", workbook, "--json", "--hints", "answer"))
    total = {}
    for tensor in report["tensors"]:
        for status, count in tensor["counts"].items():
            total[status] = total.get(status, 0) + count
    assert total == report["counts"]
    listed = [cell["status"] for cell in report["cells"]]
    not_right = {status: n for status, n in total.items() if status != "right"}
    assert {status: listed.count(status) for status in set(listed)} == not_right
    (wrong,) = [cell for cell in report["cells"] if cell["status"] == "wrong"]
    assert (wrong["tensor"], wrong["index"], wrong["found"]) == ("conv1.out", [0, 0, 0], 4711.25)
    assert (wrong["sheet"], wrong["cell"]) == place_of(workbook, "conv1.out", 0, 0, 0)
    carried = [cell for cell in report["cells"] if cell["status"] == "carried"]
    assert ("conv2.h", 4711.25) in [(cell["tensor"], cell["from_your_cells"]) for cell in carried]


@pytest.mark.parametrize("as_json", [False, True], ids=["terminal", "json"])
def test_hints_tell_where_then_kind_then_rule_then_answer(as_json, workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.0))
    put(workbook, "conv1.dL_dw", (0, 0, 0, 1), text("8,5"))
    truth = xlbackprop.check(workbook)
    (wrong,) = [cell for cell in truth.cells if cell.status == "wrong"]
    rule = next(tensor.rule for tensor in truth.tensors if tensor.name == "conv1.out")
    answer = f'"expected": {wrong.expected}' if as_json else "right is"
    told = {}
    for level in ("where", "kind", "rule", "answer"):
        _, out, _ = called(capsys, "check", workbook, "--hints", level, *["--json"] * as_json)
        out = json.dumps(json.loads(out), ensure_ascii=False) if as_json else out
        assert "4711" in out
        told[level] = ["typed as text" in out, rule in out, answer in out]
    assert told == {
        "where": [False, False, False],
        "kind": [True, False, False],
        "rule": [True, True, False],
        "answer": [True, True, True],
    }


def test_hints_are_rule_by_default(workbook, capsys):
    put(workbook, "conv1.dL_dw", (0, 0, 0, 0), number(4711.0))
    by_default = called(capsys, "check", workbook, "--json")
    assert by_default == called(capsys, "check", workbook, "--json", "--hints", "rule")
    assert by_default != called(capsys, "check", workbook, "--json", "--hints", "answer")
    (cell,) = document(by_default)["cells"]
    assert (cell["expected"], cell["from_your_cells"]) == (None, None)


def test_json_of_check_on_a_right_workbook_lists_no_cell(workbook, capsys):
    outcome = called(capsys, "check", workbook, "--json")
    report = document(outcome)
    assert outcome[0] == 0
    assert (report["verdict"], report["cells"], set(report["counts"])) == ("right", [], {"right"})


@pytest.mark.parametrize(
    "command", [["check", "mine.xlsx"], ["inspect", "mine.xlsx"]], ids=" ".join
)
def test_json_is_ascii_and_free_of_control_characters(command, workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), text("\u009b31m\u202eé"))
    _, out, _ = called(capsys, *command, "--json")
    assert out.isascii()
    assert out.replace("\n", "").isprintable()
