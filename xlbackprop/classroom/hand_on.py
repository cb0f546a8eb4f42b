"""Marks handed on to a learning platform, as a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbackprop.classroom.assignments.assignment import RESULTS, Assignment, load_assignment
from xlbackprop.classroom.assignments.roster import read_file
from xlbackprop.classroom.gradebooks.canvas import canvas
from xlbackprop.classroom.gradebooks.gradescope import autograder
from xlbackprop.classroom.gradebooks.junit import junit
from xlbackprop.classroom.gradebooks.marks import read_marks
from xlbackprop.classroom.gradebooks.moodle import feedback_zip, moodle
from xlbackprop.classroom.results.results import RESULTS_JSON
from xlbackprop.errors import AssignmentError
from xlbackprop.saving import check_output, save

FORMS = ("canvas", "moodle", "moodle-feedback", "gradescope", "junit")


@dataclass(frozen=True)
class HandedOn:
    """A file for a learning platform, and for how many students something is in it."""

    path: Path
    students: int


def gradebook(
    folder: str | Path,
    form: str,
    output: str | Path,
    *,
    source: str | Path = "",
    column: str = "",
    force: bool = False,
) -> HandedOn:
    """Write the results of an assignment in the form that a learning platform takes.

    `form` is canvas (`source`: the export of the gradebook, `column`: the assignment's title),
    moodle (`source`: the grading worksheet), moodle-feedback (`source`: the download of all
    submissions), gradescope, or junit. Of a `source`, one column changes and no other byte.

    Raises AssignmentError where something does not fit, before anything is written, and
    OutputError where the file cannot be.
    """
    output = Path(output)
    check_output(output, force=force)
    assignment = load_assignment(Path(folder))
    content, students = _content(assignment, form, Path(source), column)
    save(output, content, force=force)
    return HandedOn(output, students)


def _content(assignment: Assignment, form: str, source: Path, column: str) -> tuple[bytes, int]:
    match form:
        case "canvas":
            return canvas(read_marks(assignment), source, column)
        case "moodle":
            return moodle(read_marks(assignment), source)
        case "moodle-feedback":
            return feedback_zip(assignment, source)
        case "gradescope":
            return autograder(assignment), len(assignment.students)
        case "junit":
            results = _results(assignment)["results"]
            return junit(assignment.name, results), len(results)
    raise AssignmentError(f"there is no form {form!r} (known: {', '.join(FORMS)})")


def _results(assignment: Assignment) -> Mapping[str, Any]:
    path = assignment.folder / RESULTS / RESULTS_JSON
    if not path.is_file():
        raise AssignmentError(f"{path}: there is no such file: run xlbackprop grade first")
    try:
        found: Mapping[str, Any] = json.loads(read_file(path, "the results"))
        if not all(isinstance(one["tensors"], Mapping) for one in found["results"]):
            raise ValueError
    except (ValueError, TypeError, KeyError):
        raise AssignmentError(f"{path} has been changed and cannot be read any more") from None
    return found
