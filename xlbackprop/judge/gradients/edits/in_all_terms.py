"""What is missing in each of the products that a formula adds up: one for each sample of a batch.

The derivative of a cell that stands one further for each sample; or all paths but the first, each
made of the cells of the next unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Expression, Operation, Reference
from xlbackprop.judge.gradients.edits.around import DERIVATIVES, Around, Form
from xlbackprop.judge.gradients.edits.building import product_of, product_of_numbers
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.parts import A_CELL_MISSING
from xlbackprop.judge.gradients.edits.slips import NO_DERIVATIVE, ONE_PATH
from xlbackprop.judge.gradients.edits.solving import Factor, Part, Solved, Term
from xlbackprop.judge.gradients.edits.truth import Truth
from xlbackprop.judge.gradients.edits.written import (
    Spot,
    Values,
    Written,
    exchanged,
    renamed,
    shape,
    slots_in,
)

_RANK = A_CELL_MISSING - 3
_MOST_TERMS, _MOST_BASES = 16, 600
# Cells of a path that may move by themselves, and paths.
_MOST_MOVING, _MOST_PATHS = 7, 4
_WAYS = ((0, 0), (1, 0), (0, 1))

Offset = tuple[int, int]


@dataclass(frozen=True)
class InAllTerms:
    """Tries what belongs in each term of a formula that is a sum of alike products, or is one."""

    formula: Written
    values: Values
    around: Around
    truth: Truth
    solved: Solved

    def changes(self) -> Iterator[Change]:
        """Yield the changes that mend the formula."""
        if not 1 <= len(self._terms) <= _MOST_TERMS:
            return
        with np.errstate(all="ignore"):
            yield from self._derivatives()
            for length in range(len(self._factors[0])):
                yield from self._paths(length + 1)

    @cached_property
    def _terms(self) -> list[Term]:
        """The terms of the formula, where all are alike; none where they are not."""
        tree = self.formula.tree
        found = self.solved.terms(Part((), tree, self.truth.value, self.truth.true))
        return found if len({shape(one.tree) for one in found}) == 1 else []

    @cached_property
    def _factors(self) -> list[list[Factor]]:
        return [
            self.solved.factors(Part(one.path, one.tree, one.value, one.value))
            for one in self._terms
        ]

    def _holds(self, values: Array) -> list[int]:
        return [int(at) for at in np.flatnonzero(self.truth.holds(values))]

    # The derivative of a cell for each term.

    def _derivatives(self) -> Iterator[Change]:
        if len(self._terms) < 2:
            return  # of a single product, this is tried elsewhere
        signed = np.array([one.sign * one.value for one in self._terms])
        for down, along in self._steps():
            for form in DERIVATIVES:
                which = self.around.forms[form][:_MOST_BASES]
                bases = [self.around.spots[at] for at in which.tolist()]
                spots = [
                    [base.moved(at * down, at * along) for at in range(len(signed))]
                    for base in bases
                ]
                for at in self._right(signed, form, spots):
                    yield self._derived(form, spots[at])

    def _right(self, signed: Array, form: Form, spots: Sequence[Sequence[Spot]]) -> list[int]:
        """Return which spots, one for each term, have the derivatives that are missing."""
        if not spots:
            return []
        numbers = np.array([[self._numbers(one) for one in own] for own in spots])
        return self._holds(np.einsum("kd,nkd->nd", signed, form.numbers(numbers)))

    def _numbers(self, spot: Spot) -> Array:
        cell = int(self.values.cells([spot]).ravel()[0])
        return np.asarray(np.nan if self.around.rests[cell] else self.values.numbers[cell]) * (
            np.ones(len(self.truth.true))
        )

    def _steps(self) -> list[Offset]:
        """Return how far cells of a term stand from those of the one before, where not at all."""
        first, second = (self._spots(one.tree) for one in self._terms[:2])
        apart = (
            (new.top - old.top, new.left - old.left)
            for old, new in zip(first, second, strict=True)
            if old.sheet == new.sheet
        )
        return [one for one in dict.fromkeys(apart) if any(one)]

    def _spots(self, tree: Expression) -> list[Spot]:
        return [self.formula.spots[slot] for slot in slots_in(tree)]

    def _derived(self, form: Form, spots: Sequence[Spot]) -> Change:
        first, tree = len(self.formula.spots), self.formula.tree
        new = [form.tree(Reference(first + at)) for at in range(len(spots))]
        for term, own in zip(self._terms, new, strict=True):
            tree = exchanged(tree, term.path, Operation("*", term.tree, own))
        mended = self.formula.having(tree, *spots)
        return Change(NO_DERIVATIVE, _RANK, mended, None, new[0], also=tuple(new[1:]))

    # All paths but the first.

    def _paths(self, length: int) -> Iterator[Change]:
        """Yield the further paths of which the first so many factors of each term are the first."""
        paths = [product_of(own[:length]) for own in self._factors]
        rests = [
            one.sign * product_of_numbers([factor.power for factor in own[length:]])
            for one, own in zip(self._terms, self._factors, strict=True)
        ]
        slots = slots_in(paths[0])
        if not 1 < len(set(self._spots(paths[0]))) <= _MOST_MOVING or not all(
            self.formula.spots[slot].is_cell for path in paths for slot in slots_in(path)
        ):
            return
        spots = [self.formula.spots[slot] for slot in slots]
        different = list(dict.fromkeys(spots))
        combinations = list(product(_WAYS, repeat=len(different)))[1:]
        # Where it makes no difference, as of masks, cells move like those beside them.
        combinations.sort(key=lambda ways: ways.count((0, 0)))
        moves = {
            at: [combination[different.index(spot)] for combination in combinations]
            for at, spot in enumerate(spots)
        }
        total = np.repeat(self.truth.value[None], len(combinations), axis=0)
        for count in range(1, _MOST_PATHS + 1):
            for path, rest in zip(paths, rests, strict=True):
                total = total + rest * self._moved(path, moves, count)
            for at in self._holds(total):
                ways = {place: own[at] for place, own in moves.items()}
                yield self._added(length, paths, ways, count)
                return

    def _moved(self, path: Expression, moves: Mapping[int, Sequence[Offset]], by: int) -> Array:
        """Return what a path comes to so many units further: (combinations, draws)."""
        instead = {}
        for at, slot in enumerate(slots_in(path)):
            spot = self.formula.spots[slot]
            places = np.array([spot[1:3]], dtype=np.int32) + by * np.array(moves[at], np.int32)
            cells = self.values.windows(spot, places)
            hidden = np.asarray(self.around.rests[cells][..., 0, 0] | (places < 0).any(axis=1))
            hidden = hidden[:, None, None, None]
            instead[slot] = np.where(hidden, np.nan, self.values.numbers[cells])
        try:
            return self.values.results(self.formula, path, instead)
        except NotKnown:
            return np.full((len(moves[0]), len(self.truth.true)), np.nan)

    def _added(
        self, length: int, paths: Sequence[Expression], ways: Mapping[int, Offset], count: int
    ) -> Change:
        tree, new, spots = self.formula.tree, list[Expression](), list[Spot]()
        for term, own, path in zip(self._terms, self._factors, paths, strict=True):
            whole = path
            for by in range(1, count + 1):
                names = {}
                for at, slot in enumerate(slots_in(path)):
                    names[slot] = len(self.formula.spots) + len(spots)
                    down, along = ways[at]
                    spots.append(self.formula.spots[slot].moved(by * down, by * along))
                new.append(renamed(path, names))
                whole = Operation("+", whole, new[-1])
            first = Factor((), whole, term.value, divides=False)
            tree = exchanged(tree, term.path, product_of([first, *own[length:]]))
        mended = self.formula.having(tree, *spots)
        return Change(ONE_PATH, _RANK, mended, None, new[0], also=tuple(new[1:]))
