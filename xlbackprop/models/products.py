"""How many multiply-adds a layer takes, counted in its own formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from xlbackprop.equation import Equation
from xlbackprop.formula.cell_formula import CellFormula, EquationFormulas
from xlbackprop.formula.tree import Call, Expression, Operation, Reference, children


def multiply_adds(equations: Iterable[Equation]) -> int:
    """Return how many products of two entries the cells of equations take.

    A product with a zero that stands on the page, as around a padded input, counts as one.
    """
    return sum(_of_a_cell(equation) * equation.target.size for equation in equations)


def _of_a_cell(equation: Equation) -> int:
    """Return the products in an equation's last cell: all others are like it, or constant."""
    formula = EquationFormulas(equation).of(tuple(size - 1 for size in equation.target.shape))
    return sum(_products(formula.tree, formula))


def _products(expression: Expression, formula: CellFormula) -> Iterator[int]:
    match expression:
        case Call("SUMPRODUCT", (Reference(slot), _, *_)):
            yield prod(formula.ranges[slot].size)
        case Operation("*", left, right) if _refers(left) and _refers(right):
            yield 1
            yield from _products(left, formula)
            yield from _products(right, formula)
        case _:
            for child in children(expression):
                yield from _products(child, formula)


def _refers(expression: Expression) -> bool:
    return isinstance(expression, Reference) or any(map(_refers, children(expression)))
