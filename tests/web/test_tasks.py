"""What the page asks for, and what it is answered, whichever back it has."""

import openpyxl
import pytest

import xlbackprop
from tests.support.dropped_workbooks import SCRIPT, by_command_line, made
from xlbackprop.report.html import html_report
from xlbackprop.web.tasks import Request, carry_out

SPEC = 'name = "mine"\ninput = [1, 3, 3]\n[[layers]]\ntype = "conv2d"\nfilters = 1\nkernel = 2\n'


def checked(path, **parameters):
    return carry_out("check", Request({"file": path.name, **parameters}, content=path.read_bytes()))


@pytest.mark.parametrize("name", ["wrong.xlsx", "own.xlsx", "corrupt.xlsx"])  # others: test_page
def test_workbook_is_judged_as_at_the_command_line(name, tmp_path):
    path = made(name, tmp_path)
    told, answer = by_command_line(path), checked(path)
    if isinstance(told, str):
        assert answer.header["error"] == told.replace(str(path), path.name)
        return
    assert answer.header["verdict"] == told.verdict
    assert answer.header["counts"] == told.counts
    assert answer.page.decode() == html_report(
        xlbackprop.review_workbook(path)
    ).replace(str(path), path.name)  # fmt: skip


def test_marked_copy_is_that_of_the_command_line(page):
    answer = checked(page)
    report = xlbackprop.check(page).told(xlbackprop.Hints.RULE)
    copy = xlbackprop.annotate(report, page, page.with_name("copy.xlsx"))
    assert answer.header["marked"] == "page-marked.xlsx"
    assert answer.file == copy.read_bytes()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\mine.xlsx", "mine.xlsx"),
        (f"{SCRIPT}.xlsx", "script>.xlsx"),
        ("a\r\nSet-Cookie: x\0.xlsx", "a Set-Cookie: x\ufffd.xlsx"),
        ("\u202excod.xlsx", "\ufffdxcod.xlsx"),
        ("", "workbook.xlsx"),
    ],
)
def test_file_name_is_a_name_and_no_path(name, shown):
    answer = carry_out("check", Request({"file": name}, content=b"no workbook"))
    assert answer.header["error"].startswith(f"{shown}: ")


def test_no_answer_names_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for content in (b"", b"PK\3\4", b"PK\3\4" + b"\0" * 400, b"\xd0\xcf\x11\xe0" * 200):
        answer = carry_out("check", Request({"file": "a.xlsx"}, content=content))
        assert str(tmp_path) not in answer.header["error"]
    assert list(tmp_path.iterdir()) == []


def test_reason_for_no_marked_copy_names_no_path(tmp_path):
    content = made("macros.xlsm", tmp_path).read_bytes()
    told = carry_out("check", Request({"file": "renamed.xlsx"}, content=content)).header
    assert told["counts"]["wrong"] == 3
    assert told["marked"] == ""
    assert told["why_not_marked"] == "marked.xlsx must end in .xlsm, as the workbook's kind does"


def test_spec_of_a_stranger_opens_no_file(tmp_path):
    (tmp_path / "w.csv").write_text("1\n")
    reading = SPEC + f'[values.arrays]\n"conv1.b" = "{tmp_path}/w.csv"\n'
    answer = carry_out("build", Request({}, reading))
    assert answer.is_refusal
    assert "conv1.b" in answer.header["error"]
    for name in (f"{tmp_path}/w.csv", "../templates/xor", "/etc/passwd"):
        answer = carry_out("equations", Request({"template": name}))
        assert "there is no template" in answer.header["error"]


def test_exercise_is_built_as_at_the_command_line(tmp_path):
    answer = carry_out("build", Request({"template": "mlp-2-2-2", "blank": "dL_dw, dense1.out"}))
    path = tmp_path / answer.header["file"]
    path.write_bytes(answer.file)
    assert path.name == "mlp-2-2-2.xlsx"
    assert xlbackprop.check(path).counts["blank"] > 0
    walked = carry_out("build", Request({"template": "mlp-2-2-2", "walk": "1"}))
    xlbackprop.build("mlp-2-2-2", tmp_path / "walk.xlsx", walk=True)
    assert walked.file == (tmp_path / "walk.xlsx").read_bytes()
    climbed = carry_out("build", Request({"template": "mlp-2-2-2", "ladder": "1", "blank": "all"}))
    path.write_bytes(climbed.file)
    assert "the ladder" in openpyxl.load_workbook(path).sheetnames
    own = carry_out("build", Request({"seed": "3", "blank": ""}, SPEC))
    path.write_bytes(own.file)
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.parametrize(
    ("task", "parameters", "words"),
    [
        ("build", {}, "no network is named"),
        ("build", {"template": "xor", "blank": "nothing"}, "there is no tensor 'nothing'"),
        ("build", {"template": "xor", "seed": "-1"}, "the seed is '-1'"),
        ("build", {"template": "mlp-2-2-2", "walk": "1", "blank": "dL_dw"}, "walk: it would hide"),
        ("check", {"template": "conv5x5"}, "did you mean conv5x5x2"),
        ("check", {"hints": "all"}, "there is no level of hints 'all'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(task, parameters, words):
    answer = carry_out(task, Request(parameters, content=b"x"))
    assert words in answer.header["error"]
    assert answer.header["error"].isprintable()


def test_cell_is_explained(page):
    request = Request({"cell": "conv1.dL_dw[1, 0, 0, 1]"}, content=page.read_bytes())
    told = carry_out("explain", request).header
    own = xlbackprop.explain(page, "conv1.dL_dw[1,0,0,1]")
    assert told["answer"] == own.answer
    assert [term["value"] for term in told["terms"]] == [term.value for term in own.terms]


def test_network_is_described_with_what_may_be_left_empty():
    told = carry_out("describe", Request({"template": "conv5x5x2"})).header
    names = [tensor["name"] for tensor in told["tensors"]]
    assert {"conv1.out", "conv1.dL_dw", "conv1.dL_dh", "loss.L"} <= set(names)
    assert "conv1.w" not in names


def test_what_nobody_foresaw_costs_one_answer(monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr("xlbackprop.web.tasks._review", fails)
    answer = carry_out("check", Request({}, content=b"x"))
    assert answer.header == {"error": "the program cannot cope with it (ZeroDivisionError)"}
