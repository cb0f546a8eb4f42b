"""xlbackprop build: a spec to a workbook."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC, TENSOR_NAMES
from xlbackprop.cli.progress import shown_progress


@click.command()
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", type=options.FILE, help="The file to write: output/<name>.xlsx.")
@click.option(
    "--blank", type=TENSOR_NAMES, default="", help="Tensors to leave empty, or all of them: all."
)
@click.option(
    "--practice", is_flag=True, help="Colour what is filled in; the answers are in the file."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Draw other numbers, for given ones too.",
)
@click.option("--plain", is_flag=True, help="No colour scales, and no cells in bold.")
@click.option("--gradcheck", is_flag=True, help="Add a sheet that checks gradients by nudging.")
@click.option("--walk", is_flag=True, help="A cell to turn up: blocks fill one after another.")
@click.option(
    "--ladder", is_flag=True, help="Practice, a block at a time, with hints for who asks."
)
@options.force
def build(
    spec: str,
    output: Path | None,
    blank: str,
    practice: bool,
    seed: int | None,
    plain: bool,
    gradcheck: bool,
    walk: bool,
    ladder: bool,
    force: bool,
) -> None:
    """Write the workbook of SPEC: a template's name, or a TOML file.

    \b
    Example:
      xlbackprop build conv5x5x2
      xlbackprop build conv5x5x2 --blank dL_dw,dL_dh -o mine.xlsx
      xlbackprop build conv5x5x2 --blank all --practice -o practice.xlsx
    """
    names = [name.strip() for name in blank.split(",") if name.strip()]
    with shown_progress():
        loaded = xlbackprop.load_spec(spec)
        path = xlbackprop.build(
            loaded,
            output,
            blank=names,
            practice=practice,
            seed=seed,
            plain=plain,
            gradcheck=gradcheck,
            walk=walk,
            ladder=ladder,
            force=force,
        )
    for remark in loaded.remarks:
        click.echo(f"Note: {remark}.", err=True)
    click.echo(path)
