"""Workbooks whose formulas are traps: each ends in time, with a verdict, and nothing printed."""

import re
import sys

import pytest

import xlbackprop
from tests.support.filling import fill, places_by_index
from tests.support.hostile_workbooks import BOOK, PAGE, built, write
from tests.support.watched_program import assert_bounded, assert_harmless, watch
from tests.support.watched_program import run as run_in_narrow_limits

LAST = ("conv1.dL_dh", (1, 2, 3))
SECONDS, MEGABYTES = 4, 1_000


def run(path, *options):
    """Run a check with so much time for the engine; it may take more, for what is ours."""
    limits = ("--timeout", str(SECONDS), "--memory", str(MEGABYTES))
    command = [sys.executable, "-m", "xlbackprop", "check", path, *limits, *options]
    outcome = watch(*command, seconds=2 * SECONDS)
    assert outcome.status in (0, 1), outcome.err
    assert outcome.err == ""
    assert outcome.megabytes < 1.2 * MEGABYTES
    assert_harmless(outcome.out)
    return outcome


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")


def nested(depth):
    formula = "1"
    for level in range(depth):
        formula = f"IF(C11>{level},{level},{formula})"
    return f"={formula}"


FOREVER = (
    "=_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.f,_xlpm.n,_xlpm.f(_xlpm.f,_xlpm.n+1)),"
    "_xlpm.f(_xlpm.f,1))"
)
STOPPED = "not recalculated: the engine .* the saved values are judged"

TRAPS = [
    pytest.param(FOREVER, STOPPED, id="recursion-without-end"),
    pytest.param("=SUM(A1:AB1048576*A1:AB1048576)", STOPPED, id="two-times-28-columns"),
    pytest.param("=SUMPRODUCT(AK:BL,AK:BL)", "", id="whole-columns"),
    pytest.param(nested(200), "", id="200-ifs"),
    pytest.param("=" + "(" * 4_000 + "1" + ")" * 4_000, "", id="4000-parentheses"),
    pytest.param("=" + "9" * 10_000, "was not recalculated", id="10000-digits"),
    pytest.param("=1E" + "9" * 8_000, "", id="power-of-8000-digits"),
    pytest.param("={here}+1", "was not recalculated", id="circular"),
    pytest.param("=[1]Sheet1!A1+1", "was not recalculated", id="external-link"),
    pytest.param('=WEBSERVICE("http://127.0.0.1:9/")', "was not recalculated", id="web"),
    pytest.param('=REPT(REPT("x",32767),32767)', "", id="huge-text"),
    pytest.param('="\x1b[2J\u202e"&CHAR(27)&CHAR(7)', "", id="commands-to-a-terminal"),
    pytest.param("=SUM(_xlfn.SEQUENCE(1048576,16384))", "", id="huge-sequence"),
    pytest.param("=1" + "+1" * 4_000, "", id="4000-terms"),
    pytest.param('=CALL("libc.so","system","JC","true")', "was not recalculated", id="call"),
]


@pytest.mark.hostile(quick=["circular", "external-link", "commands-to-a-terminal"])
@pytest.mark.parametrize(("formula", "note"), TRAPS)
def test_trap_in_a_formula_ends_with_a_verdict(formula, note, book):
    _, here = places_by_index(book)[LAST]
    formula = formula.format(here=here) if "{here}" in formula else formula
    fill(book, {LAST: (re.sub(r"[^\x20-\x7e]", "", formula), 0.5)})
    outcome = run(book)
    assert "WRONG" in outcome.out
    assert re.search(note, " ".join(outcome.out.split()))


@pytest.mark.hostile
def test_trap_that_only_a_draw_springs_ends_with_a_verdict(book):
    """The page's own number is right, and leads the engine past the trap."""
    given = places_by_index(book)["conv1.h", (0, 0, 0)][1]
    fill(
        book,
        {
            ("conv1.h", (0, 0, 0)): 1,
            LAST: f"=IF({given}=1,0,SUM(A1:AB1048576*A1:AB1048576))",
        },
    )
    outcome = run(book, "--prove", "3")
    assert re.search("nothing was tried: the engine", " ".join(outcome.out.split()))


def test_styles_that_make_the_engine_panic_are_none_of_its_business(tmp_path):
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    styles = b'<styleSheet xmlns="' + space + b'"/>'
    path = write(tmp_path / "mine.xlsx", {**built(), "xl/styles.xml": styles})
    outcome = run(path)
    assert outcome.status == 0
    assert "not recalculated" not in outcome.out


@pytest.mark.hostile
def test_million_names_end_with_a_verdict_or_a_line(tmp_path):
    parts = built()
    names = b"".join(
        b'<definedName name="n%d">conv1!$A$1</definedName>' % number for number in range(1_000_000)
    )
    book = parts[BOOK].replace(b"<definedNames>", b"<definedNames>" + names)
    path = write(tmp_path / "mine.xlsx", {**parts, BOOK: book})
    assert_bounded(run_in_narrow_limits(path))


@pytest.mark.hostile
def test_fifty_thousand_names_are_no_trap(tmp_path):
    parts = built()
    names = b"".join(
        b'<definedName name="n%d">conv1!$A$1</definedName>' % number for number in range(50_000)
    )
    book = parts[BOOK].replace(b"<definedNames>", b"<definedNames>" + names)
    path = write(tmp_path / "mine.xlsx", {**parts, BOOK: book})
    assert run(path).status == 0


@pytest.mark.hostile
def test_every_cell_a_circle_ends_with_a_verdict(tmp_path):
    """Each formula of the page refers to a cell after it, all around."""
    parts = built()
    page = re.sub(rb"<f>[^<]*</f>", b"<f>SUM($A$1:$AZ$99)</f>", parts[PAGE])
    path = write(tmp_path / "mine.xlsx", {**parts, PAGE: page})
    assert "cells were not recalculated" in run(path).out
