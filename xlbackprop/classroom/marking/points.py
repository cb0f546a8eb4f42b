"""Records and rules to points, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.marking.marking import Record, unpacked

_DIGITS = 1e-11
_ORDER = ("right", "carried", "typed", "blank", "invalid", "wrong")


@dataclass(frozen=True)
class Score:
    """What a submission is worth: in all, by tensor, and why."""

    points: float
    tensors: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)  # their names, by tensor
    notes: tuple[str, ...] = ()


def score(
    assignment: Assignment, record: Record, *, owner: str, is_changed: bool, is_late: bool
) -> Score:
    """Return the points of a record by the assignment's rules."""
    found = record["tensors"]
    tensors, reasons, mistakes = {}, {}, {}
    for name, most in assignment.points.items():
        counts = found[name]["counts"] if name in found else {}
        tensors[name] = round(most * _share(assignment, counts), 2)
        reasons[name] = ", ".join(_reason(name, record, counts))
        diagnosis = found[name]["diagnosis"] if name in found else ()
        mistakes[name] = ", ".join(dict.fromkeys(one["slip"] for one in diagnosis))
    factor, notes = 1.0, []
    if changes := list(_changes(assignment, record, owner, is_changed=is_changed)):
        factor *= assignment.rules.changed_page
        notes += changes
    if is_late:
        factor *= assignment.rules.late
    total = sum(tensors.values())
    if factor < 1 and total:
        notes.append(f"{total:g} points times {factor:g}")
    notes += record["not_tried"]
    if record["uncomputed"]:
        notes.append("no formula has a saved value: it was saved by a program that computes none")
    tensors = {name: round(factor * number, 2) for name, number in tensors.items()}
    return Score(round(sum(tensors.values()), 2), tensors, reasons, mistakes, tuple(notes))


def nothing(assignment: Assignment) -> Score:
    """Return what is not there is worth."""
    return Score(0.0, dict.fromkeys(assignment.points, 0.0))


def _share(assignment: Assignment, counts: Mapping[str, int]) -> float:
    """Return which share of a tensor's points its cells are worth."""
    rules = assignment.rules
    worth = {"right": 1.0, "carried": rules.carried, "typed": rules.typed, "blank": rules.blank}
    every = sum(counts.values())
    earned = sum(worth.get(status, 0.0) * count for status, count in counts.items())
    return earned / every if every else 0.0


def _reason(name: str, record: Record, counts: Mapping[str, int]) -> Iterator[str]:
    for status in _ORDER:
        if counts.get(status):
            yield f"{counts[status]} {status}"
    for tensor, reason in record["not_judged"]:
        if tensor == name:
            yield f"not judged: {reason}"


def _changes(
    assignment: Assignment, record: Record, owner: str, *, is_changed: bool
) -> Iterator[str]:
    """Yield what on the page is not as it was handed out."""
    if is_changed and owner in assignment.students and "givens" in record:
        there = unpacked(record["givens"])
        values = assignment.values(assignment.students[owner])
        was = np.concatenate([values[one.name].ravel() for one in assignment.network.inputs])
        if len(there) == len(was):
            off = ~(np.abs(there - was) <= _DIGITS * np.abs(was))
            yield f"numbers that are not those handed out: {int(off.sum())}"
        else:
            yield "the numbers are not those handed out"
    elif is_changed or not record["numbers"]:
        yield "the numbers are not those handed out"
    for name, count in record["spoilt"].items():
        yield f"{name}, which was filled in, was changed: {count}"
