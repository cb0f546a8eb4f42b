"""The students, from a CSV file that a person or a learning platform has written."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from xlbackprop.errors import AssignmentError, one_line, suggestion
from xlbackprop.spec.regular import read_regular

_MOST_BYTES = 20_000_000
MOST_STUDENTS = 100_000
_DELIMITERS = ",;\t"
# An id is the name of files, on any system.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,79}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """One line of a roster; `more` has its other columns, by their names in small letters."""

    id: str
    name: str = ""
    email: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


def read_roster(path: Path) -> list[Student]:
    """Return the students of a CSV file with a column `id`; `name` and `email` are kept.

    Raises AssignmentError where the file cannot be read, has no such column, or an id in it is
    missing, listed twice, or cannot be the name of a file.
    """
    rows = read_table(path, "the roster")
    heads = [head.strip().casefold() for head in rows[0]] if rows else []
    name = one_line(path, 120)
    if "id" not in heads:
        known = suggestion("id", [one_line(head, 30) for head in heads if head])
        raise AssignmentError(f"{name}: it has no column id{known}")
    if twice := next((head for head in heads if head and heads.count(head) > 1), ""):
        raise AssignmentError(f"{name}: it has two columns {one_line(twice, 30)}")
    students: dict[str, Student] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            if any(cell.strip() for cell in row[len(heads) :]):
                raise AssignmentError("more fields than the first row: a comma needs quotes around")
            student = _student(dict(zip(heads, map(str.strip, row), strict=False)))
            if other := students.get(student.id.casefold()):
                raise AssignmentError(f"the id {student.id} is listed twice ({other.id} above)")
        except AssignmentError as error:
            raise AssignmentError(f"{name}, row {number}: {error}") from None
        students[student.id.casefold()] = student
    if not students:
        raise AssignmentError(f"{name}: nobody is listed")
    if len(students) > MOST_STUDENTS:
        raise AssignmentError(f"{name}: more than {MOST_STUDENTS:,} students")
    return list(students.values())


def _student(row: Mapping[str, str]) -> Student:
    own = row.get("id", "")
    if not own:
        raise AssignmentError("there is no id")
    if not _ID.fullmatch(own) or _RESERVED.fullmatch(own) or own.endswith("."):
        raise AssignmentError(
            f"the id {one_line(repr(own), 60)} cannot be the name of a file: letters, digits and"
            " _ . @ + - after the first"
        )
    more = {key: text for key, text in row.items() if key not in ("", "id", "name", "email")}
    return Student(own, one_line(row.get("name", ""), 120), one_line(row.get("email", "")), more)


def read_table(path: Path, what: str) -> list[list[str]]:
    """Return the rows of a CSV file, whatever its delimiter; see `decoded` for its encoding.

    Raises AssignmentError where it cannot be read.
    """
    text = decoded(read_file(path, what), path)
    try:
        lines, delimiter = StringIO(text, newline=""), delimiter_of(text)
        # Not strict, a quote that is never closed would swallow all that follows.
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise AssignmentError(f"{one_line(path, 120)}: this is no CSV table: {error}") from None


def read_file(path: Path, what: str, most: int = _MOST_BYTES) -> bytes:
    """Return a file's bytes. Raises AssignmentError where it cannot be read."""
    try:
        return read_regular(path, most)
    except FileNotFoundError:
        raise AssignmentError(f"{one_line(path, 120)}: there is no such file ({what})") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise AssignmentError(f"{one_line(path, 120)} cannot be read: {one_line(reason)}") from None


def decoded(content: bytes, path: Path) -> str:
    """Return a text in UTF-8, or in UTF-16 with its mark.

    Raises AssignmentError for any other: a name that is read wrongly would be written wrongly.
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding).removeprefix("\ufeff")  # some write their mark twice
    except UnicodeDecodeError:
        raise AssignmentError(
            f"{one_line(path, 120)} is not in UTF-8: save it as “CSV UTF-8”"
        ) from None


def delimiter_of(text: str) -> str:
    """Return what stands between the fields of a table: the commonest in its first line."""
    head = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=head.count)
