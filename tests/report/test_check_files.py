"""`check` with files to write: the page and the table, whole or not at all."""

from __future__ import annotations

import csv
import json

import pytest

import xlbackprop
from tests.support.reviewed_workbooks import conv_review
from xlbackprop.__main__ import main


@pytest.fixture
def workbook(tmp_path):
    conv_review(tmp_path)
    return tmp_path / "mine.xlsx"


def test_check_writes_page_and_table_beside_its_report(workbook, tmp_path, capsys):
    page, table = tmp_path / "new" / "mine.html", tmp_path / "mine.csv"
    assert main(["check", str(workbook), "--html", str(page), "--csv", str(table), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "wrong"
    assert page.read_text().startswith("<!doctype html>")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    cells = [(row["sheet"], row["cell"], row["status"], row["found"]) for row in rows]
    assert cells == [
        ("conv1", "P32", "wrong", "149.58"),
        ("conv1", "E34", "invalid", "'-1,18"),
        ("conv1", "S37", "blank", ""),
    ]
    assert rows[0]["expected"] == ""
    assert rows[0]["index"] == "[1,0,0,1]"


def test_files_tell_as_much_as_the_hints_allow(workbook, tmp_path):
    page, table = tmp_path / "mine.html", tmp_path / "mine.csv"
    options = ["--html", str(page), "--csv", str(table), "--hints", "answer"]
    assert main(["check", str(workbook), *options]) == 1
    assert "-149.58" in page.read_text()
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert float(rows[0]["expected"]) == pytest.approx(-149.58)  # a number, though it has a minus


@pytest.mark.parametrize("option", ["--html", "--csv"])
def test_existing_file_is_replaced_only_with_force(workbook, tmp_path, capsys, option):
    path = tmp_path / "there"
    path.write_text("before")
    assert main(["check", str(workbook), option, str(path)]) == 2
    assert capsys.readouterr().err == f"xlbackprop: {path} exists already; --force replaces it\n"
    assert path.read_text() == "before"
    assert main(["check", str(workbook), option, str(path), "--force"]) == 1
    assert path.read_text() != "before"


def test_workbook_is_not_replaced_by_its_page(workbook, capsys):
    before = workbook.read_bytes()
    assert main(["check", str(workbook), "--html", str(workbook), "--force"]) == 2
    assert "is the workbook itself" in capsys.readouterr().err
    assert workbook.read_bytes() == before


def test_one_file_is_not_page_and_table_at_once(workbook, tmp_path, capsys):
    path = tmp_path / "both"
    assert main(["check", str(workbook), "--html", str(path), "--csv", str(path)]) == 2
    assert "is named twice" in capsys.readouterr().err
    assert not path.exists()


def test_nothing_is_written_where_the_workbook_cannot_be_used(tmp_path):
    broken = tmp_path / "broken.xlsx"
    broken.write_text("no workbook")
    page = tmp_path / "page.html"
    assert main(["check", str(broken), "--html", str(page)]) == 2
    assert not page.exists()


def test_table_of_a_right_workbook_has_its_heads(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "right.xlsx")
    table = xlbackprop.csv_report(xlbackprop.check(path))
    assert table.splitlines() == [
        "sheet,cell,tensor,index,status,found,expected,from_your_cells,formula,note,slip,hint,cause"
    ]
