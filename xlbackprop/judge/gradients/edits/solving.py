"""What each part of a formula would have to be for the whole to be the truth: solved backwards.

In a draw in which that does not matter it is NaN, and infinite in one in which nothing would do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Call, Expression, Negative, Operation, Percent, children
from xlbackprop.judge.gradients.edits.truth import LEAST_DRAWS, Truth
from xlbackprop.judge.gradients.edits.written import Path, Values, Written

# Formulas with more parts than this are not taken apart.
_MOST_PARTS = 200
_LAST_DIGITS = 1e-12


@dataclass(frozen=True)
class Part:
    """A part of a formula: what it is in each draw, and what it would have to be."""

    path: Path
    tree: Expression
    value: Array
    need: Array


@dataclass(frozen=True)
class Factor:
    """A factor of a product, or a divisor of it."""

    path: Path
    tree: Expression
    value: Array
    divides: bool

    @property
    def power(self) -> Array:
        """What the product has of it."""
        return np.asarray(1 / self.value if self.divides else self.value)


@dataclass(frozen=True)
class Term:
    """A term of a sum, with its sign, +1 or -1."""

    path: Path
    tree: Expression
    value: Array
    sign: int


class Solved:
    """A formula taken apart."""

    def __init__(self, values: Values, formula: Written, truth: Truth) -> None:
        self._values, self._formula, self.truth = values, formula, truth
        self._known: dict[Path, Array] = {}
        self._parts_left = _MOST_PARTS
        with np.errstate(all="ignore"):
            self.parts = list(self._below((), formula.tree, truth.true))

    def value(self, path: Path, tree: Expression) -> Array:
        """Return what a part comes to in each draw, NaN where that is not known."""
        if path not in self._known:
            try:
                own = self._values.results(self._formula, tree, {})[0]
            except NotKnown:
                own = np.full_like(self.truth.true, np.nan)
            self._known[path] = own
        return self._known[path]

    def factors(self, part: Part) -> list[Factor]:
        """Return the factors of a product, from left to right; one alone where it is none."""
        found: list[Factor] = []

        def collect(path: Path, tree: Expression, divides: bool) -> None:
            match tree:
                case Operation("*" | "/" as sign, left, right):
                    collect((*path, 0), left, divides)
                    collect((*path, 1), right, divides != (sign == "/"))
                case _:
                    found.append(Factor(path, tree, self.value(path, tree), divides))

        collect(part.path, part.tree, False)
        return found

    def terms(self, part: Part) -> list[Term]:
        """Return the terms of a sum, from left to right; one alone where it is none."""
        found: list[Term] = []

        def collect(path: Path, tree: Expression, sign: int) -> None:
            match tree:
                case Operation("+" | "-" as operator, left, right):
                    collect((*path, 0), left, sign)
                    collect((*path, 1), right, -sign if operator == "-" else sign)
                case _:
                    found.append(Term(path, tree, self.value(path, tree), sign))

        collect(part.path, part.tree, 1)
        return found

    def matters(self, need: Array) -> bool:
        """Return whether a part could be mended, and what it has to be is known in enough draws."""
        own = need[self.truth.counts]
        return not np.isinf(own).any() and bool(np.isfinite(own).sum() >= LEAST_DRAWS)

    def _below(self, path: Path, tree: Expression, need: Array) -> Iterator[Part]:
        self._parts_left -= 1
        own = need[self.truth.counts]
        is_nothing = not own[np.isfinite(own)].any()  # it should not be there at all
        if self._parts_left < 0 or not self.matters(need) or is_nothing:
            return
        yield Part(path, tree, self.value(path, tree), need)
        for number, own in self._needs(path, tree, need):
            yield from self._below((*path, number), children(tree)[number], own)

    def _needs(self, path: Path, tree: Expression, need: Array) -> Iterator[tuple[int, Array]]:
        values = [self.value((*path, at), one) for at, one in enumerate(children(tree))]
        match tree:
            case Negative():
                yield 0, -need
            case Percent():
                yield 0, 100 * need
            case Operation("+"):
                yield 0, less(need, values[1])
                yield 1, less(need, values[0])
            case Operation("-"):
                yield 0, less(need, -values[1])
                yield 1, less(values[0], need)
            case Operation("*"):
                yield 0, need / values[1]
                yield 1, need / values[0]
            case Operation("/"):
                yield 0, need * values[1]
                yield 1, values[0] / need
            case Call("IF", (_, _, _)):
                yield from _of_branches(need, values)


def less(number: Array, other: Array) -> Array:
    """Return differences, 0 where nothing is left of them but the last digits."""
    left = number - other
    return np.asarray(np.where(np.abs(left) <= _LAST_DIGITS * np.abs(number), 0.0, left))


def _of_branches(need: Array, values: list[Array]) -> Iterator[tuple[int, Array]]:
    condition, first, second = values
    for number, is_taken, other in ((1, condition != 0, second), (2, condition == 0, first)):
        is_right = less(other, need) == 0
        yield number, np.where(is_taken, need, np.where(is_right, np.nan, np.inf))
