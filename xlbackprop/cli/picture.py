"""xlbackprop picture: a figure for a text or a wall."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("source", metavar="SPEC|WORKBOOK", type=SPEC)
@click.argument("what", metavar="[TENSOR|SHEET|graph|loss]", default="graph")
@click.option(
    "-o", "--output", type=options.FILE, required=True, help="The file: .svg, .png or .pdf."
)
@options.force
def picture(source: str, what: str, output: Path, force: bool) -> None:
    """Draw a figure for a text: the graph, a tensor's heat map, a sheet's, or the loss.

    \b
    By default it is the computational graph; "loss" is that of each training step.
    A workbook's numbers are those that it was saved with. This needs matplotlib:
    pip install 'xlbackprop[pictures]'.

    \b
    Example:
      xlbackprop picture residual-block -o graph.svg
      xlbackprop picture conv5x5x2 conv1.dL_dw -o gradient.pdf
      xlbackprop picture output/xor.xlsx loss -o loss.png
    """
    with shown_progress():
        path = xlbackprop.picture(source, output, what, force=force)
    click.echo(path)
