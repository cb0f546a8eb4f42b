"""What a class has made of an assignment, as data for the teacher's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.marking.grades import Grades
from xlbackprop.classroom.marking.marking import Record, unpacked
from xlbackprop.classroom.marking.store import Store
from xlbackprop.equation import Array, Tensor
from xlbackprop.judge.diagnosis import UNKNOWN
from xlbackprop.judge.judgement import Status

_BINS = 10
_MOST_COLUMNS = 40
_COUNTING = ("graded", "late")


@dataclass(frozen=True)
class Bar:
    """How many students have points from `first` to `last`."""

    first: float
    last: float
    count: int


@dataclass(frozen=True)
class Mistake:
    """A mistake that was made: in which tensor, by whom, and what to do about it."""

    tensor: str
    name: str
    hint: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A block's cells: rows of the share of students, from 0 to 1, who have each one wrong."""

    label: str
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class TensorOverview:
    """How a tensor went: cells by status, the mean of its points, and where it went wrong."""

    name: str
    mean: float
    most: float
    counts: Mapping[str, int]
    blocks: tuple[Block, ...]


@dataclass
class _Sums:
    """What is counted of one tensor while the records pass."""

    tensor: Tensor
    counts: dict[str, int] = field(default_factory=dict)
    wrong: Array = field(default_factory=lambda: np.zeros(0))
    records: int = 0


@dataclass(frozen=True)
class Overview:
    """The class as a whole; `mean` and `median` of the points are None where nobody is graded."""

    statuses: Mapping[str, int]
    bars: tuple[Bar, ...]
    tensors: tuple[TensorOverview, ...]
    mistakes: tuple[Mistake, ...]
    mean: float | None = None
    median: float | None = None


def overview(grades: Grades, store: Store) -> Overview:
    """Return what a class has made of its assignment; each record is looked at once."""
    assignment, statuses = grades.assignment, dict[str, int]()
    equations = assignment.network.equation_of
    sums = {name: _Sums(equations[name].target) for name in assignment.points}
    mistakes: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for one in grades.results:
        statuses[one.status] = statuses.get(one.status, 0) + 1
        record = store.record(one.key) if one.status in _COUNTING else None
        if record:
            _add(sums, record)
            for tensor, name, hint in _mistakes(record):
                mistakes.setdefault((tensor, name), (hint, []))[1].append(one.id)
    ranked = sorted(mistakes.items(), key=lambda item: (-len(item[1][1]), item[0]))
    points = [one.points for one in grades.results if one.status in _COUNTING]
    middle = (float(np.mean(points)), float(np.median(points))) if points else ()
    return Overview(
        statuses,
        tuple(_bars(grades)),
        tuple(_tensor(assignment, grades, name, own) for name, own in sums.items()),
        tuple(Mistake(*key, hint, tuple(students)) for key, (hint, students) in ranked),
        *middle,
    )


def _add(sums: Mapping[str, _Sums], record: Record) -> None:
    for name, own in sums.items():
        found = record["tensors"].get(name)
        if found is None:
            continue
        for status, count in found["counts"].items():
            own.counts[status] = own.counts.get(status, 0) + count
        statuses = unpacked(found["statuses"])
        wrong = (statuses == Status.WRONG) | (statuses == Status.INVALID)
        own.wrong = wrong.astype(np.float64) + (own.wrong if own.records else 0.0)
        own.records += 1


def _mistakes(record: Record) -> Iterator[tuple[str, str, str]]:
    for name, found in record["tensors"].items():
        seen = set()
        for one in found["diagnosis"]:
            slip = one["slip"]
            if slip not in seen and slip != "none: a tie":
                seen.add(slip)
                yield (name, *_told(slip, one["message"]))


def _told(slip: str, message: str) -> tuple[str, str]:
    """Return a mistake's name and its hint as they hold for all who have made it."""
    if slip == UNKNOWN:
        return "another one", "no well-known mistake explains these wrong cells"
    return slip, message.removeprefix(f"{slip}: ")


def _bars(grades: Grades) -> Iterator[Bar]:
    points = [one.points for one in grades.results if one.status in _COUNTING]
    most = max([grades.most, *points, 1e-9])
    counts, edges = np.histogram(points, bins=_BINS, range=(0, most))
    for number, count in enumerate(counts.tolist()):
        yield Bar(float(edges[number]), float(edges[number + 1]), int(count))


def _tensor(assignment: Assignment, grades: Grades, name: str, own: _Sums) -> TensorOverview:
    counting = [one for one in grades.results if one.status in _COUNTING]
    total = sum(one.score.tensors.get(name, 0.0) for one in counting)
    mean = total / len(counting) if counting else 0.0
    order = [status.word for status in reversed(Status)]
    counts = {word: own.counts[word] for word in order if word in own.counts}
    return TensorOverview(name, mean, assignment.points[name], counts, tuple(_blocks(own)))


def _blocks(own: _Sums) -> Iterator[Block]:
    if not own.records or not own.wrong.any():
        return
    tensor, shares = own.tensor, (own.wrong / own.records).reshape(own.tensor.shape)
    for index in tensor.block_indices():
        block = np.atleast_2d(shares[index])[:_MOST_COLUMNS, :_MOST_COLUMNS]
        label = ", ".join(f"{axis} = {n}" for axis, n in zip(tensor.axes, index, strict=False))
        yield Block(label, tuple(tuple(row) for row in block.tolist()))
