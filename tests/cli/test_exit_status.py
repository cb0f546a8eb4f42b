"""Exit statuses, and the one line on stderr for what cannot be used."""

import json

import pytest

from tests.support.command_line import (
    BLANK,
    assert_harmless,
    assert_refused,
    called,
    number,
    put,
    run,
    text,
)


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
