"""A cell's formula with all its sums written out, term by term, and its references followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product

from xlbackprop.equation import Array
from xlbackprop.explainer.evaluate import evaluate
from xlbackprop.formula.cell_formula import CellFormula, SourceRange
from xlbackprop.formula.functions import FUNCTIONS, Function
from xlbackprop.formula.references import References
from xlbackprop.formula.tree import (
    Call,
    Entry,
    Expression,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    Sum,
    total,
)

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
        self._references, self._ranges, self._values = references, ranges, values

    def of(self, tree: Expression) -> Expression:
        match tree:
            case Reference(slot):
                (entry,) = self._entries(slot)
                return entry
            case Negative(operand):
                return _negative(self.of(operand))
            case Percent(operand):
                return Percent(self.of(operand))
            case Operation("+", left, right):
                return Sum((*_terms(self.of(left)), *_terms(self.of(right))))
            case Operation("-", left, right):
                taken_off = map(_negative, _terms(self.of(right)))
                return Sum((*_terms(self.of(left)), *taken_off))
            case Operation(operator, left, right):
                return Operation(operator, self.of(left), self.of(right))
            case Call(name, arguments):
                return self._call(FUNCTIONS[name], arguments)
        return tree

    def listed(self, arguments: Sequence[Expression]) -> list[Expression]:
        found: list[Expression] = []
        for one in arguments:
            found += self._entries(one.slot) if isinstance(one, Reference) else [self.of(one)]
        return found

    def size(self, tree: Expression) -> tuple[int, int]:
        return self._ranges[tree.slot].size if isinstance(tree, Reference) else (1, 1)

    def looked_up(self, tree: Expression, row: Expression, column: Expression) -> Expression:
        if not isinstance(tree, Reference):
            return _UNKNOWN
        source = self._ranges[tree.slot]
        place = [evaluate(self.of(one), self._values) for one in (row, column)]
        rows, columns = source.size
        if not (1 <= place[0] <= rows and 1 <= place[1] <= columns):
            return _UNKNOWN
        found = source.part(int(place[0]) - 1, int(place[1]) - 1)
        (index,) = self._references.entries(found)
        return Entry(source.tensor, index)

    def _call(self, row: Function, arguments: tuple[Expression, ...]) -> Expression:
        if row.spread:
            return row.spread(self, arguments)
        if row.term and row.paired:
            return total(list(_each(row.term, arguments, self._grid).values()))
        cells = self.listed(arguments)
        if row.term:
            return total([row.term(cell) for cell in cells])
        return Call(row.name, tuple(cells))

    def _entries(self, slot: int) -> list[Expression]:
        source = self._ranges[slot]
        return [Entry(source.tensor, index) for index in self._references.entries(source)]

    def _grid(self, tree: Expression) -> _Grid:
        """Return what stands at each place of a rectangle, or of what is made of rectangles."""
        match tree:
            case Reference(slot):
                rows, columns = self._ranges[slot].size
                places = product(range(rows), range(columns))
                return dict(zip(places, self._entries(slot), strict=True))
            case Negative(operand):
                return _each(_negative, [operand], self._grid)
            case Operation(operator, left, right):
                return _each(partial(Operation, operator), [left, right], self._grid)
            case Call(name, arguments) if FUNCTIONS[name].each and arguments:
                return _each(lambda *cells: Call(name, cells), arguments, self._grid)
        return {(0, 0): self.of(tree)}


def _each(
    made: Callable[..., Expression],
    parts: Sequence[Expression],
    grid: Callable[[Expression], _Grid],
) -> _Grid:
    """Return what is made of the parts at each place; a single cell serves all places."""
    grids = [grid(one) for one in parts]
    places = max(grids, key=len)
    return {
        place: made(*(one[place] if len(one) > 1 else one[0, 0] for one in grids))
        for place in places
    }


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _negative(expression: Expression) -> Expression:
    match expression:
        case Negative(operand):
            return operand
        case Sum(terms):
            return Sum(tuple(map(_negative, terms)))
    return Negative(expression)
