"""An explanation as text for people: the equation, then its terms, then what they come to.

What comes from a workbook is shown as plain text, never as markup or as terminal commands.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.text import Text

from xlbackprop.errors import one_line
from xlbackprop.explainer import Explanation, Term
from xlbackprop.explainer.explanation import number_text
from xlbackprop.report.terminal.console import open_console, print_table

# More than these are counted, not listed, unless all are asked for.
MOST_TERMS = 12
_MOST_CELLS = 8
_LONGEST_LINE = 400


def print_explanation(explanation: Explanation, stream: TextIO, *, full: bool = False) -> None:
    """Print how a cell comes about; long sums are shortened unless `full`."""
    one, console = explanation, open_console(stream)
    console.print(Text(f"{one_line(one.place)} is {one.entry}: {one.about} ({one.kind})"))
    if not one.terms:
        console.print(Text(one.answer))
        return
    console.print()
    for line in filter(None, [one.equation, one.here]):
        console.print(Text(f"  {line}"))
    if one.why:
        console.print()
        console.print(Text(one.why))
    console.print()
    if len(one.terms) == 1:
        _print_steps(console, one, full=full)
    else:
        _print_sum(console, one, full=full)
    console.print()
    console.print(Text(one.answer, "" if one.status == "right" else "bold red"))
    _print_formulas(console, one, full=full)
    _print_upstream(console, one, full=full)


def _print_steps(console: Console, one: Explanation, *, full: bool) -> None:
    """Print what is no sum: in indices, in cells, in numbers, and its value."""
    left = one.name
    lines = (one.with_indices, one.with_cells, one.with_numbers, _value(one.value))
    for line in dict.fromkeys(lines):  # a number by itself is its own value
        console.print(Text(f"  {left} = {_line(line, full=full)}"))
        left = " " * len(one.name)


def _print_sum(console: Console, one: Explanation, *, full: bool) -> None:
    """Print the terms of a sum in rows: the terms that are 0, and those beyond most, in one."""
    shown = one.terms if full else tuple(term for term in one.terms if term.value != 0)
    few = full or len(shown) <= MOST_TERMS + 2  # a remark on one or two saves nothing
    rows = [_row(term) for term in (shown if few else shown[:MOST_TERMS])]
    hidden = shown[len(rows) :]
    if hidden:
        together = sum(term.value or 0.0 for term in hidden)
        rows.append([f"  … {len(hidden):,} more terms; --full lists all", "", "", _value(together)])
    if len(shown) < len(one.terms):
        rows.append([f"  and {len(one.terms) - len(shown):,} terms that are 0", "", "", "0"])
    print_table(console, [one.name, "cells", "numbers", "value"], rows, right=(3,))
    divided = "" if one.divided_by == 1 else f" (the sum divided by {one.divided_by:g})"
    console.print(Text(f"= {_value(one.value)}{divided}", "bold"))


def _row(term: Term) -> list[str]:
    sign, indices = ("-", term.indices[1:]) if term.indices[:1] == "-" else ("+", term.indices)
    return [f"{sign} {indices}", term.cells, term.numbers, _value(term.value)]


def _print_formulas(console: Console, one: Explanation, *, full: bool) -> None:
    """Print the formula that is there, and the one that might be, where it is another."""
    for head, formula in (("formula", one.found_formula), ("rather", one.formula)):
        if formula and (head == "formula" or formula != one.found_formula):
            console.print(Text(f"{head}  {_line(formula, full=full)}", "dim"))


def _print_upstream(console: Console, one: Explanation, *, full: bool) -> None:
    if not one.upstream:
        return
    console.print()
    console.print(Text("made from cells that are not right:", "yellow"))
    rows = [
        [cell.cell, cell.entry, _value(cell.found), _value(cell.expected)]
        for cell in (one.upstream if full else one.upstream[:_MOST_CELLS])
    ]
    print_table(console, ["cell", "is", "found", "right is"], rows, right=(2, 3))
    more = len(one.upstream) - len(rows)
    if more:
        console.print(Text(f"  … and {more:,} more; --full lists all"))
    if one.from_your_cells is not None:
        console.print(Text(f"From your own cells it would be {_value(one.from_your_cells)}."))


def _line(text: str, *, full: bool) -> str:
    return one_line(text, 1_000_000 if full else _LONGEST_LINE)


def _value(value: float | str | None) -> str:
    if isinstance(value, str):
        return repr(one_line(value, 24))
    return "" if value is None else number_text(value)
