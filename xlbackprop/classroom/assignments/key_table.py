"""The teacher's key table: who is who in an assignment that calls everybody by a token."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from xlbackprop.classroom.assignments.roster import Student, read_table
from xlbackprop.errors import AssignmentError, OutputError
from xlbackprop.report.table import inert

KEY, FILES = "key.csv", "key-files.csv"
_COLUMNS = ("token", "id", "name", "email")


def key_csv(people: Mapping[str, Student]) -> str:
    """Return the table of who is who, by token."""
    return _table(
        _COLUMNS,
        [(token, one.id, inert(one.name), inert(one.email)) for token, one in people.items()],
    )


def files_csv(paths: Mapping[str, str]) -> str:
    """Return the table of which file is meant by which word."""
    return _table(("file", "path"), [(word, inert(path)) for word, path in paths.items()])


def read_key(path: Path) -> dict[str, Student]:
    """Return who is who, by token; nobody where the table is not there.

    Raises AssignmentError where it has been changed.
    """
    if not path.exists():
        return {}
    rows = read_table(path, "who is who")
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise AssignmentError(f"{KEY} has been changed: its columns are {', '.join(_COLUMNS)}")
    return {
        token: Student(own, name.removeprefix("'"), email.removeprefix("'"))
        for token, own, name, email in rows[1:]
    }


def save_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, from the first moment on.

    Raises OutputError where it cannot be written.
    """
    beside = path.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([heads, *rows])
    return text.getvalue()
