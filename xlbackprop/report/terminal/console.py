"""A console for texts from strangers, its tables, and its colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from xlbackprop.errors import one_line

COLOURS = {
    "right": "green", "wrong": "bold red", "invalid": "red", "blank": "blue", "typed": "magenta",
    "carried": "yellow", "incomplete": "bold blue",
}  # fmt: skip

_WIDTH_WHEN_PIPED = 120


def open_console(stream: TextIO) -> Console:
    """Return a console that takes nothing in a text for markup."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = _WIDTH_WHEN_PIPED
    return console


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    right: Collection[int] = (),
) -> None:
    """Print a table without the columns in which no row has anything."""
    kept = [number for number in range(len(heads)) if any(str(row[number]) for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, head in enumerate(heads):
        if number in kept:
            table.add_column(head, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row[number]) for number in kept))
    console.print(table)


def _plain(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(one_line(value, 100))
