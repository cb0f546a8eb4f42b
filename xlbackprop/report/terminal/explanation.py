"""An explanation as text for people: the equation, then its terms, then what they come to.

What comes from a workbook is shown as plain text, never as markup or as terminal commands.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    _Printer(explanation, open_console(stream), full).print()


@dataclass(frozen=True)
class _Printer:
    """Prints one explanation; what is long is shortened unless `full`."""

    explanation: Explanation
    console: Console
    full: bool

    def print(self) -> None:
        told = self.explanation
        self._line(f"{one_line(told.place)} is {told.entry}: {told.about} ({told.kind})")
        if not told.terms:
            self._line(told.answer)
            return
        self.console.print()
        for equation in filter(None, [told.equation, told.here]):
            self._line(f"  {equation}")
        if told.why:
            self.console.print()
            self._line(told.why)
        self.console.print()
        if len(told.terms) == 1:
            self._print_steps()
        else:
            self._print_sum()
        self.console.print()
        self._line(told.answer, "" if told.status == "right" else "bold red")
        self._print_formulas()
        self._print_upstream()

    def _print_steps(self) -> None:
        """Print what is no sum: in indices, in cells, in numbers, and its value."""
        told, left = self.explanation, self.explanation.name
        steps = (told.with_indices, told.with_cells, told.with_numbers, _value(told.value))
        for step in dict.fromkeys(steps):  # a number by itself is its own value
            self._line(f"  {left} = {self._cut(step)}")
            left = " " * len(left)

    def _print_sum(self) -> None:
        """Print the terms of a sum, with a row for those that are 0, and one for the rest."""
        told = self.explanation
        shown = told.terms if self.full else tuple(term for term in told.terms if term.value != 0)
        few = self.full or len(shown) <= MOST_TERMS + 2  # a remark on one or two saves nothing
        rows = [_row(term) for term in (shown if few else shown[:MOST_TERMS])]
        hidden = shown[len(rows) :]
        if hidden:
            remark = f"  … {len(hidden):,} more terms; --full lists all"
            rows.append([remark, "", "", _value(sum(term.value or 0.0 for term in hidden))])
        if len(shown) < len(told.terms):
            rows.append([f"  and {len(told.terms) - len(shown):,} terms that are 0", "", "", "0"])
        print_table(self.console, [told.name, "cells", "numbers", "value"], rows, right=(3,))
        divided = "" if told.divided_by == 1 else f" (the sum divided by {told.divided_by:g})"
        self._line(f"= {_value(told.value)}{divided}", "bold")

    def _print_formulas(self) -> None:
        """Print the formula that is there, and the one that might be, where it is another."""
        found, ours = self.explanation.found_formula, self.explanation.formula
        if found:
            self._line(f"formula  {self._cut(found)}", "dim")
        if ours and ours != found:
            self._line(f"rather   {self._cut(ours)}", "dim")

    def _print_upstream(self) -> None:
        told = self.explanation
        if not told.upstream:
            return
        self.console.print()
        self._line("made from cells that are not right:", "yellow")
        rows = [
            [cell.cell, cell.entry, _value(cell.found), _value(cell.expected)]
            for cell in (told.upstream if self.full else told.upstream[:_MOST_CELLS])
        ]
        print_table(self.console, ["cell", "is", "found", "right is"], rows, right=(2, 3))
        more = len(told.upstream) - len(rows)
        if more:
            self._line(f"  … and {more:,} more; --full lists all")
        if told.from_your_cells is not None:
            self._line(f"From your own cells it would be {_value(told.from_your_cells)}.")

    def _line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style))

    def _cut(self, text: str) -> str:
        return one_line(text, 1_000_000 if self.full else _LONGEST_LINE)


def _row(term: Term) -> list[str]:
    sign, indices = ("-", term.indices[1:]) if term.indices[:1] == "-" else ("+", term.indices)
    return [f"{sign} {indices}", term.cells, term.numbers, _value(term.value)]


def _value(value: float | str | None) -> str:
    if isinstance(value, str):
        return repr(one_line(value, 24))
    return "" if value is None else number_text(value)
