"""Progress: on a terminal where a command takes long, and nowhere else."""

import json
import re
import signal
import sys
import time

import pytest

import xlbackprop
from tests.classroom.classes import marked_here
from tests.support.command_line import called
from tests.support.filling import fill
from tests.support.terminal import opened_terminal, read_terminal
from xlbackprop.cli import progress
from xlbackprop.cli.pace import Pace
from xlbackprop.progress import Step, each, listening, tell
from xlbackprop.workbook.engine import libreoffice
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.read.guard import OLE

# The line appears at once, not when somebody has waited for it.
AT_ONCE = """
import sys
from xlbackprop.__main__ import main
from xlbackprop.cli import progress
from xlbackprop.cli.pace import Pace

class AtOnce:
    def __init__(self, seconds, call):
        self.start, self.cancel = call, lambda: None

progress.Timer = AtOnce
sys.exit(main(sys.argv[1:]))
"""
MOVES_THE_CURSOR = re.compile(r"\x1b\[(?!\d*(?:;\d+)*m)")


@pytest.fixture
def workbook(folder):
    path = xlbackprop.build("conv5x5x2", folder / "mine.xlsx")
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): 4711})
    return path


def run_at_once(*arguments, streams="in out err", program=AT_ONCE):
    """Return what a run that cannot wait writes to a terminal, to stdout and to stderr."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with opened_terminal(command, streams=streams) as (process, ours):
        shown = "".join(read_terminal(ours))
        out, err = process.communicate(timeout=60)
    return shown, out, err


@pytest.mark.many(quick=["check mine.xlsx --prove 3-", "explain mine.xlsx loss.L-"])
@pytest.mark.parametrize(
    ("arguments", "step"),
    [
        (["check", "mine.xlsx"], "looking for the mistake"),
        (["check", "mine.xlsx", "--prove", "3"], "trying the formulas on other numbers"),
        (["check", "mine.xlsx", "--csv", "mine.csv", "--html", "mine.html"], "writing the page"),
        (["explain", "mine.xlsx", "loss.L"], "looking for the mistake"),
        (["build", "lenet5", "--force"], "packing the file"),
        (["locate", "mine.xlsx", "--spec", "conv5x5x2"], "looking for the tensors"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("workbook")
def test_terminal_shows_what_is_being_done_and_then_the_result(arguments, step):
    shown, _, _ = run_at_once(*arguments)
    before, _, after = shown.rpartition("\x1b[?25h")  # where the cursor comes back
    assert step in before
    assert step not in after
    assert after.strip()
    assert not MOVES_THE_CURSOR.search(after.replace("\x1b[1A", "").replace("\x1b[2K", ""))
    assert "Traceback" not in shown


@pytest.mark.parametrize("streams", ["in", "in out", "in err"])
@pytest.mark.usefixtures("workbook")
def test_nothing_is_shown_where_anything_is_piped(streams):
    shown, out, err = run_at_once("check", "mine.xlsx", "--prove", "3", streams=streams)
    assert not MOVES_THE_CURSOR.search(shown)
    assert not err
    assert "WRONG" in (shown if "out" in streams else out.decode())


@pytest.mark.usefixtures("workbook")
def test_nothing_is_shown_beside_a_json_document():
    shown, _, _ = run_at_once("check", "mine.xlsx", "--prove", "3", "--json")
    assert json.loads(shown)["verdict"] == "wrong"


@pytest.mark.usefixtures("workbook")
def test_nothing_is_shown_where_nobody_has_to_wait():
    patient = "from xlbackprop.cli import progress; progress.PATIENCE_SECONDS = 600\n"
    program = patient + AT_ONCE.replace("progress.Timer = AtOnce", "")
    shown, _, _ = run_at_once("check", "mine.xlsx", program=program)
    assert "WRONG" in shown
    assert not MOVES_THE_CURSOR.search(shown)


def test_nobody_waits_two_seconds_in_silence():
    assert 0 < progress.PATIENCE_SECONDS < 2


@pytest.mark.usefixtures("workbook")
def test_complaint_stands_on_a_line_of_its_own():
    shown, _, _ = run_at_once("check", "mine.xlsx", "--spec", "lenet5")
    assert shown.rpartition("\x1b[2K")[2].startswith("xlbackprop: ")
    assert shown.rstrip().endswith(shown.rpartition("xlbackprop: ")[2].rstrip())


@pytest.mark.slow
def test_long_command_is_seen_at_work_and_can_be_stopped(folder):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # behind a & it is ignored
    xlbackprop.build("lenet5", folder / "large.xlsx")
    command = [sys.executable, "-m", "xlbackprop", "check", "large.xlsx", "--prove", "1000"]
    start, shown = time.monotonic(), ""
    with opened_terminal(command) as (process, ours):
        for chunk in read_terminal(ours):
            shown += chunk
            if re.search("reading|recalculating|judging|trying the formulas", shown):
                break
        waited = time.monotonic() - start
        process.send_signal(signal.SIGINT)
        shown += "".join(read_terminal(ours))
        assert process.wait(timeout=60) == 2
    assert waited < 20  # two seconds, on a machine that is not busy
    assert shown.rstrip().endswith("xlbackprop: interrupted")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


LOST = """
import signal, sys, xlbackprop
from xlbackprop.__main__ import main

