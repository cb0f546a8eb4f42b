"""A whole class marked: submissions in, results out, and nothing done twice."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from xlbackprop.classroom.assignments.assignment import RESULTS, Assignment
from xlbackprop.classroom.marking.changes import changes_since, remember
from xlbackprop.classroom.marking.cluster import mark_on_cluster
from xlbackprop.classroom.marking.grades import (
    DEFAULT_OPTIONS,
    GRADED,
    LATE,
    MISSING,
    OTHERS,
    UNREADABLE,
    Graded,
    GradeOptions,
    Grades,
    Unassigned,
)
from xlbackprop.classroom.marking.identity import Identity, Owners
from xlbackprop.classroom.marking.marking import JUDGED, Marked, Record, Setup, unreadable
from xlbackprop.classroom.marking.points import nothing, score
from xlbackprop.classroom.marking.pool import Task, mark_all
from xlbackprop.classroom.marking.store import Store
from xlbackprop.classroom.marking.submissions import Names, Submitted, find_submissions
from xlbackprop.errors import AssignmentError, one_line
from xlbackprop.progress import tell

_FILES_A_WORKER = 6  # fewer are not worth starting another


@dataclass(frozen=True)
class _File:
    """A submission with what is known of it."""

    submitted: Submitted
    key: str
    record: Record = field(default_factory=dict)
    identity: Identity = field(default_factory=lambda: Identity(""))
    is_new: bool = False  # marked just now
    digest: str = ""  # of what the file holds

    @property
    def order(self) -> tuple[bool, datetime, str]:
        """What makes one of several count: that it can be read, then how new it is."""
        is_own = self.record["status"] == JUDGED and not self.identity.other
        return is_own, self.submitted.when, self.submitted.path


def collect(
    assignment: Assignment, submissions: Path, options: GradeOptions = DEFAULT_OPTIONS
) -> Generator[Graded, None, tuple[Grades, Store]]:
    """Yield what each file alone is worth, as they are marked, of those that are somebody's.

    Returns the results of the class, and where its records are; nothing but records is written.
    Raises AssignmentError where the assignment itself is among the submissions.
    """
    setup = setup_of(assignment, options)
    store = Store(assignment.folder / RESULTS / "records", setup)
    owners, names = Owners(assignment), Names(assignment)
    files = list[_File]()
    if assignment.folder.resolve().is_relative_to(submissions.resolve()):
        where = f"{one_line(submissions, 120)} holds the assignment itself"
        raise AssignmentError(f"{where}: name a folder of what was handed in, and of nothing else")
    for file in _marked(find_submissions(submissions), store, setup, options):
        own = owners.identity(file.record, names.owner(file.submitted.path))
        files.append(replace(file, identity=own))
        if own.owner:
            yield _result(assignment, own.owner, files[-1:], options)
    tell("counting points")
    files.sort(key=lambda one: one.submitted.path)  # however long each of them took
    return _of_class(assignment, files, options), store


def _of_class(assignment: Assignment, files: Sequence[_File], options: GradeOptions) -> Grades:
    by_owner: dict[str, list[_File]] = {}
    unassigned = []
    for file in files:
        if file.identity.owner:
            by_owner.setdefault(file.identity.owner, []).append(file)
        else:
            reason = file.record.get("reason") or "neither name nor content says whose it is"
            unassigned.append(Unassigned(assignment.label(file.submitted.path), reason))
    results = tuple(
        _result(assignment, one, by_owner.get(one, []), options) for one in assignment.students
    )
    results = tuple(_mentioned(assignment, results, by_owner))
    changes = changes_since(assignment, _points(results), options_of(options))
    paths = [one.submitted.path for one in files] if assignment.anonymous else []
    labels = {assignment.label(one): one for one in paths}
    marked = len({one.key for one in files if one.is_new})
    counts = (marked, sum(not one.is_new for one in files))
    return Grades(assignment, results, tuple(unassigned), changes, *counts, labels)


def keep(grades: Grades, options: GradeOptions) -> None:
    """Remember the results, for what is different the next time."""
    remember(grades.assignment, _points(grades.results), options_of(options))


def _points(results: Sequence[Graded]) -> dict[str, tuple[float, str, str]]:
    return {one.id: (one.points, one.status, one.digest) for one in results}


def options_of(options: GradeOptions) -> dict[str, object]:
    """Return what of the options can change points."""
    due = options.due.isoformat() if options.due else ""
    return {"prove": options.prove, "formulas": options.formulas, "due": due}


def setup_of(assignment: Assignment, options: GradeOptions) -> Setup:
    """Return how an assignment's files are marked."""
    return Setup(
        name=assignment.name,
        spec=assignment.spec_text,
        blank=tuple(sorted(assignment.blank)),
        hints=int(options.hints),
        prove=options.prove,
        formulas=options.formulas,
        with_files=options.feedback,
        seconds=options.seconds,
        megabytes=options.megabytes,
        pepper=assignment.pepper,
    )


