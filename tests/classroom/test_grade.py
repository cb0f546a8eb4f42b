"""A class marked: points as planted, one bad file costs nobody else, nothing is done twice."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from base64 import b64encode

import numpy as np
import openpyxl
import psutil
import pytest

import xlbackprop
from tests.classroom.classes import Class, H, W, holding, marked_here, texts_of
from tests.support.command_line import assert_refused, called
from tests.support.filling import fill
from tests.support.program import environment
from xlbackprop.classroom.marking.grades import GradeOptions
from xlbackprop.classroom.marking.pool import Task, mark_all
from xlbackprop.classroom.marking.whole_class import setup_of

TWELVE = {
    "s0": ("graded", 100.0), "s1": ("graded", 100.0), "s2": ("graded", 40.0),
    "s3": ("graded", 100.0), "s4": ("graded", 0.0), "s5": ("missing", 0.0),
    "s6": ("unreadable", 0.0), "s7": ("other student's", 0.0), "s8": ("graded", 100.0),
    "s9": ("graded", 100.0), "s10": ("graded", 0.0), "s11": ("graded", 0.0),
}  # fmt: skip


def hand_in(own: Class) -> None:
    """Hand in what TWELVE says, in the ways in which students do."""
    own.hand_in_numbers(0)
    own.hand_in_formulas(1)
    own.hand_in_numbers(2, dL_dh=own.slip(2, H, "filter not rotated"))
    own.hand_in_formulas(3, "my homework (final).xlsx")
    own.path(4).write_bytes(own.handout(4))
    own.path(6).write_bytes(own.handout(6)[:5000])
    shutil.copy(own.path(0), own.path(7))
    first = own.hand_in_numbers(8, "old.xlsx", dL_dh=own.arrays(8)[H] + 1)
    os.utime(first, (10**9, 10**9))
    own.hand_in_formulas(8)
    own.path(9, "Student 9_4711_assignsubmission_file_").mkdir()
    own.hand_in_formulas(9, "Student 9_4711_assignsubmission_file_/work.xlsx")
    changed_givens(own, 10)
    fill(own.hand_in_numbers(11), {("conv1.out", (0, 0, 0)): 4711})
    own.path(0, "notes.txt").write_text("nobody's")


def changed_givens(own: Class, number: int) -> None:
    """Hand in a page that is right, for easier numbers than were handed out."""
    path = own.hand_in_formulas(number)
    fill(path, {("conv1.h", index): 1 for index in np.ndindex(2, 5, 5)})


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """A class of twelve, marked."""
    own = Class(tmp_path_factory.mktemp("twelve"), 12)
    hand_in(own)
    # Some cells of a tensor with a mistake are right by chance.
    wrong = own.slip(2, H, "filter not rotated")
    TWELVE["s2"] = ("graded", 40 + own.worth(2, H, wrong, 60))
    assert TWELVE["s2"][1] < 70
    with marked_here():
        return own, xlbackprop.grade(own.folder, own.submissions)


def rows(folder):
    with (folder / "results/grades.csv").open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_points_and_statuses_are_as_planted(twelve):
    own, grades = twelve
    assert {one.id: (one.status, one.points) for one in grades.results} == TWELVE
    table = rows(own.folder)
    assert {n: (row["status"], float(row["points"])) for n, row in table.items()} == TWELVE
    assert list(next(iter(table.values()))) == [
        "id", "points", "max_points", "status", "note", f"points.{W}", f"points.{H}",
    ]  # fmt: skip
    assert float(table["s2"][f"points.{W}"]) == 40
    assert [one.file for one in grades.unassigned] == ["notes.txt"]
    assert "the workbook was handed out to s0" in table["s7"]["note"]
    assert "2 files; s8.xlsx counts, not old.xlsx" in table["s8"]["note"]
    assert "numbers that are not those handed out" in table["s10"]["note"]
    assert "conv1.out, which was filled in, was changed: 1" in table["s11"]["note"]
    assert grades.to_frame().shape == (12, 7)


def test_feedback_says_points_and_mistakes_and_nothing_of_others(twelve):
    own, _ = twelve
    pages = {path.stem: path.read_text() for path in (own.folder / "results/feedback").iterdir()}
    marked = {path.stem for path in (own.folder / "results/marked").iterdir()}
    expected = {one for one, (status, _) in TWELVE.items() if status == "graded"}
    assert set(pages) == marked == expected
    assert f"Points: {TWELVE['s2'][1]:g} of 100" in pages["s2"]
    assert "filter not rotated" in pages["s2"]
    assert "<td>conv1.dL_dh</td>" in pages["s0"]
    assert "<td>50 right</td>" in pages["s0"]
    secret = (own.folder / "secret.key").read_bytes()
    words = [str(own.folder), "/tmp", "Traceback", secret, secret.hex(), b64encode(secret)]
    assert holding(own.folder, [secret]) == {("secret.key", secret)}
    for place in ("feedback", "marked"):
        found = holding(own.folder / "results" / place, words)
        assert not found
    for number in range(12):
        for place, ending in (("feedback", "html"), ("marked", "xlsx")):
            others = [f"Student {n}<" for n in range(12) if n != number]
            others += [own.assignment.seal(f"s{n}") for n in range(12) if n != number]
            path = own.folder / f"results/{place}/s{number}.{ending}"
            if f"s{number}" not in expected:
                continue
            assert not any(word.encode() in text for text in texts_of(path) for word in others)
    sheets = openpyxl.load_workbook(own.folder / "results/marked/s2.xlsx").sheetnames
    assert len(sheets) > 2


def contents(folder):
    return {path.relative_to(folder): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def test_again_marks_nothing_and_new_rules_are_a_difference(twelve):
    own, _ = twelve
    before = contents(own.folder)
    again = xlbackprop.grade(own.folder, own.submissions)
    assert (again.marked, again.changes) == (0, ())
    assert contents(own.folder) == before
    text = (own.folder / "assignment.toml").read_text()
    try:
        points = text.replace('"conv1.dL_dh" = 60.0', '"conv1.dL_dh" = 20.0')
        (own.folder / "assignment.toml").write_text(points)
        changed = xlbackprop.grade(own.folder, own.submissions)
        assert changed.marked == 0
        assert {(c.id, c.before, c.after, c.why) for c in changed.changes if c.id == "s0"} == {
            ("s0", 100.0, 60.0, "points: conv1.dL_dh was 60.0, is 20.0")
        }
        assert {one.id for one in changed.changes} - {"s2"} == {"s0", "s1", "s3", "s8", "s9"}
    finally:
        (own.folder / "assignment.toml").write_text(text)
        xlbackprop.grade(own.folder, own.submissions)
    assert contents(own.folder) == before


def test_only_what_changed_is_marked_again_and_a_zip_is_the_same(twelve, tmp_path):
    own, _ = twelve
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", own.submissions)
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr("__MACOSX/._s0.xlsx", b"x")
        zipped.writestr("s5.xlsx", own.handout(5))
    other = shutil.copytree(own.folder, tmp_path / "hw1")
    with marked_here():
        again = xlbackprop.grade(other, archive)
    assert again.marked == 1
    points = {one.id: (one.status, one.points) for one in again.results}
    assert points == TWELVE | {"s5": ("graded", 0.0)}
    assert [(one.id, one.why) for one in again.changes] == [("s5", "missing, now graded")]


def test_results_come_one_by_one_and_what_was_marked_is_kept(twelve, tmp_path):
    own, grades = twelve
    other = shutil.copytree(own.folder, tmp_path / "hw1")
    grading = xlbackprop.grade_each(other, own.submissions)
    first = next(iter(grading))
    assert grading.grades is None
    assert first == next(one for one in grades.results if one.id == first.id)
    again = xlbackprop.grade_each(other, own.submissions)
    seen = [(one.id, one.points) for one in again]
    assert len(seen) == 12  # two of s8, none of s5
    assert again.grades.results == grades.results
    assert again.grades.marked == 0
    assert again.grades.to_frame().equals(grades.to_frame())
    with pytest.raises(xlbackprop.AssignmentError):
        xlbackprop.grade_each(tmp_path, own.submissions)


@pytest.mark.slow
def test_feedback_tells_no_more_than_the_hints_allow(twelve, tmp_path):
    own, _ = twelve
    other = shutil.copytree(own.folder, tmp_path / "hw1")
    with marked_here():
        xlbackprop.grade(other, own.submissions, hints=xlbackprop.Hints.WHERE)
    page = (other / "results/feedback/s2.html").read_text()
    assert "filter not rotated" not in page
    assert "wrong" in page
    assert "filter not rotated" in (other / "results/class.html").read_text()


def test_late_ones_are_said(twelve, tmp_path, capsys):
    own, _ = twelve
    other = shutil.copytree(own.folder, tmp_path / "hw1")
    status, out, _ = called(capsys, "grade", other, own.submissions, "--due", "1999-01-01")
    assert status == 1
    assert "late" in out
    assert rows(other)["s0"]["status"] == "late"
    assert rows(other)["s0"]["points"] == "100"
    status, out, _ = called(capsys, "grade", other, own.submissions, "--json")
    document = json.loads(out)
    assert document["results"][0]["status"] == "graded"
    assert document["marked"] == 0


@pytest.mark.slow
def test_worker_that_is_killed_is_replaced_and_costs_nothing(twelve):
    own, _ = twelve

    def read_and_kill():
        killed.append([one.kill() for one in psutil.Process().children()])
        return own.path(1).read_bytes()

    killed = []
    tasks = [Task("a", ".xlsx", own.path(1).read_bytes), Task("b", ".xlsx", read_and_kill)]
    setup = setup_of(own.assignment, GradeOptions(feedback=False))
    done = {task.key: marked for task, marked in mark_all(setup, tasks, 1)}
    assert killed == [[None]]
    assert done["a"] == done["b"]
    assert done["b"].record["status"] == "judged"


@pytest.mark.slow
def test_file_that_takes_too_long_is_unreadable(twelve):
    own, _ = twelve
    setup = setup_of(own.assignment, GradeOptions(feedback=False, seconds=-14.999))
    tasks = [Task("a", ".xlsx", own.path(1).read_bytes)]
    ((_, marked),) = mark_all(setup, tasks, 1)
    assert marked.record["status"] == "unreadable"
    assert "took more than" in marked.record["reason"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, ["no assignment.toml"]),
        ({"assignment.toml": "x"}, ["not valid TOML"]),
        ({"assignment.toml": 'name = "x"\n'}, ["the key"]),
        ({"assignment.toml": "nome = 1\n"}, ["nome"]),
    ],
)
def test_bad_folder_gets_one_line(files, words, folder, capsys):
    (folder / "hw1").mkdir()
    for name, text in files.items():
        (folder / "hw1" / name).write_text(text)
    assert_refused(called(capsys, "grade", "hw1", "."), *words)
    assert_refused(called(capsys, "grade", "hw2", "."), "no such folder")
    assert contents(folder / "hw1").keys() == {(folder / "hw1" / n).relative_to(folder / "hw1")
                                               for n in files}  # fmt: skip


def test_what_holds_no_submissions_is_refused_and_nothing_is_written(twelve, folder, capsys):
    own, _ = twelve
    before = contents(own.folder)
    (folder / "empty").mkdir()
    (folder / "text.csv").write_text("id\n")
    for submissions, words in (
        (folder / "empty", ["empty", "no files"]),
        (folder / "text.csv", ["neither a folder nor a zip"]),
        (folder / "nowhere", ["not there"]),
        (own.path(1), ["s1.xlsx", "one workbook"]),
        (own.folder, ["the assignment itself"]),
        (own.folder.parent, ["the assignment itself"]),
    ):
        assert_refused(called(capsys, "grade", own.folder, submissions), *words)
    assert contents(own.folder) == before


def run_grade(own, *more):
    command = [sys.executable, "-m", "xlbackprop", "grade", own.folder, own.submissions, *more]
    return subprocess.Popen(list(map(str, command)), env=environment(), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)  # fmt: skip


@pytest.mark.kills
def test_killed_at_any_moment_the_results_are_the_same_and_nothing_is_done_twice(tmp_path):
    """Each run goes on where the one before was killed; after some of them, one is let be."""
    own, chosen = Class(tmp_path, 12), random.Random(0)
    hand_in(own)
    start = time.monotonic()
    run_grade(own).wait()
    lasted = time.monotonic() - start
    whole = contents(own.folder)
    for number in range(int(os.environ.get("KILLS", "8"))):
        if number % 4 == 0:
            shutil.rmtree(own.folder / "results")
            marked = {}
        process = run_grade(own)
        time.sleep(lasted * chosen.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        records = list((own.folder / "results").rglob("records/*/*.json"))
        marked.update({path: path.stat().st_mtime_ns for path in records if path not in marked})
        if number % 4 == 3:
            run_grade(own).wait()
            assert contents(own.folder) == whole
        assert marked == {path: path.stat().st_mtime_ns for path in marked}
