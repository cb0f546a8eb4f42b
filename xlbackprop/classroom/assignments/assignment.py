"""An assignment's folder: what was asked, of whom, with which numbers, and how it is marked.

hw1/assignment.toml     the spec, what is blank, points and rules
hw1/secret.key          what the numbers are drawn from; readable by its owner only
hw1/students.csv        who has been handed which numbers
hw1/key.csv             who is who, where everybody is called by a token; for the teacher alone
hw1/handout/<id>.xlsx   a workbook for each
hw1/results/            what `grade` writes
"""

from __future__ import annotations

import csv
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from xlbackprop.classroom.assignments.key_table import KEY, read_key
from xlbackprop.classroom.assignments.roster import Student, read_file, read_table
from xlbackprop.equation import Array
from xlbackprop.errors import AssignmentError, SpecError, one_line, shown, suggestion
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import choose_values
from xlbackprop.report.table import inert
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.spec.toml import read_toml

ASSIGNMENT, SECRET, STUDENTS = "assignment.toml", "secret.key", "students.csv"
HANDOUT, RESULTS = "handout", "results"
SECRET_BYTES = 32
_COLUMNS = ("id", "name", "email", "draw", "numbers")
_DIGITS, _DRAW_DIGITS = 12, 9
_A_TIME = "2026-11-26T09:00:00+00:00"
_TOKEN = 10  # characters: of a million students, hardly two would be called alike
_OPTIONAL = {"anonymous": bool}


@dataclass(frozen=True)
class Rules:
    """What share of its points a cell is worth that is not simply right or wrong.

    `late` and `changed_page` are shares of all points: for what came after `--due`, and for a
    page on which givens, or cells that were filled in already, are not what was handed out.
    """

    carried: float = 1.0
    typed: float = 0.0
    blank: float = 0.0
    late: float = 1.0
    changed_page: float = 0.0


@dataclass(frozen=True)
class Handed(Student):
    """A student to whom a workbook was handed out: by which draw, and a digest of its numbers."""

    draw: int = 0
    numbers: str = ""


