"""A report as a notebook shows it: the verdict, what is wrong and where, and the first cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from xlbackprop.report.causes import Cause
from xlbackprop.report.cell_result import CellResult
from xlbackprop.spec.shown import table

_MOST_CELLS = 20
_HEADS = ("cell", "tensor", "status", "found", "expected", "why")


def report_html(
    workbook: str,
    verdict: str,
    counts: Mapping[str, int],
    causes: Sequence[Cause],
    cells: Sequence[CellResult],
    notes: Sequence[str],
) -> str:
    """Return a report's tables as HTML; everything in them is escaped."""
    counted = ", ".join(f"{number:,} {status}" for status, number in counts.items())
    title = f"{Path(workbook).name}: {verdict} ({counted})"
    parts = [table(title, ("what", "to do"), [(one.sentence, one.advice) for one in causes])]
    if cells:
        shown = cells[:_MOST_CELLS]
        more = f", the first {len(shown)}" if len(cells) > len(shown) else ""
        heading = f"{len(cells):,} cells that are not right{more}"
        parts.append(table(heading, _HEADS, map(_row, shown)))
    if notes:
        parts.append(table("notes", (), [(note,) for note in notes]))
    return "".join(parts)


def _row(cell: CellResult) -> tuple[object, ...]:
    place, tensor = f"{cell.sheet}!{cell.cell}", f"{cell.tensor}{list(cell.index)}"
    return place, tensor, cell.status, cell.found, cell.expected, cell.why
