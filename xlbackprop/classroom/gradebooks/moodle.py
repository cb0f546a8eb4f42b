"""Moodle: the offline grading worksheet in any language, and a zip of feedback files.

The heads of a worksheet are translated, so its columns are found by their form: participants are a
word and a number, and the grade stands right before the maximum, which is one number throughout.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from xlbackprop.classroom.assignments.assignment import RESULTS, Assignment
from xlbackprop.classroom.gradebooks.marks import Mark, name_forms, named, plain, refuse_unknown
from xlbackprop.classroom.gradebooks.patch import Table
from xlbackprop.classroom.marking.submissions import Names, find_submissions
from xlbackprop.classroom.results.results import FEEDBACK, MARKED
from xlbackprop.errors import AssignmentError, one_line

_PARTICIPANT = re.compile(r"(.*?\D)?(\d+)")
_NUMBER = re.compile(r"\d+([.,]\d+)?")
_FOLDER = re.compile(r".+?_\d+_assignsubmission_file_?")
_NO = {
    "no", "nein", "non", "nee", "nej", "nei", "não", "nao", "ne", "nie", "ei", "όχι", "нет", "ні",
    "hayır", "nem", "nu", "いいえ", "否", "아니오", "لا", "לא",
}  # fmt: skip
_A_DATE = (2026, 1, 1, 0, 0, 0)


def moodle(marks: Sequence[Mark], worksheet: Path) -> tuple[bytes, int]:
    """Return a grading worksheet with the points of those who have some, and how many those are.

    Raises AssignmentError where it is no such worksheet or lacks a student, and where Moodle
    would drop a grade without a word: out of range, or locked.
    """
    table = Table(worksheet, "the grading worksheet")
    rows = [row for row in range(1, len(table.rows)) if len(table.rows[row]) > 1]
    _check_participants(table, rows)
    grade = _grade_column(table, rows)
    places = _students(table, rows, marks)
    refuse_unknown(marks, places, table.name)
    _refuse_dropped(table, grade, [(one, places[one.student.id]) for one in marks if one.counts])
    comma = any("," in table.at(row, grade + 1) for row in rows)
    values = {}
    for one in marks:
        if one.counts:
            text = plain(one.points)
            values[places[one.student.id]] = text.replace(".", ",") if comma else text
    return table.patched(grade, values), len(values)


def _check_participants(table: Table, rows: Sequence[int]) -> None:
    found = [_PARTICIPANT.fullmatch(table.at(row, 0)) for row in rows]
    if not rows or not all(found) or len({one[1] for one in found if one}) > 1:
        raise table.error(
            "this is no grading worksheet of Moodle: its first column names participants, as in"
            " “Participant 123”"
        )


def _grade_column(table: Table, rows: Sequence[int]) -> int:
    """Return the column before that in which all rows have the same number."""
    for column in range(2, len(table.heads)):
        most = {table.at(row, column) for row in rows}
        grades = {table.at(row, column - 1) for row in rows} - {"", "-"}
        is_most = len(most) == 1 and all(map(_NUMBER.fullmatch, most))
        if is_most and all(map(_NUMBER.fullmatch, grades)):
            return column - 1
    raise table.error("it has no column of grades before that of the maximum grade")


def _students(table: Table, rows: Sequence[int], marks: Sequence[Mark]) -> dict[str, int]:
    keys: dict[str, set[int]] = {}
    for row in rows:
        texts = {field.value.strip().casefold() for field in table.rows[row][1:]}
        forms = {form for field in table.rows[row][1:4] for form in name_forms(field.value)}
        number = _PARTICIPANT.fullmatch(table.at(row, 0))
        for key in texts | forms | ({number[2]} if number else set()):
            keys.setdefault(key, set()).add(row)
    found = {}
    for one in marks:
        student = one.student
        for key in filter(None, (student.id, student.email, *name_forms(student.name))):
            places = keys.get(key.casefold(), set())
            if len(places) == 1:
                found[student.id] = next(iter(places))
                break
    if twice := [own for own, row in found.items() if list(found.values()).count(row) > 1]:
        raise table.error(f"{named(twice)} the same participant there")
    return found


def _refuse_dropped(table: Table, grade: int, marks: Sequence[tuple[Mark, int]]) -> None:
    for one, row in marks:
        most = float(table.at(row, grade + 1).replace(",", "."))
        if one.points > most:
            raise table.error(
                f"{one.student.id} has {one.points:g} points, above the maximum grade {most:g}:"
                " Moodle would drop it without a word"
            )
    if locked := [
        one.student.id for one, row in marks if table.at(row, grade + 2).casefold() in _NO
    ]:
        raise table.error(f"{named(locked)} locked: Moodle would drop the grade without a word")


def feedback_zip(assignment: Assignment, submissions: Path) -> tuple[bytes, int]:
    """Return a zip of feedback for Moodle, and for how many students it is.

    `submissions` is the download of all submissions: the names of its folders are taken as they
    are. Raises AssignmentError where it is no such download, or there is no feedback yet.
    """
    names, results = Names(assignment), assignment.folder / RESULTS
    folders: dict[str, str] = {}
    for one in find_submissions(submissions):
        folder = next(filter(_FOLDER.fullmatch, reversed(PurePosixPath(one.path).parts[:-1])), "")
        own = names.owner(one.path)
        if folder and own:
            folders[folder] = own
    buffer, done = io.BytesIO(), set()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, own in sorted(folders.items()):
            page, copy = results / FEEDBACK / f"{own}.html", results / MARKED / f"{own}.xlsx"
            for path, name in ((page, "feedback.html"), (copy, "marked.xlsx")):
                if path.is_file():
                    info = zipfile.ZipInfo(f"{folder}/{name}", _A_DATE)
                    archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
                    done.add(own)
    if not done:
        raise AssignmentError(
            f"{one_line(submissions, 120)}: no folder of a student who has feedback, as in"
            " “Ada Lovelace_123_assignsubmission_file_”"
        )
    return buffer.getvalue(), len(done)
