"""The report as text, piped and in a terminal."""

import json
import re

import pytest

import xlbackprop
from tests.support.command_line import (
    WIDTH_WHEN_PIPED,
    assert_harmless,
    called,
    document,
    number,
    place_of,
    put,
    run,
    slip_once,
    text,
)
from tests.support.program import DATA
from tests.support.terminal import run_in_terminal


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
        pytest.param("\u200b\u2060\ufeffx", id="no-width"),
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


def test_text_of_which_nothing_is_seen_is_inert_and_blank(workbook, capsys):
    put(workbook, "conv1.out", (0, 0, 0), text("\u200b\u2060\ufeff"))
    status, out, err = called(capsys, "check", workbook)
    assert (status, err) == (1, "")
    assert_harmless(out)
    report = document(called(capsys, "check", workbook, "--json"))
    (cell,) = [one for one in report["cells"] if one["status"] == "blank"]
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
    wrong = [".".join(place_of(workbook, "conv1.out", 0, 0, 0))]
    wrong += [".".join(place_of(workbook, "conv1.dL_dh", 0, 3, 3))]
    carried = ".".join(place_of(workbook, "conv2.h", 0, 0, 0))
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


COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-9]|9[0-7])(?:;\d+)*m")


def test_report_is_coloured_where_it_goes_to_a_terminal(workbook):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    assert COLOUR.search(run_in_terminal("check", workbook))


def test_no_color_takes_the_colours_from_a_terminal(workbook):
    put(workbook, "conv1.out", (0, 0, 0), number(4711.25))
    printed = run_in_terminal("check", workbook, NO_COLOR="1")
    assert "WRONG" in printed
    assert not COLOUR.search(printed)
