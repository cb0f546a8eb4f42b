"""The program as people and scripts meet it: statuses, what is printed, and where."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import openpyxl
import pytest

import xlbackprop
from tests.support.handmade import build as build_foreign
from tests.support.program import DATA, TWO_LAYERS, environment
from xlbackprop.__main__ import main

COMMANDS = ["templates", "build", "check", "explain", "equations", "inspect", "locate"]
STATUSES = {"right", "wrong", "carried", "blank", "invalid", "typed"}
KINDS = {"given", "parameter", "forward", "backward", "helper", "link", "update"}
WIDTH_WHEN_PIPED = 120


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workbook(folder):
    """Return a workbook in which all is right."""
    (folder / "two.toml").write_text(TWO_LAYERS)
    return xlbackprop.build("two.toml", folder / "mine.xlsx")


def run(*arguments, **changes):
    return subprocess.run(
        [sys.executable, "-m", "xlbackprop", *map(str, arguments)],
        env=environment(**changes),
        capture_output=True,
        encoding="utf-8",
        errors="strict" if not changes else "replace",
        check=False,
        timeout=60,
    )


def called(capsys, *arguments):
    """Call the program in this process and return its status, stdout and stderr."""
    capsys.readouterr()
    status = main(list(map(str, arguments)))
    output = capsys.readouterr()
    return status, output.out, output.err


def assert_refused(outcome, *words):
    status, out, err = outcome
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.rstrip("\n").isprintable()
    assert "Traceback" not in err
    assert all(word in err for word in words), err


def place_of(path, tensor, *index):
    """Return the sheet and address of one entry of a tensor of two trailing dimensions."""
    places = {one.name: one for one in xlbackprop.inspect(path).tensors}
    *lead, row, column = index
    block = next(one for one in places[tensor].blocks if one.index == tuple(lead))
    cells = openpyxl.utils.cell.range_boundaries(block.range)
    return block.sheet, f"{openpyxl.utils.get_column_letter(cells[0] + column)}{cells[1] + row}"


def put(path, tensor, index, xml):
    """Put other contents into one cell, and leave every other saved value as it is."""
    sheet, address = place_of(path, tensor, *index)
    order = openpyxl.load_workbook(path, read_only=True).sheetnames
    part = f"xl/worksheets/sheet{order.index(sheet) + 1}.xml"
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    pattern = rf'<c r="{address}"( s="\d+")?(?: t="\w+")?(?:/>|>.*?</c>)'.encode()
    cell = re.compile(pattern)
    assert len(cell.findall(parts[part])) == 1
    kind, content = xml
    new = f'<c r="{address}"\\1{kind}>{content}</c>'.encode()
    parts[part] = cell.sub(new, parts[part])
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return sheet, address


def number(value):
    return "", f"<v>{value}</v>"


def text(words):
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ' t="inlineStr"', f"<is><t>{escaped}</t></is>"


BLANK = "", ""


def slip_once(path):
    """Make one cell wrong, and the one that copies it carry on with that."""
    put(path, "conv1.out", (0, 0, 0), number(4711.25))
    put(path, "conv2.h", (0, 0, 0), number(4711.25))


# Exit statuses.


def test_status_is_0_where_all_is_right(workbook, capsys):
    for arguments in (
        ["templates"],
        ["check", workbook],
        ["inspect", workbook],
        ["build", "conv5x5x2"],
        ["--version"],
        ["-h"],
    ):
        status, out, err = called(capsys, *arguments)
        assert (status, err) == (0, ""), arguments
        assert out


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        pytest.param(number(4711.25), "wrong", id="wrong-number"),
        pytest.param(text("soon"), "wrong", id="text"),
        pytest.param(BLANK, "incomplete", id="blank"),
    ],
)
def test_status_of_check_is_1_where_something_is_not_right(
    content, verdict, options, workbook, capsys
):
    put(workbook, "conv2.dL_dw", (0, 0, 0, 0), content)
    status, out, err = called(capsys, "check", workbook, *options)
    assert (status, err) == (1, "")
    assert verdict in out.lower()


def test_status_of_inspect_is_0_whatever_the_cells_hold(workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), text("soon"))
    status, out, _ = called(capsys, "inspect", workbook)
    assert status == 0
    assert "conv1.out" in out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--nosuchoption"], id="unknown-option"),
        pytest.param(["nosuchcommand"], id="unknown-command"),
        pytest.param(["templates", "--nosuchoption"], id="templates-unknown-option"),
        pytest.param(["templates", "extra"], id="templates-extra-argument"),
        pytest.param(["build"], id="build-nothing"),
        pytest.param(["build", "nosuchspec"], id="build-no-such-spec"),
        pytest.param(["build", "conv5x5x2", "--seed", "x"], id="build-seed-of-letters"),
        pytest.param(["build", "conv5x5x2", "--seed", "-1"], id="build-negative-seed"),
        pytest.param(["build", "conv5x5x2", "--seed", "9" * 5_000], id="build-seed-of-5000-digits"),
        pytest.param(["build", "conv5x5x2", "--blank"], id="build-blank-without-names"),
        pytest.param(["build", "conv5x5x2", "--blank", "nosuch"], id="build-blank-unknown"),
        pytest.param(["build", "conv5x5x2", "-o"], id="build-output-without-name"),
        pytest.param(["build", "conv5x5x2", "-o", "."], id="build-output-is-a-folder"),
        pytest.param(["build", "x" * 5_000], id="build-spec-of-5000-letters"),
        pytest.param(["build", ""], id="build-empty"),
        pytest.param(["build", "."], id="build-folder"),
        pytest.param(["build", "/dev/null"], id="build-device"),
        pytest.param(["check"], id="check-nothing"),
        pytest.param(["check", "nosuchfile.xlsx"], id="check-no-such-file"),
        pytest.param(["check", "."], id="check-folder"),
        pytest.param(["check", ""], id="check-empty"),
        pytest.param(["check", "x" * 5_000], id="check-name-of-5000-letters"),
        pytest.param(["check", "mine.xlsx", "--nosuchoption"], id="check-unknown-option"),
        pytest.param(["check", "mine.xlsx", "extra.xlsx"], id="check-extra-argument"),
        pytest.param(["check", "mine.xlsx", "--spec", "nosuch"], id="check-no-such-spec"),
        pytest.param(["check", "mine.xlsx", "--spec", "conv5x5x2"], id="check-another-spec"),
        pytest.param(["check", "nosuchfile.xlsx", "--json"], id="check-no-such-file-json"),
        pytest.param(["inspect"], id="inspect-nothing"),
        pytest.param(["inspect", "nosuchfile.xlsx"], id="inspect-no-such-file"),
        pytest.param(["inspect", "nosuchfile.xlsx", "--json"], id="inspect-no-such-file-json"),
        pytest.param(["inspect", "two.toml"], id="inspect-a-spec"),
    ],
)
def test_status_is_2_with_one_line_on_stderr_for_what_cannot_be_used(arguments, workbook, capsys):
    before = sorted(workbook.parent.rglob("*"))
    assert_refused(called(capsys, *arguments))
    assert sorted(workbook.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["biuld", "conv5x5x2"], ["biuld"], id="command"),
        pytest.param(["build", "conv5x5x2", "--blnak", "all"], ["--blnak"], id="option"),
        pytest.param(["build", "conv5x5"], ["conv5x5", "conv5x5x2"], id="template"),
        pytest.param(["check", "your.xlsx"], ["your.xlsx", "no such file"], id="file"),
        pytest.param(["inspect", "two.toml"], ["two.toml"], id="not-a-workbook"),
    ],
)
def test_complaint_names_what_was_asked_for(arguments, words, workbook, capsys):
    assert workbook.exists()
    assert_refused(called(capsys, *arguments), *words)


def test_module_runs_as_a_program(workbook):
    process = run("check", workbook)
    assert process.returncode == 0
    assert process.stderr == ""
    assert "RIGHT" in process.stdout
    missing = run("check", "nosuchfile.xlsx")
    assert_refused((missing.returncode, missing.stdout, missing.stderr), "nosuchfile.xlsx")


@pytest.mark.parametrize("name", ["a\nb.xlsx", "a\x1b[31mb.xlsx", "\u202egpj.xlsx", "\udcff.xlsx"])
def test_file_s_odd_name_is_shown_on_one_harmless_line(name, workbook, capsys):
    assert_refused(called(capsys, "check", name))
    workbook.rename(name)
    for command in ("check", "inspect"):
        status, out, err = called(capsys, command, name)
        assert (status, err) == (0, "")
        assert_harmless(out)
    status, out, _ = called(capsys, "check", name, "--json")
    assert status == 0
    assert json.loads(out)["verdict"] == "right"


# JSON.


def document(outcome):
    """Return the one JSON document that stdout must hold."""
    _, out, err = outcome
    assert err == ""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(out, parse_constant=refuse)


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
    assert set(report) == {"workbook", "verdict", "counts", "tensors", "cells", "notes"}
    assert report["workbook"] == str(workbook)
    assert report["verdict"] == "wrong"
    assert set(report["counts"]) <= STATUSES
    for tensor in report["tensors"]:
        assert set(tensor) == {"name", "counts", "rule", "diagnosis"}
        assert isinstance(tensor["diagnosis"], list)
        assert all(set(one) == {"slip", "message"} for one in tensor["diagnosis"])
    fields = {"sheet", "cell", "tensor", "index", "status", "found", "expected"}
    fields |= {"from_your_cells", "formula", "note", "slip", "hint"}
    for cell in report["cells"]:
        assert set(cell) == fields
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


# Help.


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_explains_the_command_and_its_options(command, option, capsys):
    status, out, err = called(capsys, *command, option)
    assert (status, err) == (0, "")
    assert "Example" in out
    assert "\\b" not in out
    assert "\b" not in out
    for line in out.splitlines():
        words = line.split()
        if words and words[0].startswith("--"):
            assert len(words) > 1, f"an option without a word of explanation: {line}"


def examples_in(help_text):
    """Return the commands that stand in a help text, each on a line of its own."""
    lines = [line.strip() for line in help_text.splitlines()]
    assert any(line.startswith("Example") for line in lines), help_text
    return [line for line in lines if line.startswith("xlbackprop ")]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_example_in_the_help_runs(command, folder, capsys):
    if command in (["check"], ["explain"], ["inspect"]):
        xlbackprop.build("conv5x5x2", folder / "mine.xlsx", blank=["dL_dw", "dL_dh"])
        xlbackprop.build("conv5x5x2")
        own = xlbackprop.build("conv5x5x2", folder / "own.xlsx")
        place = {tensor.name: tensor.blocks[0] for tensor in xlbackprop.inspect(own).tensors}
        loss = xlbackprop.Placement((f"{place['loss.L'].sheet}!{place['loss.L'].range}",))
        described = xlbackprop.Map({"loss.L": loss}, "conv5x5x2").to_toml()
        (folder / "own.toml").write_text(described, encoding="utf-8")
    if command == ["locate"]:
        build_foreign("conv5x5x2", "side-by-side", folder).path.rename(folder / "mine.xlsx")
    examples = examples_in(called(capsys, *command, "-h")[1])
    assert examples
    for example in examples:
        words = shlex.split(example)[1:]
        assert not command or words[0] == command[0]
        status, out, err = called(capsys, *words)
        assert status in ((0, 1) if words[0] == "check" else (0,)), f"{example}: {err}"
        assert err == ""
        assert out


def test_help_lists_every_command(capsys):
    out = called(capsys, "-h")[1]
    listed = re.findall(r"^  (\w+)  +\S", out.partition("Commands:")[2], flags=re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_no_arguments_print_the_help(capsys):
    status, out, err = called(capsys)
    assert status in (0, 2)
    assert "Usage: xlbackprop" in out + err
    assert all(name in out + err for name in COMMANDS)
    assert "Traceback" not in err


def test_version_is_printed(capsys):
    status, out, _ = called(capsys, "--version")
    assert status == 0
    assert xlbackprop.__version__ in out


# The report as text.


def assert_harmless(printed):
    """Assert that nothing in a text is a command to a terminal, or turns its direction."""
    bad = {c for c in printed if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not bad, printed


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("=cmd|'/c calc'!A1", id="formula-that-runs-a-program"),
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("[bold]x[/bold]", id="markup"),
        pytest.param("[/]", id="closing-markup"),
        pytest.param("[link=http://x.test]x[/link]", id="markup-of-a-link"),
        pytest.param(":smiley:", id="emoji"),
        pytest.param("_x001B_[31m", id="escape-as-excel-writes-it"),
        pytest.param("\u009b31mx", id="control-sequence"),
        pytest.param("\u009d0;title\u009c", id="operating-system-command"),
        pytest.param("\u202eright to left", id="direction"),
        pytest.param("\u200b\u2060\ufeff", id="no-width"),
        pytest.param("a\tb\rc\nd", id="tabs-and-line-ends"),
        pytest.param("e\u0301" * 200, id="combining"),
        pytest.param("\U0001f600 漢字" * 50, id="wide"),
        pytest.param("x" * 30_000, id="long"),
    ],
)
def test_text_in_a_graded_cell_is_shown_inert(words, workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), text(words))
    status, out, err = called(capsys, "check", workbook)
    assert (status, err) == (1, "")
    assert_harmless(out)
    assert max(map(len, out.splitlines())) <= WIDTH_WHEN_PIPED
    report = document(called(capsys, "check", workbook, "--json"))
    (cell,) = [one for one in report["cells"] if one["status"] == "invalid"]
    assert cell["tensor"] == "conv1.out"


@pytest.mark.parametrize("words", ["[bold]x[/bold]", "<script>", ":smiley:", "=1+1"])
def test_text_in_a_graded_cell_is_shown_letter_by_letter(words, workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), text(words))
    assert words in called(capsys, "check", workbook)[1]


def test_formula_in_a_graded_cell_is_inert_and_whole_in_json(workbook, capsys):
    formula = "cmd|'/c calc'!A1"
    put(workbook, "conv1.out", (0, 0, 0), ("", f"<f>{formula}</f><v>4711</v>"))
    status, out, err = called(capsys, "check", workbook)
    assert (status, err) == (1, "")
    assert_harmless(out)
    report = document(called(capsys, "check", workbook, "--json"))
    (wrong,) = [cell for cell in report["cells"] if cell["status"] == "wrong"]
    assert wrong["formula"] == f"={formula}"


def test_report_begins_with_the_verdict_and_counts(workbook, capsys):
    slip_once(workbook)
    first = " ".join(called(capsys, "check", workbook)[1].split("\n\n")[0].split())
    assert "WRONG" in first
    assert "1 wrong" in first
    assert re.search(r"[1-9]\d* carried", first)
    assert re.search(r"\d+ right", first)


def test_report_lists_wrong_cells_before_carried_ones(workbook, capsys):
    slip_once(workbook)
    put(workbook, "conv1.dL_dh", (0, 3, 3), number(815.5))
    out = called(capsys, "check", workbook)[1]
    assert "carried" in out
    wrong = ["!".join(place_of(workbook, "conv1.out", 0, 0, 0))]
    wrong += ["!".join(place_of(workbook, "conv1.dL_dh", 0, 3, 3))]
    carried = "!".join(place_of(workbook, "conv2.h", 0, 0, 0))
    assert all(address in out for address in [*wrong, carried])
    for address in wrong:
        assert out.index(address) < out.index(carried)


def test_report_names_every_tensor_with_its_counts(workbook, capsys):
    slip_once(workbook)
    out = called(capsys, "check", workbook)[1]
    for tensor in xlbackprop.check(workbook).tensors:
        line = next(one for one in out.splitlines() if one.startswith(tensor.name))
        shown = sorted(int(word) for word in line.split()[1:] if word.isdigit())
        assert shown == sorted(tensor.counts.values())


def test_report_does_not_give_away_what_is_blank(folder, capsys):
    xlbackprop.build("conv5x5x2", folder / "mine.xlsx", blank=["dL_db"])
    given = json.loads((DATA / "conv5x5x2.json").read_text())
    out = called(capsys, "check", "mine.xlsx")[1]
    assert "blank" in out
    for answer in given["dL_db"]:
        assert not re.search(rf"(?<![\d.-]){answer:g}(?![\d.])", out)


def test_piped_report_keeps_to_its_width(workbook):
    for index in ((0, 0, 0), (0, 1, 1), (1, 2, 2)):
        put(workbook, "conv1.out", index, number(-123456789.123456789))
    put(workbook, "conv1.out", (0, 2, 2), text("a long text of no use whatsoever " * 9))
    for columns in ("20", "80", "500"):
        process = run("check", workbook, COLUMNS=columns)
        assert process.returncode == 1
        widths = [len(line) for line in process.stdout.splitlines()]
        assert max(widths) <= WIDTH_WHEN_PIPED
        # Neither cut off nor folded.
        assert re.search(r"-1\.2345\d*e\+08|-123,?456,?789", process.stdout)


@pytest.mark.parametrize("command", [["templates"], ["inspect", "mine.xlsx"]], ids=" ".join)
def test_piped_tables_keep_to_their_width(command, workbook):
    assert workbook.exists()
    process = run(*command)
    assert process.returncode == 0
    assert max(len(line) for line in process.stdout.splitlines()) <= WIDTH_WHEN_PIPED


def test_report_of_a_workbook_wrong_throughout_stays_short(folder, capsys):
    xlbackprop.build("conv7x7x3-stride2", folder / "mine.xlsx", blank=["all"])
    out = called(capsys, "check", "mine.xlsx")[1]
    assert len(out.splitlines()) < 100


@pytest.mark.parametrize("changes", [{}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}], ids=str)
@pytest.mark.parametrize("command", ["check", "inspect"])
def test_piped_output_has_no_escape_sequences(command, changes, workbook):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    process = run(command, workbook, **changes)
    assert process.stdout
    assert_harmless(process.stdout)


def run_in_terminal(*arguments, **changes):
    """Return what the program writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "xlbackprop", *map(str, arguments)],
        env=environment(TERM="xterm-256color", **changes),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 65536):
                printed += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    return printed.decode()


COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-9]|9[0-7])(?:;\d+)*m")


def test_report_is_coloured_where_it_goes_to_a_terminal(workbook):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    assert COLOUR.search(run_in_terminal("check", workbook))


def test_no_color_takes_the_colours_from_a_terminal(workbook):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    printed = run_in_terminal("check", workbook, NO_COLOR="1")
    assert "WRONG" in printed
    assert not COLOUR.search(printed)


# Where the output goes.


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("check mine.xlsx", id="check"),
        pytest.param("check mine.xlsx --json", id="check-json"),
        pytest.param("inspect mine.xlsx --json", id="inspect-json"),
        pytest.param("templates", id="templates"),
        pytest.param("-h", id="help"),
        pytest.param("", id="nothing"),
    ],
)
def test_closed_pipe_leaves_no_traceback(command, folder):
    xlbackprop.build("conv7x7x3-stride2", folder / "mine.xlsx", blank=["out"])
    reading, writing = os.pipe()
    os.close(reading)  # what `| head -1` comes to, without the race
    process = subprocess.run(
        [sys.executable, "-m", "xlbackprop", *command.split()],
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert process.stderr == b""


def test_output_that_is_read_in_part_leaves_no_traceback(folder):
    xlbackprop.build("conv7x7x3-stride2", folder / "mine.xlsx", blank=["all"])
    process = subprocess.run(
        f"{shlex.quote(sys.executable)} -m xlbackprop check mine.xlsx --json | head -1",
        shell=True,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert process.stdout == b"{\n"
    assert process.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_output_on_a_full_disk_is_reported_in_one_line(options, workbook):
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "xlbackprop", "check", workbook, *options],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1, process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("command", ["check", "inspect", "templates"])
def test_output_in_any_encoding_leaves_no_traceback(command, encoding, workbook):
    put(workbook, "conv1.out", (0, 0, 0), text("漢字\u009b"))
    arguments = [] if command == "templates" else [workbook]
    process = run(command, *arguments, PYTHONIOENCODING=encoding)
    assert process.returncode == (1 if command == "check" else 0), process.stderr
    assert process.stderr == ""
    assert process.stdout