def review(*_):
    from xlbackprop.progress import tell
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass  # as a library does that looks something up
    tell("judging")
    raise AssertionError("nobody has noticed")

xlbackprop.review_workbook = review
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("streams", ["in out err", "in"], ids=["shown", "piped"])
def test_interrupt_that_a_library_drops_is_not_lost(workbook, streams):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shown, _, err = run_at_once("check", workbook, streams=streams, program=LOST)
    said = shown + (err or b"").decode()
    assert "xlbackprop: interrupted" in said
    assert "nobody" not in said


# What is told, and to whom.


def test_steps_are_told_to_who_listens_and_to_nobody_else():
    steps = []
    tell("alone")
    with listening(steps.append):
        tell("one")
        assert list(each("two", "ab")) == ["a", "b"]
        with listening(lambda _: None):
            tell("to another")
    tell("alone again")
    assert steps == [Step("one"), Step("two", 0, 2), Step("two", 1, 2)]


def test_nobody_listens_after_an_error():
    steps = []
    with pytest.raises(ZeroDivisionError), listening(steps.append):
        _ = 1 / 0
    tell("alone")
    assert steps == []


def test_library_tells_how_far_a_check_is(folder):
    path = xlbackprop.build("mlp-2-2-2", folder / "mine.xlsx")
    steps = []
    with listening(steps.append):
        xlbackprop.check(path, prove=3)
    told = [step.what for step in steps]
    assert list(dict.fromkeys(told)) == [
        "reading the workbook",
        "recalculating",
        "judging",
        "trying the formulas on other numbers",
    ]
    assert [step[1:] for step in steps[-3:]] == [(1, 3), (2, 3), (3, 3)]


def test_waiting_for_libreoffice_is_told(folder, monkeypatch):
    def stop(*_):
        raise EngineStopped("it is not to be waited for here")

    monkeypatch.setattr(libreoffice, "find_libreoffice", lambda: "soffice")
    monkeypatch.setattr(libreoffice, "convert", stop)
    path = xlbackprop.build("mlp-2-2-2", folder / "mine.xlsx")
    old = folder / "mine.xls"
    old.write_bytes(OLE)
    steps = []
    with listening(steps.append):
        xlbackprop.check(path, engine="libreoffice")
        with pytest.raises(xlbackprop.WorkbookError, match="not to be waited for"):
            xlbackprop.check(old)
    told = [step.what for step in steps]
    assert "LibreOffice recalculates the workbook" in told
    assert "LibreOffice converts the file" in told


class Clock:
    """A clock that stands where it is put."""

    now = 0.0

    def __call__(self):
        return self.now


def test_pace_says_rate_and_time_left_of_the_step_that_is_under_way():
    clock = Clock()
    pace = Pace(clock)
    pace.take(Step("reading", 0, 10))
    clock.now = 0.5
    pace.take(Step("reading", 9, 10))
    assert (pace.text, pace.line) == ("", "reading: 9 of 10")
    clock.now = 100.0
    pace.take(Step("marking", 0, 5_000))
    for now, done, text in (
        (110.0, 500, "50 a second, 1 min 30 s left"),
        (120.0, 4_000, "200 a second, 5 s left"),
        (4_100.0, 4_200, "63 a minute, 12 min 42 s left"),
        (90_100.0, 4_500, "3 a minute, 2 h 46 min left"),
    ):
        clock.now = now
        pace.take(Step("marking", done, 5_000))
        assert (pace.text, pace.line) == (text, f"marking: {done:,} of 5,000, {text}")
    pace.take(Step("writing"))
    assert (pace.text, pace.line) == ("", "writing")


def test_class_is_marked_with_a_line_a_minute_where_nobody_looks_on(folder, capsys, monkeypatch):
    (folder / "roster.csv").write_text("id\na\nb\n")
    assign = ("assign", "mlp-2-2-2", "--roster", "roster.csv", "--blank", "dL_dw", "-o", "hw1")
    assert progress.LINE_SECONDS == 60
    assert called(capsys, *assign)[2] == ""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0)
    with marked_here():
        err = called(capsys, "grade", "hw1", "hw1/handout")[2]
    assert "marking: 0 of 2\n" in err
    assert "\nmarking: 2 of 2" in err
    assert called(capsys, "grade", "hw1", "hw1/handout", "--json")[2] == ""


PACED = (
    AT_ONCE.partition("sys.exit")[0]
    + """
import time
from xlbackprop.cli import pace
from xlbackprop.progress import tell

pace._LEAST_SECONDS = 0.1
with progress.shown_progress(lines=True):
    tell("marking", 0, 9)
    time.sleep(0.2)
    tell("marking", 6, 9)
    time.sleep(0.5)
"""
)


def test_terminal_shows_rate_and_time_left_beside_the_bar():
    shown, _, _ = run_at_once(program=PACED)
    assert re.search(r"marking.*━.* \d+ a (second|minute), \d+ s left", shown)
