"""The commands, a file for each: options in, a call of the library, its result out.

A file is imported when its command is asked for, and imports what it works with when it runs.
"""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import click

import xlbackprop
from xlbackprop.cli.commands import Group, Modules

COMMANDS = (
    "templates",
    "describe",
    "build",
    "check",
    "explain",
    "view",
    "gradcheck",
    "equations",
    "picture",
    "inspect",
    "import",
    "export",
    "locate",
    "assign",
    "grade",
    "gradebook",
    "serve",
    "site",
)


@click.group(
    cls=Group,
    commands=Modules(__name__, COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(xlbackprop.__version__, prog_name="xlbackprop")
def cli() -> None:
    """Neural networks as spreadsheets: with their gradients, and with a check of yours.

    \b
    Example:
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
      xlbackprop check mine.xlsx
    """
