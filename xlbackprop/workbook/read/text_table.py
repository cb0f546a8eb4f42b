"""A table of numbers as text (.csv), as the programs of any country write it.

Excel writes `;` between columns and a comma for decimals where its owner does so, a tab in UTF-16
("Unicode Text"), and `sep=;` in the first line where it wants to be sure.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.read.cell_store import MAX_STORED_CELLS
from xlbackprop.workbook.read.numerals import hundredth

_SEPARATORS = "\t;|,"
_TOLD = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
_LINES_LOOKED_AT = 200
_MARKS = (b"\xff\xfe", b"\xfe\xff")

_GROUPS_BY = {  # what separates groups of three digits, by what separates decimals
    decimal: re.compile(
        rf"[+-]?(?:\d{{1,3}}(?:[{group} ']\d{{3}})+|\d+)?"
        rf"(?:[{decimal}]\d*)?(?:[eE][+-]?\d{{1,3}})?%?"
    )
    for decimal, group in ((",", "."), (".", ","))
}
# A mark before three digits may be either; elsewhere it separates decimals.
_DECIMALS = re.compile(r"[+-]?(?:0|\d{4,}|\d*(?=[.,](?!\d{3}(?!\d))))([.,])\d*(?:[eE].*)?%?")

# A minus sign, spaces and an apostrophe as some countries' programs write them.
_ASCII = str.maketrans(dict(zip("−\u00a0\u202f\u2009’", "-   '", strict=True)))

Row = list[str | float]


def read_table(content: bytes) -> list[Row]:
    """Return the rows of a table: numbers, and texts where there are none.

    Raises WorkbookError where it has more cells than a sheet may have, or a field without end.
    """
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    lines, separator = _lines(text)
    try:
        rows = list(_rows(csv.reader(lines, delimiter=separator)))
    except csv.Error as error:
        raise WorkbookError(f"the table cannot be read: {one_line(error, 80)}") from None
    likely = _decimal_mark(rows, "." if separator == "," else ",")
    marks = (likely, *({",", "."} - {likely}))
    return [[_typed(field, marks) for field in row] for row in rows]


def _decoded(content: bytes) -> str:
    if content.startswith(_MARKS) or b"\0" in content[:100]:
        encoding = "utf-16" if content.startswith(_MARKS) else "utf-16-le"
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _lines(text: str) -> tuple[StringIO, str]:
    """Return the table's lines, and what separates its columns."""
    first, _, rest = text.partition("\n")
    if told := _TOLD.fullmatch(first):
        return StringIO(rest), told[1]
    beginning = "\n".join(islice(text.splitlines(), _LINES_LOOKED_AT))
    unquoted = re.sub(r'"[^"]*"', "", beginning)
    return StringIO(text), next((mark for mark in _SEPARATORS if mark in unquoted), ",")


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    cells = 0
    for row in reader:
        cells += len(row)
        if cells > MAX_STORED_CELLS:
            raise WorkbookError(f"the table has more than {MAX_STORED_CELLS:,} cells")
        yield [field.strip() for field in row]


def _decimal_mark(rows: Sequence[Sequence[str]], usual: str) -> str:
    """Return what separates decimals in most numbers of which it is certain."""
    fields = (field.translate(_ASCII) for row in rows for field in row)
    found = [match[1] for field in fields if (match := _DECIMALS.fullmatch(field))]
    return max(",.", key=found.count) if found else usual


def _typed(field: str, marks: Sequence[str]) -> str | float:
    """Return the number in a field by the likeliest of two conventions, or its text."""
    shown = field.translate(_ASCII)
    if not any(letter.isdecimal() for letter in shown) or not shown.isascii():
        return field
    for mark in marks:
        if _GROUPS_BY[mark].fullmatch(shown):
            plain = shown.rstrip("%").replace(" ", "").replace("'", "")
            plain = plain.replace("." if mark == "," else ",", "").replace(",", ".")
            number = float(plain)
            if not math.isfinite(number):
                return field
            return hundredth(number) if field.endswith("%") else number
    return field
