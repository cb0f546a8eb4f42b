"""xlbackprop check: a workbook to verdicts, in all forms of report."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import checking, options
from xlbackprop.cli.progress import shown_progress
from xlbackprop.cli.sections import section
from xlbackprop.errors import OutputError, XlbackpropError, one_line
from xlbackprop.judge.options import CheckOptions
from xlbackprop.report.hints import Hints
from xlbackprop.report.outputs import OUTPUTS, Outcome, write_outputs
from xlbackprop.saving import check_outputs


@click.command(cls=checking.OutputCommand)
@click.argument("workbook", type=options.FILE)
@checking.checks
@checking.hints
@section(checking.HOW_MUCH)(
    "--cells",
    "all_cells",
    type=click.Choice(["few", "all"]),
    default="few",
    metavar="few|all",
    callback=lambda _context, _option, word: word == "all",
    help="List a few cells of each cause, or all.",
)
@section(checking.HOW_MUCH)("--json", "as_json", is_flag=True, help=options.JSON_HELP)
@section(checking.OUTPUT_FILES)("--force", is_flag=True, help=options.FORCE_HELP)
@click.pass_context
def check(
    context: click.Context,
    /,
    *,
    workbook: Path,
    check_options: CheckOptions,
    hints: Hints,
    all_cells: bool,
    as_json: bool,
    force: bool,
    **files: Path | None,
) -> None:
    """Say of every cell of WORKBOOK whether it is right.

    \b
    Exit status: 0 all right, 1 something is not, 2 the file could not be used.

    \b
    Example:
      xlbackprop check mine.xlsx
      xlbackprop check mine.xlsx --hints answer
      xlbackprop check mine.xlsx --prove --formulas --cells all
      xlbackprop check mine.xlsx --annotate marked.xlsx --html mine.html
      xlbackprop check own.xlsx --map own.toml
    """
    paths = {option: path for option, path in files.items() if path}
    check_outputs(list(paths.values()), workbook, force=force)
    with shown_progress(quiet=as_json):
        review = xlbackprop.review_workbook(workbook, check_options)
        report = xlbackprop.make_report(review).told(hints)
        left_out = write_outputs(Outcome(workbook, review, report, hints), paths, force=force)
    if as_json:
        click.echo(report.to_json())
    else:
        from xlbackprop.report.terminal.report import print_report

        print_report(report, sys.stdout, _written(paths, left_out), all_cells=all_cells)
    _complain_of(left_out)
    others = check_options.same_givens and report.givens_changed
    context.exit(max(_status(left_out), 1 if report.verdict != "right" or others else 0))


def _written(paths: Mapping[str, Path], left_out: Collection[str]) -> dict[str, Path]:
    return {OUTPUTS[one].name: path for one, path in paths.items() if one not in left_out}


def _complain_of(left_out: Mapping[str, XlbackpropError]) -> None:
    for error in left_out.values():
        click.echo(f"xlbackprop: {one_line(error)}", err=True)


def _status(left_out: Mapping[str, XlbackpropError]) -> int:
    """Return 2 where a file could not be put where it was asked for, 1 where none could be made."""
    return max((2 if isinstance(e, OutputError) else 1 for e in left_out.values()), default=0)
