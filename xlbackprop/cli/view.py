"""xlbackprop view: a workbook as a page on which every cell is explained."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.progress import shown_progress
from xlbackprop.saving import check_output, save


@click.command()
@click.argument("source", metavar="SPEC|WORKBOOK", type=SPEC)
@click.option("-o", "--output", type=options.FILE, help="The file to write: output/<name>.html.")
@options.spec
@options.map_
@options.force
def view(
    source: str, output: Path | None, spec: str | None, map_: Path | None, force: bool
) -> None:
    """Write a page for the browser on which each cell is explained, and nothing is judged.

    \b
    A slider walks through the equations in the order in which they are computed.

    \b
    Example:
      xlbackprop view conv5x5x2
      xlbackprop view output/conv5x5x2.xlsx -o conv5x5x2.html
    """
    path = output or Path("output", f"{Path(source).stem}.html")
    check_output(path, force=force)
    with shown_progress():
        page = xlbackprop.view(source, spec=spec, map=map_)
    save(path, page.encode(), force=force)
    click.echo(path)
