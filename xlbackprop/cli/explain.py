"""xlbackprop explain: how a cell comes about."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import sys
from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("workbook", type=options.FILE)
@click.argument("cell")
@options.spec
@options.map_
@options.sheet
@click.option("--full", is_flag=True, help="Show every term, however many there are.")
@click.option("--latex", "form", flag_value="latex", help="Print a LaTeX document.")
@click.option("--json", "form", flag_value="json", help="Print one JSON document.")
def explain(
    workbook: Path,
    cell: str,
    spec: str | None,
    map_: Path | None,
    sheet: str | None,
    full: bool,
    form: str | None,
) -> None:
    """Show how CELL of WORKBOOK comes about, term by term.

    \b
    CELL is an address, a tensor with its index, or the name of a single cell.

    \b
    Example:
      xlbackprop explain output/conv5x5x2.xlsx conv1.F34
      xlbackprop explain output/conv5x5x2.xlsx "conv1.dL_dh[0,2,3]"
      xlbackprop explain output/conv5x5x2.xlsx loss.L --latex
    """
    with shown_progress(quiet=form == "json"):
        explanation = xlbackprop.explain(workbook, cell, spec=spec, map=map_, sheet=sheet)
    if form == "json":
        click.echo(explanation.to_json())
    elif form == "latex":
        from xlbackprop.explainer import to_latex_document

        click.echo(to_latex_document(explanation), nl=False)
    else:
        from xlbackprop.report.terminal.explanation import print_explanation

        print_explanation(explanation, sys.stdout, full=full)
