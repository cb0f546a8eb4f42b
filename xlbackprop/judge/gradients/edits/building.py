"""Expressions put together from parts: products, sums, and numbers as one types them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.tree import Expression, Negative, Number, Operation
from xlbackprop.judge.gradients.edits.solving import Factor, Term
from xlbackprop.judge.gradients.edits.written import Path

_MOST_COUNTED = 1000
_DIGITS = 3
_NEAR = 1e-6


def plain_number(number: float) -> Number | None:
    """Return a number as one types it: 3, 1/4, or 0.3; None where it is no plain one."""
    inverse = round(1 / number) if number else 0
    if 1 < abs(inverse) <= _MOST_COUNTED and abs(number * inverse - 1) <= _NEAR:
        return Number(1 / inverse, f"1/{inverse}")
    text = f"{number:.{_DIGITS}g}"
    is_plain = abs(float(text) - number) <= _NEAR * abs(number) / 1000
    return Number(float(text), text) if is_plain else None


def scaled(tree: Expression, number: Number) -> Expression:
    """Return an expression times a number, or divided by its inverse."""
    if number.text.startswith("1/"):
        divisor = number.text.removeprefix("1/")
        return Operation("/", tree, Number(float(divisor), divisor))
    return Operation("*", number, tree)


def applied(sign: str, left: Array, right: Array) -> Array:
    """Return what an operator makes of numbers."""
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return np.asarray(left / right)


def product_of_numbers(powers: Sequence[Array]) -> Array:
    """Return the product of arrays, 1 for none."""
    return reduce(np.multiply, powers, np.ones(1))


def product_of(factors: Sequence[Factor]) -> Expression:
    """Return the product of factors, those that divide as divisors."""
    tree: Expression | None = None
    for factor in factors:
        if tree is None:
            one = Number(1.0, "1")
            tree = Operation("/", one, factor.tree) if factor.divides else factor.tree
        else:
            tree = Operation("/" if factor.divides else "*", tree, factor.tree)
    return tree if tree is not None else Number(1.0, "1")


def sum_of(terms: Sequence[Term]) -> Expression:
    """Return the sum of terms with their signs."""
    tree: Expression | None = None
    for term in terms:
        if tree is None:
            tree = term.tree if term.sign > 0 else Negative(term.tree)
        else:
            tree = Operation("+" if term.sign > 0 else "-", tree, term.tree)
    return tree if tree is not None else Number(0.0, "0")


def first_factor(tree: Expression) -> tuple[Expression, Path]:
    """Return the first factor of a product, and the path to it."""
    path: Path = ()
    while isinstance(tree, Operation) and tree.operator in "*/":
        tree, path = tree.left, (*path, 0)
    return tree, path
