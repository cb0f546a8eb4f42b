"""Nobody's name where it need not be: tokens in all that is written."""

import csv
import io
import shutil
import stat
import zipfile

import pytest

import xlbackprop
from tests.classroom.classes import Class, H, holding, marked_here
from tests.classroom.test_similar import signed
from tests.support.command_line import assert_refused, called
from tests.support.filling import patch
from xlbackprop.classroom.assignments.key_table import read_key
from xlbackprop.workbook.annotate.authors import without_authors

AUTHOR = "Mallory Quagga"


@pytest.fixture(scope="module")
def nameless(tmp_path_factory):
    """An anonymous class of four, marked, with names wherever students and platforms put them."""
    own = Class(tmp_path_factory.mktemp("nameless"), 4, anonymous=True)
    folder = "Student 0_4711_assignsubmission_file_"
    own.path(0, folder).mkdir()
    signed(own.hand_in_formulas(0, f"{folder}/work of Student 0.xlsx"), AUTHOR)
    place = b'<x15ac:absPath xmlns:x15ac="urn:x" url="C:\\Users\\Mallory Quagga\\"/></workbook>'
    patch(own.path(0, f"{folder}/work of Student 0.xlsx"),
          {"xl/workbook.xml": lambda xml: xml.replace(b"</workbook>", place)})  # fmt: skip
    signed(own.hand_in_numbers(1, dL_dh=own.slip(1, H, "filter not rotated")), AUTHOR)
    shutil.copy(own.path(0, f"{folder}/work of Student 0.xlsx"), own.path(2))
    own.path(0, "notes of Student 3.txt").write_text("nobody's")
    with marked_here():
        grades = xlbackprop.grade(own.folder, own.submissions, names=True)
    return own, grades


@pytest.mark.slow
def test_tokens_stand_for_names_everywhere_but_in_the_key_table(nameless):
    own, grades = nameless
    names = [f"Student {n}" for n in range(4)]
    words = [*names, "work of", "s1.xlsx", "s2.xlsx", "\ns3,", AUTHOR]
    key = ("key.csv", "key-files.csv")
    assert holding(own.folder, words, but=key) == set()
    assert {file for file, _ in holding(own.folder, names)} == set(key)  # it can be noticed
    for name in key:
        assert stat.S_IMODE((own.folder / name).stat().st_mode) == 0o600
    people = read_key(own.folder / "key.csv")
    assert {one.name for one in people.values()} == set(names)
    assert list(people) == sorted(people)  # the roster's order would tell
    found = {people[one.id].id: (one.status, one.points) for one in grades.results}
    assert found == {"s0": ("graded", 100), "s1": ("graded", 40 + own.worth(
        1, H, own.slip(1, H, "filter not rotated"), 60)), "s2": ("other student's", 0),
        "s3": ("missing", 0)}  # fmt: skip
    note = next(one.note for one in grades.results if people[one.id].id == "s2")
    assert f"the workbook was handed out to {own.student(0).id}" in note
    with (own.folder / "key-files.csv").open(newline="") as file:
        paths = {row["path"] for row in csv.DictReader(file)}
    assert {"s1.xlsx", "s2.xlsx", "notes of Student 3.txt"} < paths
    hints = (own.folder / "results/similar.csv").read_text()
    assert "both were saved last by the same person" in hints


@pytest.mark.slow
def test_platforms_are_told_who_is_who_and_without_the_key_nobody_is(nameless, folder, capsys):
    own, _ = nameless
    (folder / "export.csv").write_text(
        "Student,ID,SIS User ID,Section,HW (1)\n" + "".join(f"x,{n},s{n},A,\n" for n in range(4))
    )
    arguments = ("--canvas", "export.csv", "--column", "HW", "-o", "out.csv")
    assert called(capsys, "gradebook", own.folder, *arguments)[0] == 0
    assert "x,0,s0,A,100\n" in (folder / "out.csv").read_text()
    shutil.copytree(own.folder, "shared", ignore=shutil.ignore_patterns("key*.csv"))
    assert xlbackprop.grade("shared", own.submissions).marked == 0
    outcome = called(capsys, "gradebook", "shared", *arguments, "--force")
    assert_refused(outcome, "key.csv", "does not say who")


def test_more_students_get_tokens_and_names_are_not_mixed_in(folder, capsys):
    roster = folder / "roster.csv"
    roster.write_text("id,name\nzoe,=Zoë\n")
    arguments = ("assign", "mlp-2-2-2", "--roster", roster, "--blank", "dL_dw", "-o", "hw1")
    status, out, _ = called(capsys, *arguments, "--anonymous")
    assert status == 0
    assert out.splitlines()[1] == "hw1/key.csv says who is who; nothing else does"
    (first,) = folder.glob("hw1/handout/*.xlsx")
    before = first.read_bytes()
    roster.write_text("id,name\nzoe,=Zoë\namy,Amy\n")
    assert_refused(called(capsys, *arguments), "another anonymous")
    assert called(capsys, *arguments, "--anonymous")[0] == 0
    assert first.read_bytes() == before
    people = read_key(folder / "hw1/key.csv")
    assert {one.id: one.name for one in people.values()} == {"zoe": "=Zoë", "amy": "Amy"}
    assert {path.stem for path in folder.glob("hw1/handout/*.xlsx")} == set(people)


def test_names_that_programs_put_into_a_file_are_taken_out_and_nothing_else(page):
    comment = b"<authors><author>Ada</author></authors><t>by Ada, typed</t>"
    person = '<person displayName="Ada" userId="ada@x.org" id="{1}"/>'
    with zipfile.ZipFile(page, "a") as archive:
        archive.writestr("xl/comments7.xml", comment)
        archive.writestr("xl/persons/person.xml", person.encode("utf-16"))
    signed(page, "Ada")
    with zipfile.ZipFile(page) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    with zipfile.ZipFile(io.BytesIO(without_authors(page.read_bytes()))) as after:
        changed = {name for name in after.namelist() if after.read(name) != parts[name]}
        assert changed == {"docProps/core.xml", "xl/comments7.xml", "xl/persons/person.xml"}
        assert after.read("xl/comments7.xml") == comment.replace(b"<author>Ada", b"<author>")
        assert b"Ada" not in after.read("docProps/core.xml")
        assert "Ada" not in after.read("xl/persons/person.xml").decode("utf-16")
