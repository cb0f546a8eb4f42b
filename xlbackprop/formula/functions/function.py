"""What a row of the table of functions says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from xlbackprop.equation import Array
from xlbackprop.formula.tree import Expression

# A rectangle of expressions, by row and column; a single one may stand for all.
Grid = dict[tuple[int, int], Expression]


class Expansion(Protocol):
    """A formula while its sums are written out and its references followed."""

    def of(self, tree: Expression) -> Expression:
        """Return an expression with all in it written out."""
        ...

    def listed(self, arguments: Sequence[Expression]) -> list[Expression]:
        """Return the arguments of a function that takes any number, a rectangle as its cells."""
        ...

    def size(self, tree: Expression) -> tuple[int, int]:
        """Return the rows and columns of a rectangle."""
        ...

    def looked_up(self, tree: Expression, row: Expression, column: Expression) -> Expression:
        """Return what stands in a row and a column of a rectangle, counted from 1."""
        ...


@dataclass(frozen=True)
class Function:
    """A function: how it is evaluated, how `explain` writes it out, and how it is typeset.

    It is evaluated in one of four ways. `each` takes arrays (or numbers) and works entry by
    entry. `over` takes an array and the axis along which all cells of its arguments stand. `term`
    makes what a sum adds up from a cell, or from the cells that are at one place of rectangles of
    one size where it is `paired`. `whole` takes rectangles: arrays (cells, rows, columns, draws).

    `spread` is how `explain` writes a call out, where it does not stay a call of all its cells.
    """

    name: str  # as in formulas; empty where only equations know it
    word: str = ""  # what equations and `explain` call it; by default its name in small letters
    latex: str = ""  # %s stands for the arguments; without it, they follow in parentheses
    each: Callable[..., Array] | None = None
    over: Callable[[Array, int], Array] | None = None
    term: Callable[..., Expression] | None = None
    paired: bool = False
    whole: Callable[..., Array] | None = None
    spread: Callable[[Expansion, tuple[Expression, ...]], Expression] | None = None

    @property
    def called(self) -> str:
        """What equations call it: `exp`."""
        return self.word or self.name.lower()

    def written(self, arguments: str) -> str:
        """Return a call as equations have it: `exp(h)`, `|h|`, `π`."""
        if self.called == "|":
            return f"|{arguments}|"
        return f"{self.called}({arguments})" if arguments else self.called

    def typeset(self, arguments: str, enclosed: str) -> str:
        """Return a call in LaTeX, from its arguments as they are and in parentheses."""
        sign = self.latex or rf"\mathrm{{{self.called}}}"
        return sign.replace("%s", arguments) if "%s" in sign else sign + enclosed
