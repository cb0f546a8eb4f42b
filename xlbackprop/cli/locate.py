"""xlbackprop locate: a proposal of where the tensors stand in somebody's workbook."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.progress import shown_progress
from xlbackprop.saving import check_outputs, save

if TYPE_CHECKING:
    from xlbackprop.find.locate import OwnProposal, Proposal


@click.command()
@click.argument("workbook", type=options.FILE)
@click.option(
    "--spec", type=SPEC, help="The network to look for: a template's name, or a TOML file."
)
@click.option("--guess", is_flag=True, help="Propose a spec, too: of conv, pool and dense layers.")
@options.sheet
@click.option("-o", "--output", type=options.FILE, help="Write the proposal as a map file.")
@options.force
@options.as_json
@click.pass_context
def locate(
    context: click.Context,
    workbook: Path,
    spec: str | None,
    guess: bool,
    sheet: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Propose where the tensors of a network stand in WORKBOOK, laid out by somebody else.

    Without --spec its formulas are differentiated, whatever network they hold: the proposal says
    which cells are gradients and updates, and by which others. With --guess and -o map.toml the
    spec is written to map.spec.toml.

    \b
    Exit status: 0 all that is needed was found, 1 something is left out, 2 it could not be used.

    \b
    Example:
      xlbackprop locate mine.xlsx
      xlbackprop locate mine.xlsx --spec conv5x5x2 -o map.toml
      xlbackprop locate mine.xlsx --guess
    """
    if guess and spec is not None:
        raise click.UsageError("give either --spec SPEC or --guess")
    if not (spec or guess):
        _locate_gradients(workbook, sheet, output, force=force, as_json=as_json)
        return
    spec_file = output.with_suffix(".spec.toml") if output and guess else None
    check_outputs([path for path in (output, spec_file) if path], workbook, force=force)
    with shown_progress(quiet=as_json):
        proposal = _proposal(workbook, spec, sheet)
    if spec_file:
        proposal = replace(proposal, spec=spec_file.name)
        save(spec_file, proposal.network.spec.to_toml().encode(), force=force)
    _hand_out(proposal, output, force=force, as_json=as_json)
    _print(proposal, output, with_spec=guess, quiet=as_json)
    context.exit(0 if proposal.is_complete else 1)


def _locate_gradients(
    workbook: Path, sheet: str | None, output: Path | None, *, force: bool, as_json: bool
) -> None:
    from xlbackprop.report.terminal.gradients import print_gradients

    check_outputs([output] if output else [], workbook, force=force)
    with shown_progress(quiet=as_json):
        proposal = xlbackprop.locate_gradients(workbook, sheet=sheet)
    _hand_out(proposal, output, force=force, as_json=as_json)
    if not as_json:
        print_gradients(proposal, sys.stdout)


def _hand_out(
    proposal: Proposal | OwnProposal, output: Path | None, *, force: bool, as_json: bool
) -> None:
    """Write the map where it is wanted, and print the proposal as JSON where that is."""
    if output:
        save(output, proposal.to_toml().encode(), force=force)
    if as_json:
        click.echo(json.dumps(proposal.to_dict(), indent=1))


def _proposal(workbook: Path, spec: str | None, sheet: str | None) -> Proposal:
    if spec is None:
        return xlbackprop.guess(workbook, sheet=sheet)
    return xlbackprop.locate(workbook, spec, sheet=sheet)


def _print(proposal: Proposal, output: Path | None, *, with_spec: bool, quiet: bool) -> None:
    if quiet:
        return
    from xlbackprop.report.terminal.listings import print_proposal

    if with_spec:
        click.echo(proposal.network.spec.to_toml())
    print_proposal(proposal, sys.stdout)
    if with_spec:
        click.echo(f"\nto check it: {_next(proposal.workbook, output)}")


def _next(workbook: str, output: Path | None) -> str:
    """Return the commands that check a workbook by what was guessed."""
    own, name = quote(workbook), quote(str(output or "found.toml"))
    first = "" if output else f"xlbackprop locate {own} --guess -o {name}, then "
    return f"{first}xlbackprop check {own} --map {name}"
