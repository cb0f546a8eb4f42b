"""xlbackprop export: the parameters of a workbook, as a file of arrays."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("workbook", type=options.FILE)
@click.option(
    "-o", "--output", type=options.FILE, required=True, help="The file: .npz or .safetensors."
)
@click.option(
    "--step",
    type=click.IntRange(min=0),
    metavar="N",
    help="After so many training steps, by default after all; 0: before training.",
)
@options.force
def export(workbook: Path, output: Path, step: int | None, force: bool) -> None:
    """Write the parameters of WORKBOOK, as they were saved in it, by their names.

    \b
    Example:
      xlbackprop export output/xor.xlsx -o weights.npz
      xlbackprop export output/xor.xlsx -o start.npz --step 0
    """
    with shown_progress():
        path = xlbackprop.export(workbook, output, step=step, force=force)
    click.echo(path)
