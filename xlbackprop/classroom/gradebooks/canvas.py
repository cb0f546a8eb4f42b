"""Canvas: the teacher's export of the gradebook, with one column filled in.

A student is found as the importer finds one: by ID, by the SIS ids, then by name. Rows that are no
students, excused ones and all other columns stay byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from xlbackprop.classroom.gradebooks.marks import Mark, name_forms, named, plain, refuse_unknown
from xlbackprop.classroom.gradebooks.patch import Table
from xlbackprop.errors import one_line, suggestion

_IDS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
_TITLE = re.compile(r"(.*) \((\d+)\)")
_EXCUSED = "ex"


def canvas(marks: Sequence[Mark], export: Path, column: str) -> tuple[bytes, int]:
    """Return the export with the points of those who have some in a column, and how many those are.

    `column` is an assignment's title, with its number in brackets or without. Raises
    AssignmentError where the file is no such export, has no such column, lacks a student, or
    points are more than possible.
    """
    table = Table(export, "the export of the gradebook")
    heads = table.heads
    if heads[:1] != ["Student"] or "ID" not in heads or "Section" not in heads:
        raise table.error("this is no export of a Canvas gradebook: Student, ID … Section")
    number = _column(table, column)
    _refuse_read_only(table, number)
    rows = _students(table, {one.student.id: one for one in marks})
    refuse_unknown(marks, rows, table.name)
    _refuse_too_much(table, number, [one for one in marks if one.counts])
    values = {
        rows[one.student.id]: plain(one.points)
        for one in marks
        if one.counts and table.at(rows[one.student.id], number).casefold() != _EXCUSED
    }
    return table.patched(number, values), len(values)


def _column(table: Table, title: str) -> int:
    first = table.heads.index("Section") + 1
    titles = {number: head for number, head in enumerate(table.heads) if number >= first and head}
    found = [number for number, head in titles.items() if title == head]
    if not found:
        found = [
            number
            for number, head in titles.items()
            if (parts := _TITLE.fullmatch(head)) and title in (parts[1], parts[2])
        ]
    if len(found) != 1:
        what = "several columns" if found else "no column"
        near = suggestion(title, [one_line(head, 60) for head in titles.values()])
        raise table.error(f"{what} {one_line(title, 60)}{near if not found else ''}")
    return found[0]


def _possible(table: Table) -> int | None:
    """Return the row in which the points that are possible stand."""
    for number in range(1, min(len(table.rows), 4)):
        if table.at(number, 0).casefold() == "points possible":
            return number
    return None


def _refuse_read_only(table: Table, column: int) -> None:
    row = _possible(table)
    if row is not None and "read only" in table.at(row, column).casefold():
        raise table.error(f"{table.heads[column]} is read only: Canvas would ignore it")


def _refuse_too_much(table: Table, column: int, marks: Sequence[Mark]) -> None:
    row = _possible(table)
    try:
        most = float(table.at(row, column).replace(",", ".")) if row is not None else 0.0
    except ValueError:
        most = 0.0
    if most and (above := [one.student.id for one in marks if one.points > most]):
        raise table.error(f"{named(above)} above the {most:g} points that are possible")


def _students(table: Table, marks: Mapping[str, Mark]) -> dict[str, int]:
    """Return the rows of the students, by their ids."""
    columns = [table.heads.index(head) for head in _IDS if head in table.heads]
    rows = [row for row in range(1, len(table.rows)) if any(table.at(row, c) for c in columns)]
    found = {**_by_name(table, rows, marks), **_by_ids(table, rows, columns, marks)}
    if twice := [own for own, row in found.items() if list(found.values()).count(row) > 1]:
        raise table.error(f"{named(twice)} the same student there")
    return found


def _by_ids(
    table: Table, rows: Sequence[int], columns: Sequence[int], marks: Mapping[str, Mark]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for column in columns:
        by_id = {table.at(row, column).casefold(): row for row in rows if table.at(row, column)}
        for own, mark in marks.items():
            for key in filter(by_id.__contains__, (own.casefold(), mark.student.email.casefold())):
                found.setdefault(own, by_id[key])
    return found


def _by_name(table: Table, rows: Sequence[int], marks: Mapping[str, Mark]) -> dict[str, int]:
    places: dict[str, set[int]] = {}
    for row in rows:
        for form in name_forms(table.at(row, 0)):
            places.setdefault(form, set()).add(row)
    found = {}
    for own, mark in marks.items():
        forms = name_forms(mark.student.name) if mark.student.name else ()
        of_name = set().union(*(places.get(form, set()) for form in forms))
        if len(of_name) == 1:
            found[own] = of_name.pop()
    return found
