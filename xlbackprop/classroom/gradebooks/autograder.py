"""What runs at Gradescope: one submission marked, and results.json written by its rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from xlbackprop.classroom.assignments.assignment import Assignment, load_assignment
from xlbackprop.classroom.marking.grades import GradeOptions
from xlbackprop.classroom.marking.identity import Owners
from xlbackprop.classroom.marking.marking import JUDGED, Record
from xlbackprop.classroom.marking.points import nothing, score
from xlbackprop.classroom.marking.pool import Task, mark_all
from xlbackprop.classroom.marking.submissions import find_submissions
from xlbackprop.classroom.marking.whole_class import setup_of
from xlbackprop.errors import XlbackpropError, one_line


def main(root: str = "/autograder") -> None:
    """Mark what was handed in, whatever it is; a student can read what comes of it."""
    folder = Path(root)
    try:
        result = _marked(folder)
    except XlbackpropError as error:
        result = _unmarked(one_line(error))
    results = folder / "results"
    results.mkdir(exist_ok=True)
    (results / "results.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


def _marked(folder: Path) -> dict[str, Any]:
    assignment = load_assignment(folder / "source" / "assignment")
    metadata = _metadata(folder / "submission_metadata.json")
    named = _student(assignment, metadata)
    found = [one for one in find_submissions(folder / "submission") if one.path.endswith(".xlsx")]
    if len(found) != 1:
        return _unmarked(f"hand in one workbook (.xlsx): there are {len(found)}")
    setup = setup_of(assignment, GradeOptions(feedback=False))
    tasks = [Task("", ".xlsx", found[0].read)]
    ((_, marked),) = mark_all(setup, tasks, 1)
    record = marked.record
    if record["status"] != JUDGED:
        return _unmarked(f"your workbook cannot be read: {record['reason']}")
    return _result(assignment, record, named, is_late=_is_late(metadata))


def _result(
    assignment: Assignment, record: Record, named: str | None, *, is_late: bool
) -> dict[str, Any]:
    own = Owners(assignment).identity(record, named)
    if not own.owner or own.other:
        # Nobody is told whose workbook it is.
        points, notes = nothing(assignment), ["this is not the workbook that was handed out to you"]
    else:
        points = score(
            assignment, record, owner=own.owner, is_changed=own.is_changed, is_late=is_late
        )
        notes = list(points.notes)
    tests = [
        {
            "name": name,
            "number": str(number),
            "score": points.tensors[name],
            "max_score": most,
            "status": "passed" if points.tensors[name] >= most else "failed",
            "output": points.reasons.get(name, ""),
            "output_format": "text",
            "visibility": "visible",
        }
        for number, (name, most) in enumerate(assignment.points.items(), start=1)
    ]
    return {"tests": tests, "output": "\n".join(notes), "output_format": "text",
            "stdout_visibility": "hidden"}  # fmt: skip


def _unmarked(reason: str) -> dict[str, Any]:
    return {"score": 0, "output": f"Not marked: {reason}.", "output_format": "text",
            "stdout_visibility": "hidden"}  # fmt: skip


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _student(assignment: Assignment, metadata: Mapping[str, Any]) -> str | None:
    """Return which student has handed in: by email, else by name."""
    users = [one for one in metadata.get("users") or [] if isinstance(one, Mapping)]
    for key in ("email", "name"):
        wanted = {str(user.get(key, "")).casefold() for user in users} - {""}
        people = assignment.people.items()
        found = [own for own, one in people if str(getattr(one, key)).casefold() in wanted]
        if len(found) == 1:
            return found[0]
    return None


def _is_late(metadata: Mapping[str, Any]) -> bool:
    """Return whether it was handed in after the due date; the clock is not asked."""
    with suppress(KeyError, TypeError, ValueError):
        due = datetime.fromisoformat(metadata["assignment"]["due_date"])
        return datetime.fromisoformat(metadata["created_at"]) > due
    return False


if __name__ == "__main__":
    main(*sys.argv[1:2])
