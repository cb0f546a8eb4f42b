"""What is different from the last time: whose points, from what to what, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from xlbackprop.classroom.assignments.assignment import RESULTS, Assignment
from xlbackprop.classroom.marking.store import program_version
from xlbackprop.saving import save

_FILE = "last.json"

Points = Mapping[str, tuple[float, str, str]]  # points, status, digest of the file


@dataclass(frozen=True)
class Change:
    """A student whose points or status are not what they were."""

    id: str
    before: float
    after: float
    why: str


def changes_since(
    assignment: Assignment, points: Points, options: Mapping[str, object]
) -> tuple[Change, ...]:
    """Return whose points are not those of the last time; none if there was none."""
    try:
        last = json.loads((assignment.folder / RESULTS / _FILE).read_bytes())
        students: dict[str, list[Any]] = last["students"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    reasons = _reasons(last, _state(assignment, points, options))
    changes = []
    for student, (now, status, _) in points.items():
        before, was, file = students.get(student, [0.0, "missing", ""])
        if before != now or was != status:
            digest = points[student][2]
            why = reasons if digest == file or not reasons else f"another file; {reasons}"
            if was != status:
                why = "; ".join(filter(None, [f"{was}, now {status}", why]))
            changes.append(Change(student, before, now, why or "another file"))
    return tuple(changes)


def remember(assignment: Assignment, points: Points, options: Mapping[str, object]) -> None:
    """Write down the points, and what they were made by."""
    text = json.dumps(_state(assignment, points, options), indent=1)
    save(assignment.folder / RESULTS / _FILE, text.encode(), force=True)


def _state(assignment: Assignment, points: Points, options: Mapping[str, object]) -> dict[str, Any]:
    return {
        "version": program_version(),
        "rules": asdict(assignment.rules),
        "points": dict(assignment.points),
        "options": dict(options),
        "students": {one: [number, status, key] for one, (number, status, key) in points.items()},
    }


def _reasons(last: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what has changed but the files, in words."""
    reasons = []
    if last.get("version") != now["version"]:
        reasons.append(f"version {last.get('version')}, now {now['version']}")
    for what in ("rules", "points", "options"):
        before, after = last.get(what, {}), now[what]
        reasons += [
            f"{what}: {key} was {_said(before.get(key))}, is {_said(after.get(key))}"
            for key in sorted({*before, *after})
            if before.get(key) != after.get(key)
        ]
    return "; ".join(reasons)


def _said(value: object) -> str:
    return "not given" if value in (None, "") else str(value)
