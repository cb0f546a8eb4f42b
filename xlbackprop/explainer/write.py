"""An expression as a line of text, in the notation of the equations.

    G[0,2,3] · R[0,0,0,0] + G[0,2,4] · R[0,0,0,1] + …
    AB40 · H51 + AC40 · I51 + …
    1 · (-2) + 0 · 3 + …

What its leaves look like, the writer is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.tree import (
    PRECEDENCE,
    Call,
    Entry,
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    Sum,
)

_SIGNS = {"*": " · ", "/": " / ", "^": "^"}
_POWERS = {"2": "²", "3": "³"}
_SUM, _PRODUCT, _POWER = (PRECEDENCE[operator] for operator in "+*^")
_LEAF = _POWER + 1


@dataclass(frozen=True)
class Writer:
    """Writes expressions; `entry` returns the text of a tensor's entry."""

    entry: Callable[[Entry], str]

    def whole(self, expression: Expression) -> str:
        """Return an expression that stands by itself: a choice is written in words."""
        match expression:
            case Call("IF", (condition, where_true, where_false)):
                rest = self.whole(where_false)
                otherwise = "" if " where " in rest else "otherwise "
                return f"{self.part(where_true)} where {self.part(condition)}, {otherwise}{rest}"
        return self.part(expression)

    def part(self, expression: Expression) -> str:
        """Return the text of an expression."""
        match expression:
            case Entry():
                return self.entry(expression)
            case Number(_, text):
                return text
            case Negative(operand):
                return f"-{self._within(operand, _PRODUCT)}"
            case Sum(terms):
                return "".join(self._terms(terms))
            case Operation(operator, left, right):
                return self._operation(operator, left, right)
            case Percent(operand):
                return f"{self._within(operand, _POWER)}%"
            case Call(function, arguments):
                return FUNCTIONS[function].written(", ".join(map(self.part, arguments)))
        raise TypeError(f"{expression} has not been expanded")

    def signed(self, term: Expression) -> tuple[str, str]:
        """Return a term of a sum and the sign before it."""
        if isinstance(term, Negative):
            return "-", self._within(term.operand, _PRODUCT)
        return "+", self._within(term, _SUM + 1)

    def _terms(self, terms: tuple[Expression, ...]) -> list[str]:
        sign, first = self.signed(terms[0])
        rest = [" {} {}".format(*self.signed(term)) for term in terms[1:]]
        return [sign.replace("+", "") + first, *rest]

    def _operation(self, operator: str, left: Expression, right: Expression) -> str:
        level = PRECEDENCE[operator]
        power = _POWERS.get(right.text) if isinstance(right, Number) else None
        before = self._within(left, level + (operator == "^"))
        if operator == "^" and power:
            return before + power
        after = self._within(right, level + 1)
        return before + _SIGNS.get(operator, f" {operator} ") + after

    def _within(self, expression: Expression, least: int) -> str:
        """Return the text, in parentheses where it binds less tightly than what it stands in."""
        text = self.part(expression)
        if text.startswith("-") and not isinstance(expression, Call):
            return f"({text})"
        return text if _tightness(expression) >= least else f"({text})"


def _tightness(expression: Expression) -> int:
    match expression:
        case Sum():
            return _SUM
        case Operation(operator, _, _):
            return PRECEDENCE[operator]
        case Negative():
            return _PRODUCT
        case Percent():
            return _POWER
    return _LEAF
