"""xlbackprop grade: all submissions of a class to points and feedback."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlbackprop.cli import checking, options
from xlbackprop.cli.progress import shown_progress
from xlbackprop.judge.options import MOST_DRAWS

if TYPE_CHECKING:
    from xlbackprop.classroom.marking.grades import Grades

_MOST_LINES = 20


@click.command()
@click.argument("folder", type=options.FOLDER)
@click.argument("submissions", type=options.FILE)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes: all processors.")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, as tcp://192.0.2.1:8786.")
@checking.hints
@click.option(
    "--prove",
    type=click.IntRange(min=1, max=MOST_DRAWS),
    is_flag=False,
    flag_value=20,
    metavar="[N]",
    help="Try the formulas on N draws of the givens and parameters, too (20).",
)
@click.option("--formulas", is_flag=True, help="A number typed instead of a formula is not right.")
@click.option(
    "--due",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]),
    metavar="TIME",
    help="What was changed after 2026-11-26T23:59 is late.",
)
@click.option("--no-feedback", is_flag=True, help="Points only: no pages, no marked copies.")
@click.option("--names", is_flag=True, help="class.html says who has made which mistake.")
@click.option("--force", is_flag=True, help="Mark all files anew.")
@options.as_json
@click.pass_context
def grade(
    context: click.Context,
    /,
    *,
    folder: Path,
    submissions: Path,
    no_feedback: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Mark what a class has handed in: SUBMISSIONS, a folder or a zip archive.

    FOLDER is what assign has made; FOLDER/results holds grades.csv, a page and a marked copy for
    each student, class.html on the class as a whole, and similar.csv, hints of copying. Whose a
    workbook is, it says itself. What was marked before is not marked again.

    \b
    Exit status: 0 all are graded, 1 something is missing, unreadable or another student's.

    \b
    Example:
      xlbackprop grade hw1 submissions
      xlbackprop grade hw1 submissions.zip --hints where --due 2026-11-26T23:59
    """
    from xlbackprop.classroom.grade import grade as mark

    chosen = {name: value for name, value in chosen.items() if value is not None}
    if {"jobs", "cluster"} <= chosen.keys():
        raise click.UsageError("say --jobs or --cluster, not both")
    with shown_progress(quiet=as_json, lines=True):
        grades = mark(folder, submissions, feedback=not no_feedback, **chosen)
    if as_json:
        import json

        from xlbackprop.classroom.results.results import as_json as plain

        click.echo(json.dumps(plain(grades), indent=1))
    else:
        _print(grades, folder)
    context.exit(0 if all(one.status in ("graded", "late") for one in grades.results) else 1)


def _print(grades: Grades, folder: Path) -> None:
    counts: dict[str, int] = {}
    for one in grades.results:
        counts[one.status] = counts.get(one.status, 0) + 1
    click.echo(", ".join(f"{count:,} {status}" for status, count in counts.items()))
    click.echo(f"{grades.marked:,} files marked, {grades.kept:,} known from before")
    _list([f"{one.file}: nobody's: {one.reason}" for one in grades.unassigned])
    _list([f"{one.id}: {one.before:g} → {one.after:g}: {one.why}" for one in grades.changes])
    click.echo(folder / "results" / "grades.csv")


def _list(lines: list[str]) -> None:
    for line in lines[:_MOST_LINES]:
        click.echo(line)
    if len(lines) > _MOST_LINES:
        click.echo(f"… and {len(lines) - _MOST_LINES:,} more")
