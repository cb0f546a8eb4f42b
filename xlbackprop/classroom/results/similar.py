"""Hints of copying, for the teacher alone: each with its evidence, and none of them a proof.

Answers that fit another student's numbers; the same file; the same wrong numbers; formulas of the
same rare form; what a workbook says of its making, where that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.marking.grades import Grades
from xlbackprop.classroom.marking.marking import JUDGED, Record, unpacked
from xlbackprop.classroom.marking.store import Store
from xlbackprop.equation import Array
from xlbackprop.judge.diagnosis import UNKNOWN
from xlbackprop.judge.judgement import Status

# What may be chance: fewer cells, fewer different numbers, a smaller share of the wrong ones.
_LEAST_CELLS, _LEAST_NUMBERS, _LEAST_SHARE = 8, 4, 0.6
_MOST_CELLS = 2_000  # of each tensor; more say nothing more
_RARE = 3  # students at most who share what is rare
_ROUNDED = 0.005 + 1e-9
# What our own writer puts into each workbook for its time.
_OWN_TIME = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Similar:
    """A hint: whose submission, whose else, what kind of likeness, and the evidence."""

    id: str
    other: str
    kind: str
    evidence: str


def similar(grades: Grades, store: Store) -> list[Similar]:
    """Return the hints on a class, in the order of its students."""
    keys = {one.id: one.key for one in grades.results if one.key}
    records = {own: record for own, key in keys.items() if (record := store.record(key))}
    judged = {own: record for own, record in records.items() if record["status"] == JUDGED}
    hints = [*_same_files(keys), *_numbers(grades.assignment, judged), *_forms(judged)]
    anonymous = grades.assignment.anonymous
    hints += [*_authors(judged, anonymous=anonymous), *_times(grades.assignment, judged)]
    order = {one.id: number for number, one in enumerate(grades.results)}
    return sorted(hints, key=lambda one: (order[one.id], one.kind, one.other))


def _same_files(keys: Mapping[str, str]) -> Iterator[Similar]:
    for one, other in _pairs(keys, len(keys)):
        yield Similar(one, other, "the same file", "byte for byte")


def _pairs(values: Mapping[str, str], most: int) -> Iterator[tuple[str, str]]:
    """Yield those who share a value with others, with each of them, if not more than `most` do."""
    groups: dict[str, list[str]] = {}
    for own, value in values.items():
        if value:
            groups.setdefault(value, []).append(own)
    for group in groups.values():
        if len(group) <= most:
            yield from ((one, other) for one in group for other in group if one != other)


def _numbers(assignment: Assignment, records: Mapping[str, Record]) -> Iterator[Similar]:
    """Yield whose wrong numbers are another's right ones, or another's wrong ones."""
    ids = list(records)
    typed = np.array([_wrong(assignment, records[own]) for own in ids])
    has_some = (np.isfinite(typed).sum(axis=1) >= _LEAST_CELLS) if ids else np.zeros(0, bool)
    if not has_some.any():
        return
    unexplained = np.array([_wrong(assignment, records[own], unknown=True) for own in ids])
    others = ids if assignment.same else list(assignment.students)
    true = np.array([_true(assignment, own) for own in others])
    for number in np.flatnonzero(has_some).tolist():
        own = ids[number]
        if not assignment.same:
            for other, count, all_ in _fitting(typed[number], true, others, own):
                evidence = f"{count} of {all_} wrong numbers are right for the numbers of {other}"
                yield Similar(own, other, "answers fit another's numbers", evidence)
        for other, count, all_ in _fitting(unexplained[number], unexplained, ids, own):
            evidence = f"{count} of {all_} wrong numbers are the same, and no known mistake's"
            yield Similar(own, other, "the same wrong numbers", evidence)


def _fitting(
    own: Array, others: Array, ids: list[str], student: str
) -> Iterator[tuple[str, int, int]]:
    """Yield whose numbers one's own are, beyond chance: how many, and of how many."""
    wrong = np.isfinite(own)
    every = int(wrong.sum())
    if every < _LEAST_CELLS:
        return
    with np.errstate(invalid="ignore"):
        fits = (np.abs(others - own) <= _ROUNDED + 1e-6 * np.abs(others)) & wrong
    counts = fits.sum(axis=1)
    for at in np.flatnonzero(counts >= max(_LEAST_CELLS, _LEAST_SHARE * every)).tolist():
        different = np.unique(np.round(own[fits[at]], 2))
        if ids[at] != student and len(different) >= _LEAST_NUMBERS:
            yield ids[at], int(counts[at]), every


def _wrong(assignment: Assignment, record: Record, *, unknown: bool = False) -> Array:
    """Return the wrong numbers of all tensors, NaN for all others.

    With `unknown`, of those tensors alone whose mistake has no name: a known one makes the same
    numbers for everybody who has been handed the same.
    """
    parts = []
    for name in assignment.points:
        size = min(assignment.network.tensors[name].size, _MOST_CELLS)
        found = record["tensors"].get(name)
        part = np.full(size, np.nan)
        slips = {one["slip"] for one in found["diagnosis"]} if found else set()
        if found and (not unknown or slips == {UNKNOWN}):
            statuses = unpacked(found["statuses"])[:size]
            part = np.where(statuses == Status.WRONG, unpacked(found["found"])[:size], np.nan)
        parts.append(part)
    return np.concatenate(parts)


def _true(assignment: Assignment, student: str) -> Array:
    arrays = assignment.network.evaluate(assignment.values(assignment.students[student]))
    return np.concatenate([arrays[name].ravel()[:_MOST_CELLS] for name in assignment.points])


def _forms(records: Mapping[str, Record]) -> Iterator[Similar]:
    for name in {name for record in records.values() for name in record["tensors"]}:
        own = {one: record["tensors"].get(name, {}) for one, record in records.items()}
        forms = {one: found.get("forms", "") for one, found in own.items()}
        if sum(map(bool, forms.values())) >= 2 * _RARE:
            for one, other in _pairs(forms, _RARE):
                evidence = f"{name}: all formulas are the same, as {own[one]['formula']}"
                yield Similar(one, other, "formulas of the same rare form", evidence)


def _authors(records: Mapping[str, Record], *, anonymous: bool) -> Iterator[Similar]:
    for key, said in (("last_modified_by", "saved last"), ("creator", "made")):
        authors = {one: record["properties"][key] for one, record in records.items()}
        for one, other in _pairs(authors, _RARE):
            author = "the same person" if anonymous else f"“{authors[one]}”"
            yield Similar(one, other, "one author", f"both were {said} by {author}")


def _times(assignment: Assignment, records: Mapping[str, Record]) -> Iterator[Similar]:
    made = _time(assignment.made)
    for own, record in records.items():
        for key in ("created", "modified"):
            text = record["properties"][key]
            when = _time(text)
            if made and when and text != _OWN_TIME and when < made:
                evidence = f"{key} {text}, and handed out {assignment.made}"
                yield Similar(own, "", "older than the handout", evidence)


def _time(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else None
