"""What is missing of a sum of products along a row or a column: `=A5*C1` for `=A5*C1+A6*C2+A7*C3`.

Of all that comes back to a unit, only the first is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.tree import Expression, Operation, Reference
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.parts import A_CELL_MISSING
from xlbackprop.judge.gradients.edits.slips import ONE_PATH, TERM_MISSING
from xlbackprop.judge.gradients.edits.solving import Part, Solved, less
from xlbackprop.judge.gradients.edits.written import Spot, Values, Written, exchanged

_WAYS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_MOST_TERMS = 16
_NEAR = 1e-6


@dataclass(frozen=True)
class RestOfSum:
    """Tries to go on with the products of two cells, each along a row or column of its own."""

    formula: Written
    values: Values
    solved: Solved

    def changes(self) -> Iterator[Change]:
        """Yield the changes that add the rest of a sum to its first product, or to its last."""
        for part in self.solved.parts:
            match part.tree:
                case Operation("*", Reference(one), Reference(other)):
                    spots = self.formula.spots[one], self.formula.spots[other]
                    if one != other and spots[0].is_cell and spots[1].is_cell:
                        yield from self._further(part, *spots)

    def _further(self, part: Part, one: Spot, other: Spot) -> Iterator[Change]:
        need = less(part.need, part.value)
        if not self.solved.matters(need):
            return
        for ways in product(_WAYS, repeat=2):
            total, new = np.zeros_like(need), list[Spot]()
            for step in range(1, _MOST_TERMS):
                spots = [
                    spot.moved(step * down, step * along)
                    for spot, (down, along) in zip((one, other), ways, strict=True)
                ]
                if min(place for spot in spots for place in spot[1:3]) < 0:
                    break
                numbers = self._numbers(spots)
                if not all(own.any() for own in numbers):
                    break
                total, new = total + numbers[0] * numbers[1], [*new, *spots]
                if self._is(total, need):
                    yield self._with(part, new)

    def _numbers(self, spots: list[Spot]) -> list[Array]:
        return [self.values.numbers[self.values.cells([spot]).ravel()[0]] for spot in spots]

    def _is(self, total: Array, need: Array) -> bool:
        counts = self.solved.truth.counts & np.isfinite(need)
        size = float(np.abs(need[counts]).max(initial=0.0))
        return bool((np.abs(total[counts] - need[counts]) <= _NEAR * size).all())

    def _with(self, part: Part, spots: list[Spot]) -> Change:
        first = len(self.formula.spots)
        new: Expression = Operation("*", Reference(first), Reference(first + 1))
        for at in range(first + 2, first + len(spots), 2):
            new = Operation("+", new, Operation("*", Reference(at), Reference(at + 1)))
        tree = exchanged(self.formula.tree, part.path, Operation("+", part.tree, new))
        is_alone = len(self.solved.terms(part)) == 1 and not self._is_term(part)
        slip = ONE_PATH if is_alone else TERM_MISSING
        mended = self.formula.having(tree, *spots)
        return Change(slip, A_CELL_MISSING - 2, mended, None, new, len(spots))

    def _is_term(self, part: Part) -> bool:
        """Whether a product is one of several in a sum."""
        above = [one for one in self.solved.parts if one.path == part.path[:-1]]
        return bool(part.path and above and isinstance(above[0].tree, Operation)
                    and above[0].tree.operator in "+-")  # fmt: skip
