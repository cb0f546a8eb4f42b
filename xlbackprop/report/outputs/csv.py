"""The table of the cells that are not right."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.report.outputs.output import Outcome, output


@output("csv", name="table", ending=".csv", help="The cells that are not right, as a table.")
def table(outcome: Outcome, target: Path) -> bytes:  # noqa: ARG001
    """Return the table of a checked workbook, marked as UTF-8 for Excel."""
    from xlbackprop.report.table import csv_report

    return csv_report(outcome.report).encode("utf-8-sig")
