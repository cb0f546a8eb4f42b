"""The commands: options in, a call of the library, its result out."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

import xlbackprop
from xlbackprop import terminal
from xlbackprop.explainer import to_latex_document as explanation_in_latex
from xlbackprop.hints import Hints
from xlbackprop.prove import MOST_DRAWS
from xlbackprop.recalculation import EngineName
from xlbackprop.terminal_explanation import print_explanation
from xlbackprop.workbook.engine import DEFAULT_LIMITS, Limits
from xlbackprop.workbook.save import check_output, check_outputs, save

_FILE = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(xlbackprop.__version__, prog_name="xlbackprop")
def cli() -> None:
    """Neural networks as spreadsheets: with their gradients, and with a check of yours.

    \b
    Example:
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
      xlbackprop check mine.xlsx
    """


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def templates(as_json: bool) -> None:
    """List the networks that come with the program.

    \b
    Example:
      xlbackprop templates
    """
    about = [(name, xlbackprop.load_spec(name).about) for name in xlbackprop.template_names()]
    if as_json:
        click.echo(json.dumps([{"name": name, "about": text} for name, text in about], indent=1))
    else:
        terminal.print_templates(about, sys.stdout)


@cli.command()
@click.argument("spec")
@click.option("-o", "--output", type=_FILE, help="The file to write: output/<name>.xlsx.")
@click.option(
    "--blank", default="", metavar="TENSOR,...", help="Tensors to leave empty, or all of them: all."
)
@click.option(
    "--practice", is_flag=True, help="Colour what is filled in; the answers are in the file."
)
@click.option("--seed", type=click.IntRange(min=0), help="For the numbers that are drawn.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
def build(
    spec: str, output: Path | None, blank: str, practice: bool, seed: int | None, force: bool
) -> None:
    """Write the workbook of SPEC: a template's name, or a TOML file.

    \b
    Example:
      xlbackprop build conv5x5x2
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
      xlbackprop build conv5x5x2 --blank all --practice -o practice.xlsx
    """
    names = [name.strip() for name in blank.split(",") if name.strip()]
    path = xlbackprop.build(spec, output, blank=names, practice=practice, seed=seed, force=force)
    click.echo(path)


@cli.command()
@click.argument("workbook", type=_FILE)
@click.option("--spec", help="Take this spec, not the one in the workbook or the map.")
@click.option(
    "--map", "map_", type=_FILE, help="A TOML file: where the tensors stand in a workbook of yours."
)
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
@click.option("--annotate", type=_FILE, help="Write a marked copy of the workbook here.")
@click.option("--html", type=_FILE, help="Write a page for the browser, too.")
@click.option("--csv", type=_FILE, help="Write the cells that are not right as a table, too.")
@click.option("--force", is_flag=True, help="Replace existing files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
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


@cli.command()
@click.argument("workbook", type=_FILE)
@click.argument("cell")
@click.option("--spec", help="Take this spec, not the one in the workbook.")
@click.option("--full", is_flag=True, help="Show every term, however many there are.")
@click.option("--latex", "form", flag_value="latex", help="Print a LaTeX document.")
@click.option("--json", "form", flag_value="json", help="Print one JSON document.")
def explain(workbook: Path, cell: str, spec: str | None, full: bool, form: str | None) -> None:
    """Show how CELL of WORKBOOK comes about, term by term.

    \b
    CELL is an address, a tensor with its index, or the name of a single cell.

    \b
    Example:
      xlbackprop explain output/conv5x5x2.xlsx conv1!F34
      xlbackprop explain output/conv5x5x2.xlsx "conv1.dL_dh[0,2,3]"
      xlbackprop explain output/conv5x5x2.xlsx loss.L --latex
    """
    explanation = xlbackprop.explain(workbook, cell, spec=spec)
    if form == "json":
        click.echo(explanation.to_json())
    elif form == "latex":
        click.echo(explanation_in_latex(explanation), nl=False)
    else:
        print_explanation(explanation, sys.stdout, full=full)


@cli.command()
@click.argument("spec")
@click.option(
    "--latex", "form", flag_value="latex", help="A LaTeX document that compiles as it is."
)
@click.option("--markdown", "form", flag_value="markdown", help="Markdown, equations between $$.")
@click.option("--html", "form", flag_value="html", help="One web page that needs nothing else.")
@click.option("-o", "--output", type=_FILE, help="The file to write, instead of printing.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
def equations(spec: str, form: str | None, output: Path | None, force: bool) -> None:
    """Write the whole derivation of SPEC: every equation, forward and backward, with its sizes.

    \b
    Example:
      xlbackprop equations conv5x5x2
      xlbackprop equations conv5x5x2 --latex -o conv5x5x2.tex
    """
    if output is None:
        click.echo(xlbackprop.equations(spec, form or "text"), nl=False)
    else:
        check_output(output, force=force)
        save(output, xlbackprop.equations(spec, form or "text").encode(), force=force)
        click.echo(output)


@cli.command()
@click.argument("workbook", type=_FILE)
@click.option("--spec", help="Take this spec, not the one in the workbook or the map.")
@click.option(
    "--map", "map_", type=_FILE, help="A TOML file: where the tensors stand in a workbook of yours."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def inspect(workbook: Path, spec: str | None, map_: Path | None, as_json: bool) -> None:
    """Say what network WORKBOOK holds, and where its tensors stand.

    \b
    Example:
      xlbackprop inspect output/conv5x5x2.xlsx
      xlbackprop inspect own.xlsx --map own.toml
    """
    inspection = xlbackprop.inspect(workbook, spec=spec, map=map_)
    if as_json:
        click.echo(json.dumps(inspection.to_dict(), indent=1))
    else:
        terminal.print_inspection(inspection, sys.stdout)


@cli.command()
@click.argument("workbook", type=_FILE)
@click.option("--spec", help="The network to look for: a template's name, or a TOML file.")
@click.option("--guess", is_flag=True, help="Propose a spec, too: of one conv or dense layer.")
@click.option("-o", "--output", type=_FILE, help="Write the proposal as a map file.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def locate(
    context: click.Context,
    workbook: Path,
    spec: str | None,
    guess: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Propose where the tensors of a network stand in WORKBOOK, laid out by somebody else.

    With --guess and -o map.toml the spec is written to map.spec.toml.

    \b
    Exit status: 0 all that is needed was found, 1 something is left out, 2 it could not be used.

    \b
    Example:
      xlbackprop locate mine.xlsx --spec conv5x5x2 -o map.toml
      xlbackprop locate mine.xlsx --guess
    """
    if guess == (spec is not None):
        raise click.UsageError("give either --spec SPEC or --guess")
    spec_file = output.with_suffix(".spec.toml") if output and guess else None
    check_outputs([one for one in (output, spec_file) if one], workbook, force=force)
    proposal = xlbackprop.locate(workbook, spec) if spec else xlbackprop.guess(workbook)
    if spec_file:
        proposal = replace(proposal, spec=spec_file.name)
        save(spec_file, proposal.network.spec.to_toml().encode(), force=force)
    if output:
        save(output, proposal.to_toml().encode(), force=force)
    if as_json:
        click.echo(json.dumps(proposal.to_dict(), indent=1))
    else:
        if guess:
            click.echo(proposal.network.spec.to_toml())
        terminal.print_proposal(proposal, sys.stdout)
    context.exit(0 if proposal.is_complete else 1)
