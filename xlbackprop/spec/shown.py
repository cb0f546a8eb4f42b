"""Tables for a notebook, in which Specs, Networks and Reports show themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from xlbackprop.errors import one_line

_MOST_LETTERS = 200


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as HTML: every text in it is escaped, and on one line."""
    head = f"<thead>{_row('th', heads)}</thead>" if heads else ""
    body = "".join(_row("td", row) for row in rows)
    return f"<table><caption>{_text(title)}</caption>{head}<tbody>{body}</tbody></table>"


def _row(kind: str, cells: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{kind}>{_text(cell)}</{kind}>" for cell in cells) + "</tr>"


def _text(value: object) -> str:
    return escape(one_line("" if value is None else value, _MOST_LETTERS))


def options_text(options: Mapping[str, object]) -> str:
    """Return options one after the other, as a spec has them."""
    return ", ".join(f"{name} = {value}" for name, value in options.items())


def sizes_text(sizes: Iterable[int]) -> str:
    """Return sizes as 3×4, or that it is a number."""
    return "×".join(map(str, sizes)) or "a number"
