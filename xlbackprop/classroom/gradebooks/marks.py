"""The points to hand on: those of grades.csv, as the teacher may have changed them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from xlbackprop.classroom.assignments.assignment import RESULTS, Assignment
from xlbackprop.classroom.assignments.key_table import KEY
from xlbackprop.classroom.assignments.roster import Student, read_table
from xlbackprop.classroom.results.results import GRADES
from xlbackprop.errors import AssignmentError, one_line

_COUNTING = ("graded", "late")
_MOST_NAMED = 5
_ROUNDING = 0.005  # of points with two decimals


@dataclass(frozen=True)
class Mark:
    """What one student has, and what the roster says of that student."""

    student: Student
    points: float
    most: float
    status: str
    note: str

    @property
    def counts(self) -> bool:
        """Whether there are points to hand on: else the teacher has to decide."""
        return self.status in _COUNTING


def read_marks(assignment: Assignment) -> list[Mark]:
    """Return the marks of an assignment. Raises AssignmentError where there are none yet."""
    path = assignment.folder / RESULTS / GRADES
    if not path.is_file():
        raise AssignmentError(f"{path}: there is no such file: run xlbackprop grade first")
    rows = read_table(path, "the results")
    heads = rows[0] if rows else []
    needed = ("id", "points", "max_points", "status", "note")
    if missing := [head for head in needed if head not in heads]:
        raise AssignmentError(f"{path}: it has no column {missing[0]}")
    marks, seen = [], set[str]()
    for number, row in enumerate(rows[1:], start=2):
        own = dict(zip(heads, row, strict=False))
        token = own.get("id", "")
        if token in seen:
            raise AssignmentError(f"{path}, row {number}: {token} is listed twice")
        seen.add(token)
        if token not in assignment.students:
            raise AssignmentError(f"{path}, row {number}: not a student of this assignment")
        if token not in assignment.people:
            raise AssignmentError(f"{assignment.folder / KEY} does not say who {token} is")
        student = assignment.people[token]
        points, most = (_number(own.get(key, ""), f"{path}, row {number}") for key in needed[1:3])
        if points > most + _ROUNDING:
            raise AssignmentError(
                f"{path}, row {number}: {token} has {points:g} points of {most:g}: raise max_points"
                " there if that is meant"
            )
        marks.append(Mark(student, points, most, own.get("status", ""), own.get("note", "")))
    return marks


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise AssignmentError(f"{where}: {one_line(text, 40)!r} is no number of points")
    return number


def plain(points: float) -> str:
    """Return points with at most two decimals, a point between, and nothing else."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def name_forms(name: str) -> Iterator[str]:
    """Yield a name as it is, and with the last word first: Ada Lovelace, Lovelace, Ada."""
    words = re.split(r"[\s,]+", name.strip().casefold())
    yield " ".join(words)
    yield " ".join((words[-1], *words[:-1]))


def refuse_unknown(marks: Iterable[Mark], found: Iterable[str], where: str) -> None:
    """Raise AssignmentError where a student who has points is not in the platform's file."""
    there = set(found)
    lost = [one.student.id for one in marks if one.counts and one.student.id not in there]
    if lost:
        raise AssignmentError(f"{where}: {named(lost)} not in it")


def named(ids: Sequence[str]) -> str:
    """Return some ids, and how many more there are, with their verb."""
    more = len(ids) - _MOST_NAMED
    listed = ", ".join(ids[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{listed} {'is' if len(ids) == 1 else 'are'}"
