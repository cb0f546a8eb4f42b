"""The formulas of a page as trees: numbers, references, operators, and calls of functions.

Only what the equations' formulas use is known: no texts, no percent, no names. A reference is
written `@` here and known by its number, so that all formulas of a block that differ only in what
they refer to are one tree, parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from xlbackprop.equation import Index

# How tightly an operator binds; a spreadsheet's minus sign binds more tightly than its power.
PRECEDENCE = {
    "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "+": 2, "-": 2, "*": 3, "/": 3, "^": 4,
}  # fmt: skip
SIGN_PRECEDENCE = 5

_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d*)?(?:E[+-]?\d+)?)"
    r"|(?P<call>[A-Z][A-Z0-9.]*)\("
    r"|(?P<sign><=|>=|<>|[-+*/^=<>(),@])"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and how it is written."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell or a rectangle: the `slot`th reference of the formula, from 0."""

    slot: int


@dataclass(frozen=True, slots=True)
class Negative:
    """An expression with a minus sign before it."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions with an operator between them."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tensor, where a reference has been followed."""

    tensor: str
    index: Index


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms that are added, where a function or signs of addition have been written out."""

    terms: tuple[Expression, ...]


Expression = Number | Reference | Entry | Negative | Operation | Call | Sum


@lru_cache(maxsize=4096)
def parse(formula: str) -> Expression:
    """Return the tree of a formula without its equals sign, its references written `@`.

    Raises ValueError, with the position, where it is none.
    """
    return _Parser(formula).whole()


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions that an expression is made of."""
    match expression:
        case Negative(operand):
            return (operand,)
        case Operation(_, left, right):
            return left, right
        case Call(_, parts) | Sum(parts):
            return parts
    return ()


class _Parser:
    """Reads one formula from left to right, by precedence climbing."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.tokens = self._tokens()
        self.slots = 0
        self._advance()

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        position = 0
        while position < len(self.formula):
            match = _TOKEN.match(self.formula, position)
            if match is None or match.lastgroup is None:
                raise self._error(position)
            yield match.lastgroup, match[match.lastgroup], position
            position = match.end()
        yield "end", "", position

    def _advance(self) -> None:
        self.kind, self.text, self.position = next(self.tokens)

    def _error(self, position: int) -> ValueError:
        return ValueError(f"not understood at {position}: {self.formula[position : position + 20]}")

    def _take(self, text: str) -> None:
        if self.kind != "sign" or self.text != text:
            raise self._error(self.position)
        self._advance()

    def whole(self) -> Expression:
        expression = self._operations(1)
        if self.kind != "end":
            raise self._error(self.position)
        return expression

    def _operations(self, least: int) -> Expression:
        left = self._operand()
        while self.kind == "sign" and PRECEDENCE.get(self.text, 0) >= least:
            operator = self.text
            self._advance()
            left = Operation(operator, left, self._operations(PRECEDENCE[operator] + 1))
        return left

    def _operand(self) -> Expression:
        kind, text = self.kind, self.text
        self._advance()
        if kind == "number":
            return Number(float(text), text)
        if kind == "call":
            return Call(text, self._arguments())
        if text == "@":
            self.slots += 1
            return Reference(self.slots - 1)
        if text == "-":
            return Negative(self._operand())
        if text != "(":
            raise self._error(self.position)
        inner = self._operations(1)
        self._take(")")
        return inner

    def _arguments(self) -> tuple[Expression, ...]:
        arguments = []
        while self.text != ")":
            arguments.append(self._operations(1))
            if self.text == ",":
                self._advance()
        self._take(")")
        return tuple(arguments)
