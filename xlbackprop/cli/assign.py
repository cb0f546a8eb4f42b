"""xlbackprop assign: a workbook for each student of a class."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC, TENSOR_NAMES
from xlbackprop.cli.progress import shown_progress


def _points(context: click.Context, option: click.Parameter, text: str) -> dict[str, float]:  # noqa: ARG001
    """Return the points that were said, by tensor."""
    points: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, number = part.partition("=")
        try:
            points[name.strip()] = float(number)
        except ValueError:
            raise click.BadParameter(f"{part!r}: expected TENSOR=NUMBER") from None
        if not equals:
            raise click.BadParameter(f"{part!r}: expected TENSOR=NUMBER")
    return points


@click.command()
@click.argument("spec", type=SPEC)
@click.option("--roster", type=options.FILE, required=True, help="A CSV file with a column id.")
@click.option("--blank", type=TENSOR_NAMES, required=True, help="Tensors to be filled in.")
@click.option("-o", "--output", type=options.FOLDER, required=True, help="The assignment's folder.")
@click.option(
    "--points",
    default="",
    callback=_points,
    metavar="TENSOR=N,...",
    help="What each tensor is worth: 100 in all, by the number of cells.",
)
@click.option("--same", is_flag=True, help="The same numbers for all.")
@click.option("--anonymous", is_flag=True, help="Tokens for names; key.csv says who is who.")
def assign(spec: str, roster: Path, blank: str, output: Path, **chosen: Any) -> None:
    """Make a workbook for each student of a class, with numbers of their own.

    Numbers are drawn until they are fit: every known mistake shows in them. Called again with a
    longer roster, students who are new get theirs.

    \b
    Example:
      xlbackprop assign conv5x5x2 --roster roster.csv --blank dL_dw,dL_dh -o hw1
      xlbackprop assign conv5x5x2 --roster roster.csv --blank dL_dw -o hw2 --points dL_dw=40 --same
    """
    from xlbackprop.classroom.assignments.handouts import assign as make
    from xlbackprop.classroom.assignments.key_table import KEY

    names = [name.strip() for name in blank.split(",") if name.strip()]
    with shown_progress(lines=True):
        made = make(spec, roster, output, blank=names, **chosen)
    total = len(made.assignment.students)
    for line in made.unavoidable:
        click.echo(f"all numbers of this network have it: {line}", err=True)
    click.echo(f"{output}: {len(made.added):,} workbooks, {total:,} students in all")
    if made.assignment.anonymous:
        click.echo(f"{output / KEY} says who is who; nothing else does")
