"""A class marked and its results written, as a function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlbackprop.classroom.assignment import load_assignment
from xlbackprop.classroom.grades import GradeOptions, Grades
from xlbackprop.classroom.grading import collect, keep
from xlbackprop.classroom.results import write_results


def grade(folder: str | Path, submissions: str | Path, **options: Any) -> Grades:
    """Mark all that was handed in for an assignment, and write its results.

    `folder` is what `assign` has made, `submissions` a folder or a zip archive, in any order and
    under any names. The keywords are the fields of GradeOptions. Results are in folder/results:
    grades.csv, feedback/<id>.html, marked/<id>.xlsx, class.html on the class as a whole, and
    similar.csv, hints of copying. What was marked before is not marked again.

    Raises AssignmentError where one of them cannot be used, OutputError where results cannot be
    written, and EngineError where no worker can be started.
    """
    chosen = GradeOptions(**options)
    assignment = load_assignment(Path(folder))
    grades, store = collect(assignment, Path(submissions), chosen)
    write_results(grades, store, chosen)
    keep(grades, chosen)
    return grades
