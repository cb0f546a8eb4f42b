"""xlbackprop gradebook: points and feedback in the forms that learning platforms take."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

from xlbackprop.cli import options


@click.command()
@click.argument("folder", type=options.FOLDER)
@click.option("--canvas", type=options.FILE, help="Canvas: the export of the gradebook.")
@click.option("--column", default="", metavar="TITLE", help="The assignment's title in Canvas.")
@click.option("--moodle", type=options.FILE, help="Moodle: the offline grading worksheet.")
@click.option(
    "--moodle-feedback",
    type=options.FILE,
    help="Moodle: the download of all submissions, for a zip of feedback.",
)
@click.option("--gradescope", is_flag=True, help="Gradescope: an autograder that marks each.")
@click.option("--junit", is_flag=True, help="JUnit XML.")
@click.option("-o", "--output", type=options.FILE, required=True, help="The file to write.")
@options.force
def gradebook(
    *,
    folder: Path,
    column: str,
    output: Path,
    force: bool,
    **forms: Path | bool | None,
) -> None:
    """Hand on the results of FOLDER to a learning platform.

    The platform's own export is filled in: one column changes, and no other byte.

    \b
    Example:
      xlbackprop gradebook hw1 --canvas export.csv --column "Homework 1" -o canvas.csv
      xlbackprop gradebook hw1 --moodle worksheet.csv -o moodle.csv
      xlbackprop gradebook hw1 --gradescope -o autograder.zip
      xlbackprop gradebook hw1 --junit -o results.xml
    """
    from xlbackprop.classroom.hand_on import gradebook as hand_on

    chosen = {name.replace("_", "-"): value for name, value in forms.items() if value}
    if len(chosen) != 1:
        raise click.UsageError(
            "say one of --canvas, --moodle, --moodle-feedback, --gradescope, --junit"
        )
    if ("canvas" in chosen) != bool(column):
        raise click.UsageError(
            "--canvas needs --column, the assignment's title, and nothing else does"
        )
    ((form, value),) = chosen.items()
    source = value if isinstance(value, Path) else ""
    done = hand_on(folder, form, output, source=source, column=column, force=force)
    click.echo(f"{done.path}: {done.students:,} students")