@dataclass(frozen=True)
class Assignment:
    """What was asked, and how it is marked; `points` are by the full names of blank tensors.

    Where it is `anonymous`, students are called by tokens, and `key` says who is who.
    """

    folder: Path
    name: str
    spec_text: str
    points: Mapping[str, float]
    secret: bytes = b""
    same: bool = False
    made: str = ""  # when it was handed out first: 2026-11-26T09:00:00+00:00
    rules: Rules = Rules()
    students: Mapping[str, Handed] = field(default_factory=dict)
    anonymous: bool = False
    key: Mapping[str, Student] = field(default_factory=dict)

    @cached_property
    def network(self) -> Network:
        """The network that was handed out, with the numbers of its spec."""
        return build_network(self.spec)

    @cached_property
    def spec(self) -> Spec:
        """The spec, its numbers included."""
        return parse_spec(self.spec_text)

    @property
    def blank(self) -> frozenset[str]:
        """The tensors to fill in."""
        return frozenset(self.points)

    def seed(self, student: str, draw: int) -> int:
        """Return what a student's numbers are drawn from: nobody guesses it without the secret."""
        return int.from_bytes(self._digest("numbers", "" if self.same else student, str(draw))[:16])

    def seal(self, student: str) -> str:
        """Return what shows that a workbook was handed out to that student."""
        return self._digest("seal", student).hex()[:24]

    def ticket(self, student: str) -> str:
        """Return what a student shows to be let in; nobody guesses it without the secret."""
        return self._digest("ticket", student).hex()[:32]

    @property
    def people(self) -> Mapping[str, Student]:
        """The students as the roster has them, as far as they are known."""
        return self.key if self.anonymous else self.students

    def token(self, *words: str) -> str:
        """Return what an anonymous assignment calls a student or a file; the same each time."""
        return self._digest("token", *words).hex()[:_TOKEN]

    def label(self, path: str, most: int = 200) -> str:
        """Return what a file is called in results: its path, which may hold a name, or a token."""
        return f"file {self.token('file', path)}" if self.anonymous else one_line(path, most)

    @property
    def pepper(self) -> str:
        """What the names of authors are hidden with; "" where they need not be."""
        return self._digest("authors").hex() if self.anonymous else ""

    def values(self, student: Handed) -> dict[str, Array]:
        """Return the givens and parameters that a student was handed."""
        return choose_values(self.network, self.seed(student.id, student.draw))

    def _digest(self, *words: str) -> bytes:
        text = "\0".join((self.name, *words)).encode()
        return hmac.digest(self.secret, text, "sha256")

    def to_toml(self) -> str:
        """Return what stands in assignment.toml."""
        head = {"name": self.name, "made": self.made, "same": self.same, "spec": self.spec_text}
        head |= {"anonymous": True} if self.anonymous else {}
        tables = {"points": dict(self.points), "rules": asdict(self.rules)}
        return tomli_w.dumps({**head, **tables}, multiline_strings=True)

    def students_csv(self) -> str:
        """Return what stands in students.csv."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for one in self.students.values():
            writer.writerow([one.id, inert(one.name), inert(one.email), one.draw, one.numbers])
        return text.getvalue()


def digest_of(network: Network, values: Mapping[str, Array]) -> str:
    """Return a digest of givens and parameters, the same after any program has saved them."""
    numbers = np.concatenate([values[one.name].ravel() for one in network.inputs])
    texts = (f"{number + 0.0:.{_DIGITS}g}" for number in numbers.tolist())
    return sha256(" ".join(texts).encode()).hexdigest()[:24]


def load_assignment(folder: Path) -> Assignment:
    """Return the assignment of a folder.

    Raises AssignmentError where the folder has none, or a file in it cannot be used.
    """
    path = folder / ASSIGNMENT
    if not folder.is_dir():
        raise AssignmentError(f"{one_line(folder, 120)}: there is no such folder")
    if not path.is_file():
        raise AssignmentError(
            f"{one_line(folder, 120)} has no {ASSIGNMENT}: make one with xlbackprop assign"
        )
    text = read_file(path, "the assignment").decode("utf-8", "replace")
    try:
        table = read_toml(text, "it", AssignmentError)
        found = _assignment(folder, table)
        missing = found.points.keys() - found.network.equation_of.keys()
    except (AssignmentError, SpecError) as error:
        raise AssignmentError(f"{one_line(path, 120)}: {error}") from None
    if missing:
        names = found.network.equation_of
        name = min(missing)
        raise AssignmentError(f"{path}: points: there is no tensor {name}{suggestion(name, names)}")
    return found


def _assignment(folder: Path, table: Mapping[str, Any]) -> Assignment:
    known = {"name": str, "made": str, "same": bool, "spec": str, "points": dict, "rules": dict}
    known |= _OPTIONAL
    for key, value in table.items():
        if key not in known:
            raise AssignmentError(f"there is no key {one_line(key, 40)}{suggestion(key, known)}")
        if not isinstance(value, known[key]):
            raise AssignmentError(f"{key}: not {shown(value)}")
    if missing := known.keys() - table.keys() - _OPTIONAL.keys():
        raise AssignmentError(f"the key {min(missing)} is missing")
    if not _is_time(table["made"]):
        raise AssignmentError(f"made: not {shown(table['made'])}: a time as {_A_TIME}")
    points = {name: _number("points", name, value) for name, value in table["points"].items()}
    if not any(points.values()):
        raise AssignmentError("points: no tensor is worth any")
    secret = read_file(folder / SECRET, "the assignment's secret")
    if len(secret) != SECRET_BYTES:
        raise AssignmentError(f"{SECRET} is not the secret that was made with it")
    words = (table["name"], table["spec"], points, secret, table["same"], table["made"])
    rest = (_rules(table["rules"]), _students(folder / STUDENTS), table.get("anonymous", False))
    return Assignment(folder, *words, *rest, read_key(folder / KEY) if rest[2] else {})


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _rules(table: Mapping[str, Any]) -> Rules:
    known = [one.name for one in fields(Rules)]
    for name in table:
        if name not in known:
            raise AssignmentError(
                f"rules: there is no {one_line(name, 40)}{suggestion(name, known)}"
            )
    return Rules(**{name: _number("rules", name, value, 1) for name, value in table.items()})


def _number(where: str, name: str, value: object, most: float = 1e6) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise AssignmentError(f"{where}: {name}: not {shown(value)}: a number from 0 to {most:g}")
    return float(value)


def _students(path: Path) -> dict[str, Handed]:
    rows = read_table(path, "who has been handed out what")
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise AssignmentError(f"{STUDENTS} has been changed: its columns are {', '.join(_COLUMNS)}")
    students = {}
    for row in rows[1:]:
        if not row[3].isdecimal() or len(row[3]) > _DRAW_DIGITS:
            raise AssignmentError(
                f"{STUDENTS}: {one_line(row[0], 40)}: draw is no number of at most {_DRAW_DIGITS}"
                " digits"
            )
        name, email = (text.removeprefix("'") for text in row[1:3])
        students[row[0]] = Handed(row[0], name, email, {}, int(row[3]), row[4])
    return students
