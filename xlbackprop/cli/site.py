"""xlbackprop site: the page for the browser as static files, with the program in them."""

# ruff: noqa: D301  (click keeps the lines of a paragraph that begins with a backspace)

from __future__ import annotations

from pathlib import Path

import click

from xlbackprop.cli import options


@click.command()
@click.option("-o", "--output", type=options.FOLDER, required=True, help="The folder to write.")
@click.option(
    "--pyodide",
    type=options.FOLDER,
    help="A folder with Pyodide and NumPy, to be copied: then the page needs no other host.",
)
@options.force
def site(output: Path, pyodide: Path | None, force: bool) -> None:
    """Write a page that judges workbooks in the reader's own browser.

    \b
    Any host of static files serves it; no file that is dropped leaves the reader's machine.

    \b
    Example:
      xlbackprop site -o public
    """
    from xlbackprop.web.static.site import write_site

    click.echo(write_site(output, pyodide, force=force))
