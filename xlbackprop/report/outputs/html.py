"""The page for the browser."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.report.outputs.output import Outcome, output


@output("html", name="page", ending=".html", help="A page for the browser.")
def page(outcome: Outcome, target: Path) -> bytes:  # noqa: ARG001
    """Return the page of a checked workbook."""
    from xlbackprop.report.html import html_report

    return html_report(outcome.review, outcome.hints).encode()
