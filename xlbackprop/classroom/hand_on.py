"""Marks handed on to a learning platform, as a function."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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
    if form not in _MAKERS:
        raise AssignmentError(f"there is no form {form!r} (known: {', '.join(FORMS)})")
    content, students = _MAKERS[form](assignment, Path(source), column)
    save(output, content, force=force)
    return HandedOn(output, students)


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


def _for_junit(assignment: Assignment, _source: Path, _column: str) -> tuple[bytes, int]:
    results = _results(assignment)["results"]
    return junit(assignment.name, results), len(results)


# What makes each form, as its file's content and for how many students something is in it, from
# an assignment, the platform's own file and the column that is to change.
_MAKERS: Mapping[str, Callable[[Assignment, Path, str], tuple[bytes, int]]] = {
    "canvas": lambda assignment, source, column: canvas(read_marks(assignment), source, column),
    "moodle": lambda assignment, source, _: moodle(read_marks(assignment), source),
    "moodle-feedback": lambda assignment, source, _: feedback_zip(assignment, source),
    "gradescope": lambda assignment, *_: (autograder(assignment), len(assignment.students)),
    "junit": _for_junit,
}
FORMS = tuple(_MAKERS)
