"""The cells that are not right as a CSV table that a spreadsheet may open safely."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, fields
from io import StringIO
from typing import Any

from xlbackprop.errors import one_line
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.report import Report

_LONGEST_TEXT = 1_000
# With these a spreadsheet takes a text for a formula, the full-width forms included; see
# https://owasp.org/www-community/attacks/CSV_Injection
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_report(report: Report) -> str:
    """Return a line for each cell that is not right, below a line of heads.

    Numbers are numbers. A text that a spreadsheet would calculate stands behind an apostrophe. The
    last column has the whole cause that a cell belongs to. Before them come lines without a cell,
    on whole tensors: givens that were changed, what was not judged, and what was not tried.
    """
    table = StringIO()
    writer = csv.DictWriter(table, [field.name for field in fields(CellResult)], restval="")
    writer.writeheader()
    for line in _lines(report):
        writer.writerow({head: _entry(value) for head, value in line.items()})
    return table.getvalue()


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    for one in report.givens_changed:
        note = f"numbers that are not those handed out: {one.count:,}"
        yield {"tensor": one.tensor, "status": "given changed", "note": note}
    for left_out in report.not_judged:
        yield {"tensor": left_out.tensor, "status": "not judged", "note": left_out.reason}
    for note in report.not_tried:
        yield {"status": "not tried", "note": note}
    causes = [cause.sentence for cause in report.causes]
    for cell in report.cells:
        index = f"[{','.join(map(str, cell.index))}]"
        yield {**asdict(cell), "index": index, "cause": causes[cell.cause - 1]}


def _entry(value: float | str | None) -> float | str:
    if value is None:
        return ""
    return inert(value) if isinstance(value, str) else value


def inert(text: str) -> str:
    """Return a text on one line, behind an apostrophe where a spreadsheet would calculate it."""
    line = one_line(text, _LONGEST_TEXT)
    is_formula = text.startswith(_BEGINS_FORMULA) or line.startswith(_BEGINS_FORMULA)
    return f"'{line}" if is_formula else line
