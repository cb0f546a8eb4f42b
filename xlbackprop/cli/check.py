"""xlbackprop check: a workbook to verdicts, in all forms of report."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import sys
from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.judge.prove import MOST_DRAWS
from xlbackprop.report import terminal
from xlbackprop.report.hints import Hints
from xlbackprop.workbook.engine.engine import DEFAULT_LIMITS, Limits
from xlbackprop.workbook.engine.recalculation import EngineName
from xlbackprop.workbook.save import check_outputs, save


@click.command()
@click.argument("workbook", type=options.FILE)
@options.spec
@options.map_
@click.option(
    "--hints",
    type=click.Choice([level.word for level in Hints]),
    default=Hints.RULE.word,
    show_default=True,
    help="How much is told: which cells, which mistake, what to do, or the right numbers.",
)
@click.option(
    "--engine",
    type=click.Choice([name.value for name in EngineName]),
    default=EngineName.IRONCALC.value,
    show_default=True,
    help="What evaluates the formulas anew; none: judge what was saved.",
)
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
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=DEFAULT_LIMITS.seconds,
    show_default=True,
    metavar="SECONDS",
    help="For the engine, in all.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=100, max=1_000_000),
    default=DEFAULT_LIMITS.megabytes,
    show_default=True,
    metavar="MB",
    help="For each process of the engine.",
)
@click.option("--annotate", type=options.FILE, help="Write a marked copy of the workbook here.")
@click.option("--html", type=options.FILE, help="Write a page for the browser, too.")
@click.option(
    "--csv", type=options.FILE, help="Write the cells that are not right as a table, too."
)
@options.force
@options.as_json
@click.pass_context
def check(
    context: click.Context,
    workbook: Path,
    spec: str | None,
    map_: Path | None,
    hints: str,
    engine: str,
    prove: int | None,
    formulas: bool,
    timeout: float,
    memory: int,
    annotate: Path | None,
    html: Path | None,
    csv: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Say of every cell of WORKBOOK whether it is right.

    \b
    Exit status: 0 all right, 1 something is not, 2 the file could not be used.

    \b
    Example:
      xlbackprop check mine.xlsx
      xlbackprop check mine.xlsx --hints answer
      xlbackprop check mine.xlsx --prove --formulas
      xlbackprop check mine.xlsx --annotate marked.xlsx --html mine.html
      xlbackprop check own.xlsx --map own.toml
    """
    level = Hints[hints.upper()]
    check_outputs(list(filter(None, (annotate, html, csv))), workbook, force=force)
    review = xlbackprop.review_workbook(
        workbook,
        spec=spec,
        map=map_,
        engine=engine,
        limits=Limits(timeout, memory),
        prove=prove or 0,
        formulas=formulas,
    )
    report = xlbackprop.make_report(review).told(level)
    if annotate:
        xlbackprop.annotate(report, workbook, annotate, force=force)
    if html:
        save(html, xlbackprop.html_report(review, level).encode(), force=force)
    if csv:
        save(csv, xlbackprop.csv_report(report).encode("utf-8-sig"), force=force)
    if as_json:
        click.echo(report.to_json())
    else:
        terminal.print_report(report, sys.stdout)
        made = {"marked copy": annotate, "page": html, "table": csv}
        for what, path in made.items():
            if path:
                click.echo(f"\n{what}: {path}")
    context.exit(0 if report.verdict == "right" else 1)
