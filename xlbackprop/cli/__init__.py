"""The commands, a file for each: options in, a call of the library, its result out."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import click

import xlbackprop
from xlbackprop.cli.build import build
from xlbackprop.cli.check import check
from xlbackprop.cli.equations import equations
from xlbackprop.cli.explain import explain
from xlbackprop.cli.inspect import inspect
from xlbackprop.cli.locate import locate
from xlbackprop.cli.templates import templates


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(xlbackprop.__version__, prog_name="xlbackprop")
def cli() -> None:
    """Neural networks as spreadsheets: with their gradients, and with a check of yours.

    \b
    Example:
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
      xlbackprop check mine.xlsx
    """


for command in (templates, build, inspect, check, locate, explain, equations):
    cli.add_command(command)
