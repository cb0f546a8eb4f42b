"""What a row of the table of functions says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import Operand, Value
from xlbackprop.formula.tree import Expression


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


class Singly(Protocol):
    """A formula while it is evaluated for one cell, with texts, errors and blanks as they are."""

    def operand(self, tree: Expression) -> Operand:
        """Return an expression's value, or its rectangle of values. Raises Failed, NotKnown."""
        ...

    def value(self, tree: Expression) -> Value:
        """Return an expression's single value. Raises Failed, or NotKnown."""
        ...


class Gives(Enum):
    """What an expression comes to, as far as that can be told from the formula alone."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    ANYTHING = "anything"


@dataclass(frozen=True)
class Function:
    """A function: how it is evaluated, how `explain` writes it out, and how it is typeset.

    It is evaluated in one of four ways. `each` takes arrays (or numbers) and works entry by
    entry. `over` takes an array and the axis along which all cells of its arguments stand. `term`
    makes what a sum adds up from a cell, or from the cells that are at one place of rectangles of
    one size where it is `paired`. `whole` takes rectangles: arrays (cells, rows, columns, draws).

    Its derivative is said for the way that it is evaluated: `slopes` takes what `each` takes, and
    gives the derivative by each argument; `slope_over` gives it by each cell that `over` takes;
    `back` takes dL/d(result) and the rectangles, and gives dL/d(rectangle) for each. That of a
    `term` follows from the term.

    `singly` is how it is evaluated where texts, errors and blanks take part, if not by the rules
    that hold for all functions of its kind; `spread` is how `explain` writes a call out, if it
    does not stay a call of all its cells.
    """

    name: str  # as in formulas; empty where only equations know it
    word: str = ""  # what equations and `explain` call it; by default its name in small letters
    latex: str = ""  # %s stands for the arguments; without it, they follow in parentheses
    arguments: tuple[int, int] = (1, 1)  # how many it takes, at least and at most
    each: Callable[..., Array] | None = None
    over: Callable[[Array, int], Array] | None = None
    term: Callable[..., Expression] | None = None
    paired: bool = False
    whole: Callable[..., Array] | None = None
    slopes: Callable[..., tuple[Array, ...]] | None = None
    slope_over: Callable[[Array, int], Array] | None = None
    back: Callable[..., tuple[Array, ...]] | None = None
    singly: Callable[[Singly, tuple[Expression, ...]], Operand] | None = None
    spread: Callable[[Expansion, tuple[Expression, ...]], Expression] | None = None
    gives: Gives = Gives.NUMBER
    branches: slice | None = None  # the arguments one of which it gives, as IF does
    error: str = "#NUM!"  # where it has no number
    fewest: int = 0  # numbers among its cells without which it is an error, or `else_` …
    otherwise: float | None = None  # … this
    counts_blanks: bool = True  # whether a blank cell is as good as 0 to it
    is_array: bool = False  # whether its arguments are rectangles, and what it gives may be one
    needs_place: bool = False  # whether it depends on where its cell stands

    @property
    def called(self) -> str:
        """What equations call it: `exp`."""
        return self.word or self.name.lower()

    def takes(self, number: int) -> bool:
        """Return whether it can be called with so many arguments."""
        least, most = self.arguments
        return least <= number <= most

    def written(self, arguments: str) -> str:
        """Return a call as equations have it: `exp(h)`, `|h|`, `π`."""
        if self.called == "|":
            return f"|{arguments}|"
        return f"{self.called}({arguments})" if arguments else self.called

    def typeset(self, arguments: str, enclosed: str) -> str:
        """Return a call in LaTeX, from its arguments as they are and in parentheses."""
        sign = self.latex or rf"\mathrm{{{self.called}}}"
        return sign.replace("%s", arguments) if "%s" in sign else sign + enclosed
