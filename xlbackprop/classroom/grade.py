"""A class marked and its results written, as functions: all at once, or file by file."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from xlbackprop.classroom.assignments.assignment import load_assignment
from xlbackprop.classroom.marking.grades import Graded, GradeOptions, Grades
from xlbackprop.classroom.marking.whole_class import collect, keep
from xlbackprop.classroom.results.results import write_results


class Grading:
    """A class that is being marked: what each file alone is worth, one after the other.

    `grades` are the results of the class, and there once the last file has been taken.
    """

    def __init__(self, results: Generator[Graded, None, Grades]) -> None:
        self._results = results
        self.grades: Grades | None = None

    def __iter__(self) -> Iterator[Graded]:
        """Mark on, and yield what has been marked."""
        self.grades = yield from self._results


def grade(folder: str | Path, submissions: str | Path, **options: Any) -> Grades:
    """Mark all that was handed in for an assignment, and write its results.

    `folder` is what `assign` has made, `submissions` a folder or a zip archive, in any order and
    under any names. The keywords are the fields of GradeOptions. Results are in folder/results:
    grades.csv, feedback/<id>.html, marked/<id>.xlsx, class.html on the class as a whole, and
    similar.csv, hints of copying. What was marked before is not marked again.

    Raises AssignmentError where one of them cannot be used, OutputError where results cannot be
    written, and EngineError where no worker can be started.
    """
    grading = grade_each(folder, submissions, **options)
    deque(grading, maxlen=0)
    assert grading.grades is not None  # noqa: S101  (the last has been taken)
    return grading.grades


def grade_each(folder: str | Path, submissions: str | Path, **options: Any) -> Grading:
    """Mark a class as `grade` does, file by file: iterate over what is returned.

    Each file that is somebody's comes as a Graded of its own, as soon as it is marked, those that
    were marked before first. Where a student has handed in several files, or a workbook that was
    handed out to somebody else, the last word is in `grades`, which is there, and written into the
    folder, after the last file. Whoever stops before finds what was marked kept for the next time.

    Raises what `grade` does: AssignmentError at once, the others while marking.
    """
    chosen = GradeOptions(**options)
    assignment = load_assignment(Path(folder))

    def results() -> Generator[Graded, None, Grades]:
        grades, store = yield from collect(assignment, Path(submissions), chosen)
        write_results(grades, store, chosen)
        keep(grades, chosen)
        return grades

    return Grading(results())
