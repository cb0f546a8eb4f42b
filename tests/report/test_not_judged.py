"""What was not judged is named, with the reason, in every form of the report."""

import contextlib
import csv
import io
import json
import re

import openpyxl
import pytest

import xlbackprop
from tests.support.handmade import build
from xlbackprop.__main__ import main
from xlbackprop.find.mapping import parse_map
from xlbackprop.judge.review import NotJudged
from xlbackprop.report.notes import on_not_judged

KEPT = ("conv1.h", "conv1.dL_dout", "conv1.dL_dw")
LEFT_OUT = [
    "conv1.out", "loss.L", "conv1.dL_dout_spread", "conv1.dL_db", "conv1.w_rotated", "conv1.dL_dh",
]  # fmt: skip


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """Return what every form of report says of a map of three tensors only."""
    folder = tmp_path_factory.mktemp("not-judged")
    foreign = build("conv5x5x2", "filters-stacked", folder)
    mapped = parse_map(foreign.map)
    few = xlbackprop.Map({name: mapped.tensors[name] for name in KEPT}, "conv5x5x2", "Sheet1")
    (folder / "few.toml").write_text(few.to_toml())
    paths = {form: folder / f"told.{form}" for form in ("html", "csv", "xlsx")}
    command = ["check", foreign.path, "--map", folder / "few.toml"]
    files = ["--html", paths["html"], "--csv", paths["csv"], "--annotate", paths["xlsx"]]
    said = {}
    for form, options in {"terminal": files, "json": ["--json"]}.items():
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main([*map(str, command), *map(str, options)]) == 0
        said[form] = out.getvalue()
    return said | paths


def test_json_has_a_list_of_tensors_and_reasons(forms):
    report = json.loads(forms["json"])
    assert report["verdict"] == "right"
    assert report["not_judged"] == [
        {"tensor": name, "reason": "not in the map"} for name in LEFT_OUT
    ]


def in_one_line(text):
    return " ".join(re.sub("<[^>]+>", " ", text).split())


SENTENCE = f"not judged: {', '.join(LEFT_OUT)}: not in the map"


def test_terminal_and_page_and_marked_copy_name_each(forms):
    assert SENTENCE in in_one_line(forms["terminal"])
    assert SENTENCE in in_one_line(forms["html"].read_text())
    first = openpyxl.load_workbook(forms["xlsx"]).worksheets[0]
    assert SENTENCE in {cell.value for row in first.iter_rows() for cell in row}


def test_table_has_a_line_for_each(forms):
    with forms["csv"].open(encoding="utf-8-sig") as file:
        lines = [row for row in csv.DictReader(file) if row["status"] == "not judged"]
    assert [(row["tensor"], row["note"], row["cell"]) for row in lines] == [
        (name, "not in the map", "") for name in LEFT_OUT
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["loss.L", "dense1.dL_dw"], "loss.L, dense1.dL_dw"),
        (["step2.loss.L", "step3.loss.L"], "step2.loss.L, step3.loss.L"),
        (
            [f"step{step}.{name}" for step in range(2, 69) for name in ("dense1.dL_dw", "a.b")],
            "dense1.dL_dw, a.b in steps 2 to 68",
        ),
        (
            ["loss.L", "step2.loss.L", "step3.loss.L", "step7.loss.L", "step7.a.b"],
            "loss.L in steps 1 to 3 and 7, step7.a.b",
        ),
    ],
)
def test_what_is_not_judged_in_step_after_step_is_named_once(names, said):
    (line,) = on_not_judged(NotJudged(name, "nowhere on the page") for name in names)
    assert line == f"not judged: {said}: nowhere on the page"


def test_workbook_of_the_program_leaves_nothing_out(tmp_path):
    assert xlbackprop.check(xlbackprop.build("conv5x5x2", tmp_path / "own.xlsx")).not_judged == ()
