"""An assignment made: a workbook for each student, with numbers of its own that are fit."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import tomli_w

from xlbackprop.classroom.assignments import assignment as on_disk
from xlbackprop.classroom.assignments.assignment import (
    Assignment,
    Handed,
    digest_of,
    load_assignment,
)
from xlbackprop.classroom.assignments.fitness import Fitness
from xlbackprop.classroom.assignments.key_table import KEY, key_csv, save_private
from xlbackprop.classroom.assignments.roster import Student, read_roster
from xlbackprop.equation import Array
from xlbackprop.errors import AssignmentError, OutputError, one_line, suggestion
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import choose_values
from xlbackprop.progress import each
from xlbackprop.saving import save
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec
from xlbackprop.workbook.builder import contents_of, resolve_blank
from xlbackprop.workbook.description import Handout
from xlbackprop.workbook.write.write import write_workbook

MOST_DRAWS = 500


@dataclass(frozen=True)
class Assigned:
    """An assignment as it is now; `added` are the ids that have been handed a workbook just now.

    `unavoidable` says which faults the numbers of this network always have.
    """

    assignment: Assignment
    added: tuple[str, ...]
    unavoidable: tuple[str, ...]


def assign(
    spec: Spec | str | Path,
    roster: str | Path | Iterable[Student],
    folder: str | Path,
    *,
    blank: Iterable[str],
    points: Mapping[str, float] | None = None,
    same: bool = False,
    anonymous: bool = False,
) -> Assigned:
    """Make an assignment: a folder with a workbook for each student of a roster.

    `spec` is a Spec, a template's name or a path, `roster` a CSV file with a column `id`, or
    students, and `blank` names tensors as `build` does. `points` are by the same names; what is
    named by its last part is shared among the tensors that it means, in proportion to their cells.
    By default all have 100 points together, in that proportion. Each student's numbers are drawn
    from a secret until they are fit; with `same` all get the same. In an `anonymous` assignment
    everybody is called by a token, in workbooks and results alike; folder/key.csv says who is who.

    In a folder that has this assignment already, students who are new get theirs, and nothing else
    is touched. Raises SpecError, AssignmentError or OutputError before anything is written.
    """
    folder = Path(folder)
    students = read_roster(Path(roster)) if isinstance(roster, (str, Path)) else list(roster)
    wanted = replace(_wanted(spec, folder, blank, points, same=same), anonymous=anonymous)
    is_new = not (folder / on_disk.ASSIGNMENT).exists()
    assignment = wanted if is_new else _existing(folder, wanted)
    _check_space(folder, is_new=is_new)
    key = {assignment.token(one.id): one for one in students} if anonymous else {}
    listed = list(map(Student, sorted(key))) if anonymous else students
    new = [one for one in listed if one.id not in assignment.students]
    _check_ids(new, assignment.students)
    class_ = _Class(assignment)
    handed = {one.id: class_.hand(one) for one in each("drawing numbers", new)}
    added = _added(assignment, handed, key)
    _write(added, is_new=is_new)
    left = tuple(_hand_out(class_, added))
    return Assigned(added, left, tuple(class_.fitness.unavoidable if new else ()))


def _hand_out(class_: _Class, assignment: Assignment) -> Iterator[str]:
    """Write the workbooks that are not there yet, and yield whose they are.

    Whoever is listed and has none, since the program was stopped, gets the same as then.
    """
    folder = assignment.folder / on_disk.HANDOUT
    paths = {one: folder / f"{one}.xlsx" for one in assignment.students}
    left = [one for one, path in paths.items() if not path.exists()]
    for one in each("writing the workbooks", left):
        save(paths[one], class_.workbook(assignment.students[one]), force=False)
        yield one


def _added(
    assignment: Assignment, handed: Mapping[str, Handed], key: Mapping[str, Student]
) -> Assignment:
    """Return the assignment with more students."""
    students = {**assignment.students, **handed}
    if not assignment.anonymous:
        return replace(assignment, students=students)
    # The order of the roster would tell who is who.
    key = {**key, **assignment.key}
    in_order = {one: students[one] for one in sorted(students)}
    return replace(assignment, students=in_order, key={one: key[one] for one in sorted(key)})


def _write(assignment: Assignment, *, is_new: bool) -> None:
    folder = assignment.folder
    if is_new:
        save_private(folder / on_disk.SECRET, assignment.secret)
    if assignment.anonymous:
        save_private(folder / KEY, key_csv(assignment.key).encode())
    save(folder / on_disk.STUDENTS, assignment.students_csv().encode(), force=True)
    if is_new:
        save(folder / on_disk.ASSIGNMENT, assignment.to_toml().encode(), force=False)


def _wanted(
    source: Spec | str | Path,
    folder: Path,
    blank: Iterable[str],
    points: Mapping[str, float] | None,
    *,
    same: bool,
) -> Assignment:
    spec = source if isinstance(source, Spec) else load_spec(source)
    network = build_network(spec)
    names = resolve_blank(network, blank)
    if not names:
        raise AssignmentError("nothing is to be filled in: name tensors, as in --blank dL_dw,dL_dh")
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    shared = _shared(network, names, points or {})
    name = one_line(folder.resolve().name, 80) or "assignment"
    secret = secrets.token_bytes(on_disk.SECRET_BYTES)
    return Assignment(folder, name, _with_numbers(spec, network), shared, secret, same, now)


def _with_numbers(spec: Spec, network: Network) -> str:
    """Return the spec's text with the arrays that it gives, those from files included."""
    given = choose_values(network)
    arrays = {name: _plain(given[name].tolist()) for name in spec.values.arrays}
    values = {"style": spec.values.style, "seed": spec.values.seed}
    return spec.to_toml() + "\n" + tomli_w.dumps({"values": {**values, "arrays": arrays}})


