"""A cell's formula with all its sums written out, term by term, and its references followed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import product

from xlbackprop.equation import Array
from xlbackprop.explainer.evaluate import evaluate
from xlbackprop.formula.cell_formula import CellFormula, SourceRange
from xlbackprop.formula.references import References
from xlbackprop.formula.tree import (
    Call,
    Entry,
    Expression,
    Negative,
    Number,
    Operation,
    Reference,
    Sum,
)

_TWO = Number(2.0, "2")
_UNKNOWN = Number(float("nan"), "?")

# A rectangle of expressions, by row and column; one that stands for all is a single cell.
_Grid = dict[tuple[int, int], Expression]


def expand(references: References, formula: CellFormula, values: Mapping[str, Array]) -> Expression:
    """Return a formula in which every sum is written out and every leaf is an entry or a number.

    `values` are the tensors' arrays, by name: they tell which cell a class number picks.
    """
    return _Expansion(references, formula.ranges, values).of(formula.tree)


class _Expansion:
    """Writes out the formula of one cell."""

    def __init__(
        self,
        references: References,
        ranges: tuple[SourceRange, ...],
        values: Mapping[str, Array],
    ) -> None:
        self.references, self.ranges, self.values = references, ranges, values

    def of(self, tree: Expression) -> Expression:
        match tree:
            case Reference(slot):
                (entry,) = self.entries(slot)
                return entry
            case Negative(operand):
                return _negative(self.of(operand))
            case Operation("+", left, right):
                return Sum((*_terms(self.of(left)), *_terms(self.of(right))))
            case Operation("-", left, right):
                taken_off = map(_negative, _terms(self.of(right)))
                return Sum((*_terms(self.of(left)), *taken_off))
            case Operation(operator, left, right):
                return Operation(operator, self.of(left), self.of(right))
            case Call(function, arguments):
                return self.call(function, arguments)
        return tree

    def call(self, function: str, arguments: tuple[Expression, ...]) -> Expression:
        match function, arguments:
            case "SUM", _:
                return _sum(self.listed(arguments))
            case "SUMSQ", _:
                return _sum([Operation("^", one, _TWO) for one in self.listed(arguments)])
            case "SUMPRODUCT", _:
                return _sum(list(reduce(_times, map(self.grid, arguments)).values()))
            case "INDEX", (Reference(slot), row, column):
                return self.looked_up(self.ranges[slot], row, column)
            case (("ROWS" | "COLUMNS"), (Reference(slot),)):
                size = self.ranges[slot].size[function == "COLUMNS"]
                return Number(float(size), str(size))
            case "IF", _:
                return Call(function, tuple(map(self.of, arguments)))
        return Call(function, tuple(self.listed(arguments)))

    def entries(self, slot: int) -> list[Expression]:
        source = self.ranges[slot]
        return [Entry(source.tensor, index) for index in self.references.entries(source)]

    def listed(self, arguments: tuple[Expression, ...]) -> list[Expression]:
        """Return the arguments of a function that takes any number, a rectangle as its cells."""
        found: list[Expression] = []
        for one in arguments:
            found += self.entries(one.slot) if isinstance(one, Reference) else [self.of(one)]
        return found

    def grid(self, tree: Expression) -> _Grid:
        """Return what stands at each place of a rectangle, or of what is made of rectangles."""
        match tree:
            case Reference(slot):
                rows, columns = self.ranges[slot].size
                places = product(range(rows), range(columns))
                return dict(zip(places, self.entries(slot), strict=True))
            case Operation(operator, left, right):
                return _joined(operator, self.grid(left), self.grid(right))
        return {(0, 0): self.of(tree)}

    def looked_up(self, source: SourceRange, row: Expression, column: Expression) -> Expression:
        """Return the entry that INDEX finds."""
        place = [evaluate(self.of(one), self.values) for one in (row, column)]
        rows, columns = source.size
        if not (1 <= place[0] <= rows and 1 <= place[1] <= columns):
            return _UNKNOWN
        found = source.part(int(place[0]) - 1, int(place[1]) - 1)
        (index,) = self.references.entries(found)
        return Entry(source.tensor, index)


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _sum(terms: list[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _negative(expression: Expression) -> Expression:
    match expression:
        case Negative(operand):
            return operand
        case Sum(terms):
            return Sum(tuple(map(_negative, terms)))
    return Negative(expression)


def _times(left: _Grid, right: _Grid) -> _Grid:
    return _joined("*", left, right)


def _joined(operator: str, left: _Grid, right: _Grid) -> _Grid:
    """Return two rectangles of one size joined cell by cell; a single cell serves all."""
    places = left if len(left) >= len(right) else right
    return {
        place: Operation(
            operator,
            left[place] if len(left) > 1 else left[0, 0],
            right[place] if len(right) > 1 else right[0, 0],
        )
        for place in places
    }
