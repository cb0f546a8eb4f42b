"""The measuring that the tests of hostile files rest on: it sees what is past the limits."""

import sys

from tests.support.hostile_workbooks import HIDDEN, SPEC, spec_sheet, write
from tests.support.watched_program import MEGABYTES, assert_right, run, watch


def test_watch_sees_memory_past_the_limit():
    outcome = watch(sys.executable, "-c", "len(b'x' * 600_000_000)")
    assert outcome.megabytes > MEGABYTES
    assert outcome.status == 0


def test_watch_ends_what_takes_too_long():
    outcome = watch(sys.executable, "-c", "while True: pass", seconds=1)
    assert outcome.status < 0
    assert outcome.seconds > 0.5


def test_watch_ends_what_waits_for_ever():
    waiting = "import threading; threading.Event().wait()"
    assert watch(sys.executable, "-c", waiting, patience=1).status < 0


def test_watch_does_not_count_the_memory_of_the_tests():
    ballast = b"x" * 200_000_000
    assert watch(sys.executable, "-c", "pass").megabytes < 100
    assert len(ballast) == 200_000_000


def test_workbook_rewritten_without_a_change_is_right(parts, path):
    assert_right(run(write(path, parts)))


def test_workbook_with_its_hidden_sheet_rewritten_is_right(parts, path):
    assert_right(run(write(path, {**parts, HIDDEN: spec_sheet(SPEC)})))
