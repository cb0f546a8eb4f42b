"""A sheet of which no network is known is reported in every form: its tensors are its columns."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from lxml import html as lxml_html

import xlbackprop
from tests.support.sheet_review import MESSAGE, RULE, SHEET, SLIP, STEPS, TOP, steps_review
from xlbackprop import Hints
from xlbackprop.report.html import sections
from xlbackprop.report.outputs import OUTPUTS, Outcome
from xlbackprop.report.terminal.report import print_report


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """A sheet's own columns, judged by hand."""
    return steps_review(tmp_path_factory.mktemp("no-network"))


@pytest.fixture(scope="module")
def report(review):
    return xlbackprop.make_report(review).told(Hints.RULE)


def made(form, review, report, folder):
    outcome = Outcome(folder / "steps.xlsx", review, report, Hints.RULE)
    return OUTPUTS[form].make(outcome, folder / f"told{OUTPUTS[form].ending or '.xlsx'}")


def test_report_has_the_columns_under_their_labels(report):
    assert report.verdict == "wrong"
    assert [tensor.name for tensor in report.tensors] == ["a", "E", "dE/dw"]
    assert report.tensors[2].rule == RULE
    first = json.loads(report.to_json())["cells"][0]
    assert (first["sheet"], first["cell"], first["tensor"], first["index"]) == (
        SHEET, "E3", "dE/dw", [0],
    )  # fmt: skip
    assert first["formula"] == "=(C3-$E$1)*$C$1"
    assert len(report.to_frame()) == 2 * STEPS


def test_terminal_says_it(report):
    stream = io.StringIO()
    print_report(report, stream)
    line = f"{SLIP}: dE/dw, all {STEPS} cells, {SHEET}.E3:E70"
    assert line in stream.getvalue().splitlines()


def test_table_and_marked_copy(review, report, tmp_path):
    table = made("csv", review, report, tmp_path).decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(table)))) == 2 * STEPS
    path = Path(review.workbook)
    copy = OUTPUTS["annotate"].make(Outcome(path, review, report, Hints.RULE), tmp_path / "m.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(copy))
    assert MESSAGE in book[SHEET]["E3"].comment.text
    assert book[SHEET]["C3"].comment is None


def test_page_draws_the_sheet_as_it_stands(review):
    tree = lxml_html.fromstring(xlbackprop.html_report(review))
    (grid,) = tree.xpath("//table[@role='grid']")
    assert [head.text for head in grid.xpath("./thead//th")] == ["A", "B", "C", "D", "E"]
    _, heads, *rows = grid.xpath("./tbody/tr")
    assert [head.text for head in heads.xpath("./td")] == ["step", "w", "a", "E", "dE/dw"]
    assert [row.xpath("./th")[0].text for row in rows] == [str(TOP + 1 + n) for n in range(STEPS)]
    looks = [cell.get("class") for cell in rows[0].xpath("./td")]
    assert looks == ["none", "parameter", "right", "carried", "wrong"]
    assert MESSAGE in tree.text_content()
    assert RULE in tree.text_content()


def test_page_of_a_large_sheet_draws_first_what_is_not_right(review, monkeypatch):
    monkeypatch.setattr(sections, "MOST_CELLS", 40)
    tree = lxml_html.fromstring(xlbackprop.html_report(review))
    assert len(tree.xpath("//table[@role='grid']/tbody/tr")) == 2 + 8  # the heads, too
    assert "32 of 272 cells are drawn" in tree.text_content()


def test_each_drawn_cell_has_its_record(review):
    tree = lxml_html.fromstring(xlbackprop.html_report(review))
    data = json.loads(tree.xpath("//script[@id='data']")[0].text)
    gradient = next(one for one in data["tensors"] if one["name"] == "dE/dw")
    number = data["tensors"].index(gradient)
    drawn = tree.xpath(f"//td[@data-number='{number}']")
    assert len(gradient["entries"]) == len(gradient["cells"]) == len(drawn) == STEPS
    assert gradient["cells"][0][0] == f"{SHEET}!E3"
    assert len(tree.xpath(f"//td[@id='tensor-{number}']")) == 1
