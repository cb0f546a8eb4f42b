"""Tables on terminals of any width: names and numbers stay whole, sentences are folded."""

from io import StringIO

import pytest
from rich.console import Console

import xlbackprop
from tests.support.filling import fill
from xlbackprop.report.terminal.console import print_table
from xlbackprop.report.terminal.report import print_report

HEADS = ["cell", "is", "found", "why"]
SENTENCE = "a sentence that is longer than any line could be, and is continued, again and again"
ROW = ["conv1.P32", "conv1.dL_dw[1,0,0,1]", "149.58", SENTENCE]


def printed(width, heads=HEADS, rows=(ROW,), right=(2,)):
    stream = StringIO()
    console = Console(file=stream, width=width, markup=False, highlight=False)
    print_table(console, heads, rows, right)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [66, 80, 100, 120])
def test_sentences_are_folded_and_names_are_not(width):
    lines = printed(width)
    assert max(map(len, lines)) <= width
    assert lines[1].startswith("conv1.P32  conv1.dL_dw[1,0,0,1]  149.58  a sentence")
    words = " ".join(line[41:] for line in lines[1:]).split()
    assert words == SENTENCE.split()


@pytest.mark.parametrize("width", [20, 40, 60])
def test_nothing_is_lost_on_a_narrow_terminal(width):
    lines = printed(width)
    assert max(map(len, lines)) <= width
    assert set("".join(ROW).replace(" ", "")) <= set("".join(lines))


def test_columns_without_anything_are_left_out():
    assert printed(80, rows=[["A1", "", "", ""]])[0].split() == ["cell"]
    assert printed(80, rows=[["A1", "", "1", ""]])[0].split() == ["cell", "found"]


@pytest.fixture
def lines(tmp_path):
    """Return the lines of a report with all answers."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    fill(
        path,
        {
            ("conv1.out", (0, 1, 1)): 99,
            ("conv1.dL_dw", (2, 1, 0, 0)): None,
            ("conv1.dL_db", (1,)): 1.54,
        },
    )
    stream = StringIO()
    print_report(xlbackprop.check(path, prove=2), stream)
    return stream.getvalue().splitlines()


def test_blank_is_not_given_away_even_where_answers_are_told(lines):
    (blank,) = [line for line in lines if "conv1.dL_dw[2,1,0,0]" in line]
    assert blank.split() == ["conv1.S37", "conv1.dL_dw[2,1,0,0]"]


def test_what_follows_from_the_users_cells_is_told_where_it_is_not_the_answer(lines):
    (carried,) = [line for line in lines if line.startswith("conv1.AD9")]
    assert carried.split()[1:5] == ["loss.L", "41.13", "-3.67", "41.13"]
    (wrong,) = [line for line in lines if line.startswith("conv1.Y12")]
    assert wrong.split()[1:] == ["conv1.out[0,1,1]", "99", "-125"]


def test_counterexample_is_told_to_its_end(lines):
    start = next(n for n, line in enumerate(lines) if line.startswith("conv1.K44"))
    words = " ".join(line[40:] for line in lines[start : start + 4])
    assert "…" not in words
    assert words.split()[words.split().index("should") :][:2] == ["should", "give"]
