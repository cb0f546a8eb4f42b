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
from xlbackprop.hints import Hints
from xlbackprop.prove import MOST_DRAWS
from xlbackprop.recalculation import EngineName
from xlbackprop.workbook.engine import DEFAULT_LIMITS, Limits
from xlbackprop.workbook.save import check_output, save

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
@click.option("--seed", type=click.IntRange(min=0), help="For the numbers that are drawn.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
def build(spec: str, output: Path | None, blank: str, seed: int | None, force: bool) -> None:
    """Write the workbook of SPEC: a template's name, or a TOML file.

    \b
    Example:
      xlbackprop build conv5x5x2
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
    """
    names = [name.strip() for name in blank.split(",") if name.strip()]
    path = xlbackprop.build(spec, output, blank=names, seed=seed, force=force)
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
      xlbackprop check own.xlsx --map own.toml
    """
    report = xlbackprop.check(
        workbook,
        spec=spec,
        map=map_,
        engine=engine,
        limits=Limits(timeout, memory),
        prove=prove or 0,
        formulas=formulas,
    ).told(Hints[hints.upper()])
    if as_json:
        click.echo(report.to_json())
    else:
        terminal.print_report(report, sys.stdout)
    context.exit(0 if report.verdict == "right" else 1)


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
    for file in filter(None, (output, spec_file)):
        check_output(file, force=force)
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
