"""A class of 300 from roster to marks: everything as it was planted."""

import os
import random
import shutil
import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.classroom.classes import Class, H, W, marked_here
from tests.classroom.test_grade import rows
from tests.classroom.test_similar import hints
from tests.support.command_line import called
from xlbackprop.workbook.read.guard import MAX_UNPACKED_BYTES

MISTAKEN, UNTOUCHED, MISSING = range(15), range(20, 30), range(30, 35)
UNREADABLE, COPIED, RENAMED, TWICE = range(40, 45), range(50, 53), range(60, 62), 70


def bomb(path):
    """Write an archive whose part unpacks to more than a workbook may have."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (MAX_UNPACKED_BYTES + 1))


def hand_in(own, students):
    """Hand in for all students; return what the mistaken ones have wrong."""
    mistaken = {}
    special = {*MISTAKEN, *UNTOUCHED, *MISSING, *UNREADABLE, *COPIED, *RENAMED}
    for number in range(students):
        if number not in special:
            own.hand_in_formulas(number)
    for number in MISTAKEN:
        tensor = (W, H)[number % 2]
        equation = own.assignment.network.equation_of[tensor]
        slip = equation.slips[number % len(equation.slips)]
        mistaken[number] = tensor, slip.name, own.slip(number, tensor, slip.name)
        changed = {tensor.removeprefix("conv1."): mistaken[number][2]}
        own.hand_in_numbers(number, **changed)
    for number in UNTOUCHED:
        own.path(number).write_bytes(own.handout(number))
    for number, content in zip(UNREADABLE, (b"", b"junk", b"PK\3\4", None, None), strict=True):
        own.path(number).write_bytes(own.handout(number)[:3000] if content is None else content)
    bomb(own.path(UNREADABLE[-1]))
    for number in COPIED:
        shutil.copy(own.path(number + 100), own.path(number))
    for number in RENAMED:
        own.hand_in_formulas(number, f"my work {number}.xlsx")
    own.path(TWICE).rename(own.path(TWICE, f"newer_{TWICE}.xlsx"))
    own.path(TWICE).write_bytes(own.handout(TWICE))
    os.utime(own.path(TWICE), (10**9, 10**9))
    return mistaken


@pytest.mark.many
def test_three_commands_for_300_students(tmp_path, capsys):
    own = Class(tmp_path, 300)
    mistaken = hand_in(own, 300)
    arguments = ("--jobs", "2", "--no-feedback")
    status, out, _ = called(capsys, "grade", own.folder, own.submissions, *arguments)
    assert status == 1
    assert "300 files" not in out
    table = rows(own.folder)
    for number in range(300):
        row = table[f"s{number}"]
        points = float(row["points"])
        expected, worth = "graded", 100.0
        if number in mistaken:
            tensor, _, typed = mistaken[number]
            most = own.assignment.points[tensor]
            worth = 100 - most + own.worth(number, tensor, typed, most)
        elif number in UNTOUCHED:
            worth = 0
        elif number in MISSING:
            expected, worth = "missing", 0
        elif number in UNREADABLE:
            expected, worth = "unreadable", 0
        elif number in COPIED:
            expected, worth = "other student's", 0
            assert f"handed out to s{number + 100}" in row["note"]
        assert (row["status"], points) == (expected, pytest.approx(worth, abs=0.02)), number
    assert "2 files; newer_70.xlsx counts" in table["s70"]["note"]
    pairs = [(f"s{n}", f"s{n + 100}") for n in COPIED]
    pairs += [(other, one) for one, other in pairs]
    assert set(hints(own)) == {(*pair, "the same file") for pair in pairs}
    others = sorted({*MISTAKEN, *range(100, 300)} - {0, 1, 2})
    drawn = [0, 1, 2, *random.Random(0).sample(others, 17)]
    other, some = shutil.copytree(own.folder, tmp_path / "hw2"), tmp_path / "some"
    some.mkdir()
    for number in drawn:
        shutil.copy(own.path(number), some)
    with marked_here():
        xlbackprop.grade(other, some)
    for number in drawn:
        page = (other / f"results/feedback/s{number}.html").read_text()
        assert f"Points: {float(table[f's{number}']['points']):g} of 100" in page
        if number in mistaken and np.abs(mistaken[number][2]).any():
            assert mistaken[number][1] in page
    export = "Student,ID,SIS User ID,Section,HW (1)\n" + "".join(
        f'"{n}, Student",{n + 7000},s{n},A,\n' for n in range(300)
    )
    (tmp_path / "export.csv").write_text(export)
    arguments = ("--canvas", tmp_path / "export.csv", "--column", "HW", "-o", tmp_path / "out.csv")
    assert called(capsys, "gradebook", own.folder, *arguments)[0] == 0
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[100 + 1] == '"100, Student",7100,s100,A,100'
    assert lines[30 + 1] == '"30, Student",7030,s30,A,'
    again = xlbackprop.grade(own.folder, own.submissions, feedback=False)
    assert (again.marked, again.changes) == (0, ())
