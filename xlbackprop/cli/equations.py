"""xlbackprop equations: the whole derivation of a network."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.progress import shown_progress
from xlbackprop.saving import check_output, save


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "--latex", "form", flag_value="latex", help="A LaTeX document that compiles as it is."
)
@click.option("--markdown", "form", flag_value="markdown", help="Markdown, equations between $$.")
@click.option("--html", "form", flag_value="html", help="One web page that needs nothing else.")
@click.option("--body", is_flag=True, help="Of LaTeX the body alone, to \\input; with labels.")
@click.option("--numbers", is_flag=True, help="In LaTeX, the matrices of a worked example, too.")
@click.option("--delta", is_flag=True, help="In LaTeX, gradients are called δ.")
@options.output
@options.force
def equations(
    spec: str,
    form: str | None,
    body: bool,
    numbers: bool,
    delta: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Write the whole derivation of SPEC: every equation, forward and backward, with its sizes.

    \b
    Example:
      xlbackprop equations conv5x5x2
      xlbackprop equations conv5x5x2 --latex -o conv5x5x2.tex
      xlbackprop equations conv5x5x2 --latex --body --numbers -o body.tex
    """
    if form != "latex" and (body or numbers or delta):
        raise click.UsageError("--body, --numbers and --delta are for --latex: add it")
    if output is not None:
        check_output(output, force=force)
    with shown_progress():
        text = xlbackprop.equations(spec, form or "text", body=body, numbers=numbers, delta=delta)
    if output is None:
        click.echo(text, nl=False)
    else:
        save(output, text.encode(), force=force)
        click.echo(output)
