"""xlbackprop import: a model that another program saved, to a spec."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

import xlbackprop
from xlbackprop.cli import options
from xlbackprop.cli.progress import shown_progress


class _SizesType(click.ParamType[tuple[int, ...]]):
    """Sizes with commas between them: 1,28,28."""

    name = "sizes"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the sizes of a text."""
        parts = str(value).replace("x", ",").split(",")
        if not all(part.strip().isdecimal() and 0 < int(part) <= 1_000_000 for part in parts):
            self.fail(f"{value!r} is no list of sizes, as 1,28,28", param, ctx)
        return tuple(map(int, parts))


@click.command()
@click.argument("model", type=options.FILE)
@click.option("-o", "--output", type=options.FILE, help="The spec to write: output/<name>.toml.")
@click.option(
    "--input", "sizes", type=_SizesType(), help="The input's sizes, as the model takes it: 1,28,28."
)
@click.option(
    "--batch", type=click.IntRange(min=1), metavar="N", help="How many samples the workbook has."
)
@click.option("--loss", default="", metavar="NAME", help="The loss, by default dL/dout is given.")
@click.option("--until", default="", metavar="NAME", help="End after this module.")
@options.force
def import_(
    model: Path,
    output: Path | None,
    sizes: tuple[int, ...] | None,
    batch: int | None,
    loss: str,
    until: str,
    force: bool,
) -> None:
    """Make a spec of MODEL, a file that another program saved: .onnx, .keras or .pt2.

    \b
    Example:
      xlbackprop import model.onnx -o net.toml
      xlbackprop import model.onnx --input 1,28,28 --loss cross_entropy -o digits.toml
      xlbackprop import model.onnx --until features -o part.toml
    """
    with shown_progress():
        imported = xlbackprop.import_model(model, sizes=sizes, batch=batch, loss=loss, until=until)
        spec = imported.spec
        path = spec.save(output or Path("output", f"{spec.name}.toml"), force=force)
    for note in imported.notes:
        click.echo(f"Note: {note}.", err=True)
    click.echo(path)
