"""An expression as a sum: its terms, each with its value, and what the sum is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.equation import Array
from xlbackprop.explainer.evaluate import evaluate
from xlbackprop.formula.tree import Expression, Number, Operation, Sum


@dataclass(frozen=True)
class Summed:
    """Terms with their values; what is no sum is a single term."""

    terms: tuple[tuple[Expression, float], ...]
    divided_by: float

    @property
    def value(self) -> float:
        """The sum of the terms, divided."""
        return sum(value for _, value in self.terms) / self.divided_by


def summed_up(expression: Expression, values: Mapping[str, Array]) -> Summed:
    """Return the terms of an expression that has been expanded, with their values."""
    terms, divided_by = _split(expression)
    return Summed(tuple((term, evaluate(term, values)) for term in terms), divided_by)


def _split(expression: Expression) -> tuple[tuple[Expression, ...], float]:
    match expression:
        case Sum(terms):
            return terms, 1.0
        case Operation("/", dividend, Number(divisor, _)):
            terms, before = _split(dividend)
            return (terms, before * divisor) if len(terms) > 1 else ((expression,), 1.0)
    return (expression,), 1.0