def _marked(
    found: Sequence[Submitted], store: Store, setup: Setup, options: GradeOptions
) -> Iterator[_File]:
    """Yield the files with their records, as these become known; the same is marked once."""
    records, todo = dict[str, Record](), dict[str, Task]()
    waiting: dict[str, list[_File]] = {}
    for number, one in enumerate(found):
        tell("reading the files", number, len(found))
        suffix = PurePosixPath(one.path).suffix.lower()
        try:
            content = one.read()
            key, digest = store.key(content, suffix), sha256(content).hexdigest()
        except (OSError, ValueError) as error:
            reason = f"it cannot be read: {getattr(error, 'strerror', None) or error}"
            key = digest = sha256(f"{one.path}\0{reason}".encode()).hexdigest()[:40]
            records[key] = unreadable(reason).record
        if key not in records and key not in todo and not options.force:
            record = store.record(key)
            if record is not None:
                records[key] = _small(record)
        if key in records:
            yield _File(one, key, records[key], digest=digest)
        else:
            todo.setdefault(key, Task(key, suffix, one.read))
            file = _File(one, key, is_new=True, digest=digest)
            waiting.setdefault(key, []).append(file)
    for done, (task, marked) in enumerate(_in_pool(setup, todo, options)):
        store.put(task.key, marked)
        small = _small(marked.record)
        tell("marking", done + 1, len(todo))
        yield from (replace(file, record=small) for file in waiting[task.key])


def _in_pool(
    setup: Setup, todo: Mapping[str, Task], options: GradeOptions
) -> Iterator[tuple[Task, Marked]]:
    tell("marking", 0, len(todo))
    if options.cluster:
        return mark_on_cluster(setup, todo.values(), options.cluster)
    most = options.jobs or os.cpu_count() or 1
    jobs = max(1, min(most, math.ceil(len(todo) / _FILES_A_WORKER)))
    return mark_all(setup, list(todo.values()), jobs)


def _small(record: Record) -> Record:
    """Return a record without its arrays: those of a whole class are not held in memory."""
    if record["status"] != JUDGED:
        return record
    tensors = {
        name: {key: one[key] for key in ("counts", "diagnosis")}
        for name, one in record["tensors"].items()
    }
    return {**record, "tensors": tensors}


def _result(
    assignment: Assignment, student: str, files: Sequence[_File], options: GradeOptions
) -> Graded:
    if not files:
        return Graded(student, MISSING, nothing(assignment))
    file = max(files, key=lambda one: one.order)
    path, notes = assignment.label(file.submitted.path), []
    keys = (file.key, file.digest)
    if len(files) > 1:
        others = ", ".join(
            sorted(assignment.label(f.submitted.path, 80) for f in files if f is not file)
        )
        notes.append(f"{len(files)} files; {path} counts, not {others}")
    if file.record["status"] != JUDGED:
        note = "; ".join([file.record["reason"], *notes])
        return Graded(student, UNREADABLE, nothing(assignment), note, path, *keys)
    own = file.identity
    if own.reason:
        notes.insert(0, own.reason)
    if own.other:
        return Graded(student, OTHERS, nothing(assignment), "; ".join(notes), path, *keys)
    is_late = file.submitted.is_marked_late or (
        options.due is not None and file.submitted.when > options.due
    )
    points = score(
        assignment, file.record, owner=student, is_changed=own.is_changed, is_late=is_late
    )
    if is_late:
        notes.append(f"handed in at {file.submitted.when.isoformat(' ', 'minutes')}")
    note = "; ".join([*notes, *points.notes])
    return Graded(student, LATE if is_late else GRADED, points, note, path, *keys)


def _mentioned(
    assignment: Assignment, results: Sequence[Graded], by_owner: Mapping[str, Sequence[_File]]
) -> Iterator[Graded]:
    """Yield the results; who has handed in nothing is told of a file that is another's by name."""
    elsewhere: dict[str, list[str]] = {}
    for files in by_owner.values():
        for file in files:
            if file.identity.other:
                path = assignment.label(file.submitted.path, 80)
                elsewhere.setdefault(file.identity.other, []).append(path)
    for one in results:
        if one.status == MISSING and one.id in elsewhere:
            note = f"a workbook that was handed out to {one.id}: {', '.join(elsewhere[one.id])}"
            yield Graded(one.id, one.status, one.score, note)
        else:
            yield one
