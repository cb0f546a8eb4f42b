"""xlbackprop gradcheck: gradients against central differences."""

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
@click.argument("source", metavar="SPEC|WORKBOOK", type=SPEC)
@click.argument("tensor", required=False)
@click.option(
    "--epsilon", type=float, metavar="E", default=1e-5, show_default=True, help="How far to nudge."
)
@options.as_json
@click.pass_context
def gradcheck(
    context: click.Context, source: str, tensor: str | None, epsilon: float, as_json: bool
) -> None:
    """Compare gradients with (L(x + E) - L(x - E)) / 2E, entry by entry.

    \b
    TENSOR is one of them, or its gradient; by default, all inputs and parameters.
    Where both differ and nothing is wrong, it says why: a kink, or cancellation.

    \b
    Example:
      xlbackprop gradcheck conv5x5x2
      xlbackprop gradcheck output/conv5x5x2.xlsx conv1.w
    """
    with shown_progress(quiet=as_json):
        checked = xlbackprop.gradcheck(source, tensor, epsilon=epsilon)
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in checked], indent=1))
    else:
        from xlbackprop.report.terminal.gradcheck import print_gradcheck

        print_gradcheck(checked, sys.stdout, every=tensor is not None)
    context.exit(0 if all(one.agrees and one.is_right for one in checked) else 1)
