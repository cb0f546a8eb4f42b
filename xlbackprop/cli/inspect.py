"""xlbackprop inspect: where the tensors of a workbook stand."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("workbook", type=options.FILE)
@options.spec
@options.map_
@options.sheet
@options.as_json
def inspect(
    workbook: Path, spec: str | None, map_: Path | None, sheet: str | None, as_json: bool
) -> None:
    """Say what network WORKBOOK holds, and where its tensors stand.

    \b
    Example:
      xlbackprop inspect output/conv5x5x2.xlsx
      xlbackprop inspect own.xlsx --map own.toml
    """
    with shown_progress(quiet=as_json):
        inspection = xlbackprop.inspect(workbook, spec=spec, map=map_, sheet=sheet)
    if as_json:
        click.echo(json.dumps(inspection.to_dict(), indent=1))
    else:
        from xlbackprop.report.terminal.listings import print_inspection

        print_inspection(inspection, sys.stdout)
