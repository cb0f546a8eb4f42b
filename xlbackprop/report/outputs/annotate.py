"""The workbook handed back: a copy with marks."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.report.outputs.output import Outcome, output


@output("annotate", name="marked copy", ending="", help="A copy of the workbook with marks.")
def copy_with_marks(outcome: Outcome, target: Path) -> bytes:
    """Return the workbook as a file in which the cells that are not right are marked."""
    from xlbackprop.report.annotation import marked_copy

    return marked_copy(outcome.report, outcome.workbook, target)
