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
_LONGEST_TEXT = 300
_LEAST_FOR_SENTENCES = 20


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
    """Print a table without the columns in which no row has anything.

    The last column has sentences: it alone is folded where the terminal leaves it some room.
    """
    cells = [[_plain(value) for value in row] for row in rows]
    kept = [number for number in range(len(heads)) if any(row[number].plain for row in cells)]
    longest = [max([len(heads[n]), *(row[n].cell_len for row in cells)]) for n in kept]
    leaves_room = sum(longest[:-1]) + _LEAST_FOR_SENTENCES <= console.width - 2 * len(kept)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, width in zip(kept, longest, strict=True):
        table.add_column(
            heads[number],
            justify="right" if number in right else "left",
            overflow="fold",
            min_width=width if leaves_room and number != kept[-1] else None,
        )
    for row in cells:
        table.add_row(*(row[number] for number in kept))
    console.print(table)


def _plain(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(one_line(value, _LONGEST_TEXT))
