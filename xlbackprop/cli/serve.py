"""xlbackprop serve: the page for the browser, with this program behind it."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlbackprop.cli import checking, options
from xlbackprop.report.hints import Hints

if TYPE_CHECKING:
    from xlbackprop.web.server.feedback import Feedback


@click.command()
@click.argument("assignment", type=options.FOLDER, required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="Its port; 0 takes a free one.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="A host name that the server is reached by, where a proxy stands before it.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: os.cpu_count() or 1,
    help="So many workbooks are judged at a time: one for each core.",
)
@click.option(
    "--waiting",
    type=click.IntRange(0, 10_000),
    default=40,
    show_default=True,
    help="So many may wait; others are asked to come back.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=3_600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="For each workbook.",
)
@click.option(
    "--memory",
    type=click.IntRange(200, 1_000_000),
    default=1_000,
    show_default=True,
    metavar="MB",
    help="For each workbook.",
)
@checking.hints
@click.option(
    "--tries",
    type=click.IntRange(1, 1_000),
    default=6,
    show_default=True,
    help="So often an hour a student of an assignment gets feedback.",
)
def serve(
    assignment: Path | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    workers: int,
    waiting: int,
    timeout: float,
    memory: int,
    hints: Hints,
    tries: int,
) -> None:
    """Serve a page on which workbooks are checked and built.

    With the folder of an ASSIGNMENT, its students get their workbooks there, and feedback on them;
    its file links.csv has the link of each.

    \b
    Example:
      xlbackprop serve
      xlbackprop serve hw1 --hints kind --tries 6
      xlbackprop serve --port 8080 --name sheets.example.org
    """
    from xlbackprop.web.server.serving import Serving
    from xlbackprop.web.server.serving import serve as start

    feedback = None if assignment is None else _feedback(assignment, hints)
    serving = Serving(host, port, names, workers, waiting, timeout, memory, feedback, tries)
    start(serving, lambda address: _tell(address, feedback))


def _feedback(folder: Path, hints: Hints) -> Feedback:
    from xlbackprop.classroom.assignments.assignment import load_assignment
    from xlbackprop.web.server.feedback import Feedback

    return Feedback(load_assignment(folder), hints)


def _tell(address: str, feedback: Feedback | None) -> None:
    click.echo(f"{address} (Ctrl+C ends it)")
    if feedback is not None:
        click.echo(f"{feedback.write_links(address)} has the link of each student")
