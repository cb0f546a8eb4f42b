"""xlbackprop describe: a network's layers, and how large they are."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import json
import sys

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("spec", type=SPEC)
@options.as_json
def describe(spec: str, as_json: bool) -> None:
    """Say what SPEC consists of: layers, shapes, parameters, multiply-adds, cells.

    \b
    Example:
      xlbackprop describe lenet5
      xlbackprop describe conv5x5x2 --json
    """
    with shown_progress(quiet=as_json):
        summary = xlbackprop.describe(spec)
    if as_json:
        click.echo(json.dumps(summary.to_dict(), indent=1))
    else:
        from xlbackprop.report.terminal.listings import print_summary

        print_summary(summary, sys.stdout)
