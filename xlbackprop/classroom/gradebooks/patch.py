"""A table of somebody else's, of which a few fields change and every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlbackprop.classroom.assignments.roster import delimiter_of, read_file
from xlbackprop.errors import AssignmentError, one_line

_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True)
class Field:
    """A field of a table: what it holds, and where that stands in the text."""

    value: str
    start: int
    end: int
    is_quoted: bool = False


class Table:
    """A CSV file, with the place of each of its fields."""

    def __init__(self, path: Path, what: str) -> None:
        self.name = one_line(path, 120)
        content = read_file(path, what)
        self._mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
        self._encoding = _MARKS.get(self._mark, "utf-8")
        try:
            # Bytes that are no text in this encoding come out as they went in.
            self._text = content[len(self._mark) :].decode(self._encoding, "surrogateescape")
        except UnicodeDecodeError:
            raise self.error("it is not in an encoding that can be read") from None
        self.delimiter = delimiter_of(self._text)
        self.rows = _rows(self._text, self.delimiter)
        if not self.rows:
            raise self.error("it is empty")

    def error(self, message: str) -> AssignmentError:
        """Return the error that names this file."""
        return AssignmentError(f"{self.name}: {message}")

    @property
    def heads(self) -> list[str]:
        """The fields of the first row."""
        return [field.value.strip() for field in self.rows[0]]

    def at(self, row: int, column: int) -> str:
        """Return a field's value, "" where the row is shorter."""
        fields = self.rows[row]
        return fields[column].value.strip() if column < len(fields) else ""

    def patched(self, column: int, values: Mapping[int, str]) -> bytes:
        """Return the file with other values in a column, by the numbers of the rows."""
        parts, end = [], 0
        for number in sorted(values):
            if column >= len(self.rows[number]):
                raise self.error(f"row {number + 1} is shorter than the first")
            field = self.rows[number][column]
            parts += [self._text[end : field.start], self._written(values[number], field)]
            end = field.end
        text = "".join([*parts, self._text[end:]])
        return self._mark + text.encode(self._encoding, "surrogateescape")

    def _written(self, value: str, field: Field) -> str:
        return f'"{value}"' if field.is_quoted or self.delimiter in value else value


def _rows(text: str, delimiter: str) -> list[list[Field]]:
    rows: list[list[Field]] = []
    row: list[Field] = []
    at = 0
    while at < len(text):
        field, at = _field(text, at, delimiter)
        row.append(field)
        if at < len(text) and text[at] == delimiter:
            at += 1
            if at == len(text):
                row.append(Field("", at, at))
            continue
        at += 2 if text.startswith("\r\n", at) else 1
        rows.append(row)
        row = []
    return [*rows, row] if row else rows


def _field(text: str, start: int, delimiter: str) -> tuple[Field, int]:
    """Return the field that begins at a place, and where it ends."""
    end = start
    if text.startswith('"', start):
        end = start + 1
        while end < len(text):
            if text.startswith('""', end):
                end += 2
            elif text[end] == '"':
                end += 1
                break
            else:
                end += 1
        value = text[start + 1 : end - 1].replace('""', '"')
        return Field(value, start, end, is_quoted=True), _to_end(text, end, delimiter)
    end = _to_end(text, start, delimiter)
    return Field(text[start:end], start, end), end


def _to_end(text: str, at: int, delimiter: str) -> int:
    while at < len(text) and text[at] not in (delimiter, "\n", "\r"):
        at += 1
    return at
