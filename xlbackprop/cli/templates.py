"""xlbackprop templates: the networks that come with the program."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

import json
import sys

import click

import xlbackprop
from xlbackprop.cli import options


@click.command()
@options.as_json
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
        from xlbackprop.report.terminal.listings import print_templates

        print_templates(about, sys.stdout)
