"""What `grade` writes: a table, feedback for each student, and what only the teacher sees."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from xlbackprop.classroom.assignments.assignment import RESULTS
from xlbackprop.classroom.assignments.key_table import FILES, files_csv, save_private
from xlbackprop.classroom.marking.grades import Graded, GradeOptions, Grades
from xlbackprop.classroom.marking.marking import PLACE_OF_POINTS
from xlbackprop.classroom.marking.store import Store
from xlbackprop.classroom.results.class_page import class_page
from xlbackprop.classroom.results.overview import overview
from xlbackprop.classroom.results.similar import similar
from xlbackprop.progress import each, tell
from xlbackprop.report.hints import Hints
from xlbackprop.report.table import inert
from xlbackprop.saving import save

GRADES, RESULTS_JSON, UNASSIGNED = "grades.csv", "results.json", "unassigned.csv"
SIMILAR, CLASS = "similar.csv", "class.html"
FEEDBACK, MARKED = "feedback", "marked"
_LASTING = ("results", "unassigned")  # and not what the last run has done

_POINTS = """\
<section class="card" aria-labelledby="points">
<h2 id="points">Points: {{ "%g"|format(points) }} of {{ "%g"|format(most) }}</h2>
<div class="scroll" tabindex="0">
<table class="list">
<thead><tr><th scope="col">tensor</th><th scope="col" class="number">points</th>
<th scope="col" class="number">of</th><th scope="col">cells</th></tr></thead>
<tbody>
{% for name, own, all, reason in rows %}
<tr><td>{{ name }}</td><td class="number">{{ "%g"|format(own) }}</td>
<td class="number">{{ "%g"|format(all) }}</td><td>{{ reason }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% for note in notes %}
<p>{{ note }}</p>
{% endfor %}
</section>
"""


def write_results(grades: Grades, store: Store, options: GradeOptions) -> None:
    """Write the results of a class into its folder, each file whole."""
    folder = grades.assignment.folder / RESULTS
    table = grades_csv(grades.rows(), list(grades.assignment.points))
    _put(folder / GRADES, table.encode("utf-8"))
    plain = {key: value for key, value in as_json(grades).items() if key in _LASTING}
    _put(folder / RESULTS_JSON, json.dumps(plain, indent=1).encode())
    if grades.assignment.anonymous:
        save_private(grades.assignment.folder / FILES, files_csv(grades.paths).encode())
    lost = ({"file": one.file, "reason": one.reason} for one in grades.unassigned)
    _put(folder / UNASSIGNED, table_csv(lost, ["file", "reason"]).encode("utf-8"))
    hints = map(asdict, similar(grades, store))
    _put(folder / SIMILAR, table_csv(hints, ["id", "other", "kind", "evidence"]).encode("utf-8"))
    tell("writing the page on the class")
    page = class_page(grades, overview(grades, store), with_names=options.names)
    _put(folder / CLASS, page.encode("utf-8"))
    if options.feedback:
        _write_feedback(grades, store, folder, names_mistakes=options.hints >= Hints.KIND)


def grades_csv(rows: Iterable[Mapping[str, Any]], tensors: list[str]) -> str:
    """Return grades.csv: a line for each student."""
    heads = ["id", "points", "max_points", "status", "note"]
    return table_csv(rows, [*heads, *(f"points.{name}" for name in tensors)])


def table_csv(rows: Iterable[Mapping[str, Any]], heads: list[str]) -> str:
    """Return a table in which no text is calculated by a spreadsheet, and no number has a tail."""
    text = StringIO()
    writer = csv.DictWriter(text, heads, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _entry(value) for key, value in row.items()})
    return text.getvalue()


def _entry(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.10g}"
    return inert(value) if isinstance(value, str) else value


def _write_feedback(grades: Grades, store: Store, folder: Path, *, names_mistakes: bool) -> None:
    pages, copies = set(), set()
    template = Environment(autoescape=True).from_string(_POINTS)
    for one in each("writing feedback", grades.results):
        if one.status not in ("graded", "late"):
            continue
        if page := store.page(one.key):
            points = Markup(template.render(**_points(one, grades, names_mistakes)))  # noqa: S704  (escaped)
            _put(folder / FEEDBACK / f"{one.id}.html", _with_points(page, points))
            pages.add(f"{one.id}.html")
        if copy := store.copy(one.key):
            _put(folder / MARKED / f"{one.id}.xlsx", copy)
            copies.add(f"{one.id}.xlsx")
    _leave_only(folder / FEEDBACK, pages)
    _leave_only(folder / MARKED, copies)


def _points(one: Graded, grades: Grades, names_mistakes: bool) -> dict[str, Any]:
    points = grades.assignment.points
    rows = [
        (name, own, points[name], _reason(one, name, names_mistakes))
        for name, own in one.score.tensors.items()
    ]
    return {"points": one.points, "most": grades.most, "rows": rows, "notes": one.score.notes}


def _reason(one: Graded, name: str, names_mistakes: bool = True) -> str:
    """Return how a tensor's points came about; the mistakes' names only where they may be told."""
    mistakes = one.score.mistakes.get(name, "") if names_mistakes else ""
    return ", ".join(filter(None, (one.score.reasons.get(name, ""), mistakes)))


def _with_points(page: bytes, points: str) -> bytes:
    """Return the page with the points in their place, which is the first that is marked so."""
    return page.replace(PLACE_OF_POINTS, points.encode(), 1)


def _put(path: Path, content: bytes) -> None:
    """Write a file, unless it holds just that."""
    try:
        is_there = sha256(path.read_bytes()).digest() == sha256(content).digest()
    except OSError:
        is_there = False
    if not is_there:
        save(path, content, force=True)


def _leave_only(folder: Path, names: set[str]) -> None:
    """Remove the files of an earlier time that are nobody's any more."""
    if folder.is_dir():
        for path in folder.iterdir():
            if path.is_file() and path.name not in names and not path.name.startswith("."):
                path.unlink()


def as_json(grades: Grades) -> dict[str, Any]:
    """Return the results as `grade --json` prints them."""
    return {
        "results": [
            {
                "id": one.id,
                "points": one.points,
                "max_points": grades.most,
                "status": one.status,
                "note": one.note,
                "file": one.file,
                "tensors": {
                    name: {
                        "points": own,
                        "max_points": grades.assignment.points[name],
                        "reason": _reason(one, name),
                    }
                    for name, own in one.score.tensors.items()
                },
            }
            for one in grades.results
        ],
        "unassigned": [asdict(one) for one in grades.unassigned],
        "changes": [asdict(one) for one in grades.changes],
        "marked": grades.marked,
        "kept": grades.kept,
    }