def _plain(numbers: object) -> object:
    """Return nested lists in which whole numbers have no decimals."""
    if isinstance(numbers, list):
        return [_plain(one) for one in numbers]
    return int(numbers) if isinstance(numbers, float) and numbers.is_integer() else numbers


def _shared(
    network: Network, blank: frozenset[str], points: Mapping[str, float]
) -> dict[str, float]:
    """Return the points of each tensor to fill in, in the network's order."""
    tensors = [one.target for one in network.equations if one.target.name in blank]
    if not points:
        points = {"all": 100.0}
    shared: dict[str, float] = {}
    for name, number in points.items():
        meant = [one for one in tensors if name in (one.name, one.short, "all")]
        if not meant:
            known = suggestion(name, sorted({one.short for one in tensors}))
            raise AssignmentError(
                f"points: {one_line(name, 60)} is not among what is to be filled in{known}"
            )
        if not 0 <= number < 1e6:
            raise AssignmentError(
                f"points: {one_line(name, 60)}: not {number}: a number from 0 to 1e+06"
            )
        if twice := next((one.name for one in meant if one.name in shared), ""):
            raise AssignmentError(f"points: {twice} has two numbers of points")
        cells, before, given = sum(one.size for one in meant), 0, 0.0
        for one in meant:  # so that they add up to the number, rounded as they are
            before += one.size
            shared[one.name] = round(number * before / cells - given, 2)
            given += shared[one.name]
    if not any(shared.values()):
        raise AssignmentError("points: no tensor is worth any")
    return {one.name: shared.get(one.name, 0.0) for one in tensors}


def _existing(folder: Path, wanted: Assignment) -> Assignment:
    """Return the assignment that is there. Raises AssignmentError where another one was wanted."""
    there = load_assignment(folder)
    for what, is_other in {
        "spec": there.spec_text != wanted.spec_text,
        "blank": there.blank != wanted.blank,
        "same": there.same != wanted.same,
        "anonymous": there.anonymous != wanted.anonymous,
    }.items():
        if is_other:
            raise AssignmentError(
                f"{one_line(folder, 120)} holds an assignment with another {what}: name another"
                " folder; points and rules can be changed in its assignment.toml"
            )
    return there


def _check_space(folder: Path, *, is_new: bool) -> None:
    """Raise OutputError where what is there is not an assignment, and would be mixed with one."""
    try:
        is_taken = folder.exists() and (not folder.is_dir() or (is_new and any(folder.iterdir())))
    except OSError as error:
        raise OutputError(f"{folder} cannot be read: {error.strerror or error}") from None
    leftover = {on_disk.SECRET, on_disk.STUDENTS, KEY}
    if is_taken and folder.is_dir() and {one.name for one in folder.iterdir()} <= leftover:
        return  # an assignment that was not finished
    if is_taken:
        raise OutputError(f"{folder} is not empty, and has no assignment: name a new folder")


def _check_ids(new: Sequence[Student], there: Mapping[str, Handed]) -> None:
    folded = {one.casefold(): one for one in there}
    for student in new:
        if other := folded.get(student.id.casefold()):
            raise AssignmentError(f"the ids {other} and {student.id} would be the same file's name")
        folded[student.id.casefold()] = student.id


class _Class:
    """What the workbooks of a class are made from."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._network = assignment.network
        self._shared: tuple[int, dict[str, Array]] | None = None

    @cached_property
    def fitness(self) -> Fitness:
        """What is asked of the numbers."""
        return Fitness(self._network, self._assignment.blank)

    def hand(self, student: Student) -> Handed:
        """Return the student with the first draw that is fit."""
        if self._shared is None or not self._assignment.same:
            self._shared = self._drawn(student.id)
        draw, values = self._shared
        numbers = digest_of(self._network, values)
        return Handed(student.id, student.name, student.email, student.more, draw, numbers)

    def _drawn(self, student: str) -> tuple[int, dict[str, Array]]:
        complaints = dict[str, int]()
        for draw in range(MOST_DRAWS):
            values = choose_values(self._network, self._assignment.seed(student, draw))
            found = self.fitness.complaints(values)
            if not found:
                return draw, values
            complaints |= {one: complaints.get(one, 0) + 1 for one in found}
        worst = max(complaints, key=lambda one: complaints[one])
        raise AssignmentError(
            f"in {MOST_DRAWS} draws there were no numbers fit for this exercise; most often:"
            f" {worst}; leave that tensor out, or take larger layers"
        )

    def workbook(self, student: Handed) -> bytes:
        """Return the content of a student's workbook."""
        own = self._assignment
        name = student.name or student.id
        handout = Handout(own.name, student.id, own.seal(student.id), name)
        values = own.values(student)
        with np.errstate(all="ignore"):
            contents = contents_of(self._network, values, own.blank, handout=handout)
        return write_workbook(contents)
