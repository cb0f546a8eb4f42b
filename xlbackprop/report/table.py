"""The cells that are not right as a CSV table that a spreadsheet may open safely."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from io import StringIO

from xlbackprop.errors import one_line
from xlbackprop.report.report import CellResult, Report

_LONGEST_TEXT = 1_000
# With these a spreadsheet takes a text for a formula, the full-width forms included; see
# https://owasp.org/www-community/attacks/CSV_Injection
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_report(report: Report) -> str:
    """Return a line for each cell that is not right, below a line of heads.

    Numbers are numbers. A text that a spreadsheet would calculate stands behind an apostrophe.
    """
    table = StringIO()
    writer = csv.writer(table)
    writer.writerow(field.name for field in fields(CellResult))
    for cell in report.cells:
        index = ",".join(map(str, cell.index))
        writer.writerow(map(_entry, {**asdict(cell), "index": f"[{index}]"}.values()))
    return table.getvalue()


def _entry(value: float | str | None) -> float | str:
    if value is None:
        return ""
    return _inert(value) if isinstance(value, str) else value


def _inert(text: str) -> str:
    line = one_line(text, _LONGEST_TEXT)
    is_formula = text.startswith(_BEGINS_FORMULA) or line.startswith(_BEGINS_FORMULA)
    return f"'{line}" if is_formula else line
