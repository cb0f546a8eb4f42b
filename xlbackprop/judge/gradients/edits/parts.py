"""Operators, signs, factors and terms: one of them another, missing, or too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Expression, Negative, Number, Operation, Reference
from xlbackprop.judge.gradients.edits.around import DERIVATIVES, Around, Form, near
from xlbackprop.judge.gradients.edits.building import (
    applied,
    first_factor,
    plain_number,
    product_of,
    product_of_numbers,
    scaled,
    sum_of,
)
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import (
    ANOTHER_DERIVATIVE,
    CONSTANT,
    FACTOR_EXTRA,
    FACTOR_MISSING,
    NO_DERIVATIVE,
    OPERATOR,
    PARENTHESES,
    SIGN,
    TERM_EXTRA,
    TERM_MISSING,
)
from xlbackprop.judge.gradients.edits.solving import Factor, Part, Solved, less
from xlbackprop.judge.gradients.edits.truth import LEAST_DRAWS
from xlbackprop.judge.gradients.edits.written import Path, Spot, Values, Written, at_path, exchanged

_SIGNS, _OPERATORS, _PARENTHESES, _ODD_OPERATORS = 0, 5, 24, 33
_EXTRA, _CONSTANTS, _MISSING, _PAIRS, _FACTORS = 26, 28, 30, 32, 34
_MINUS, _TERMS = 40, 42
# A single cell that is added is the last that is thought of: a product may be the likelier.
A_CELL_MISSING = 44
_COMPARISONS = (">", "<", ">=", "<=")
# Operators that people confuse; others mend a formula by chance: a+(1-a) for a*(1-a).
_USUAL = {("*", "-"), ("+", "-"), ("-", "+"), ("/", "*"), ("+", "*")}
_ARITHMETIC = ("+", "-", "*", "/")
_NEAR = 1e-6


@dataclass(frozen=True)
class Parts:
    """Tries other parts in a formula that has been taken apart."""

    formula: Written
    values: Values
    around: Around
    solved: Solved

    def changes(self) -> Iterator[Change]:
        """Yield the changes of parts that are likely to mend the formula."""
        with np.errstate(all="ignore"):
            for part in self.solved.parts:
                yield from self._signs(part)
                yield from self._operators(part)
                yield from self._constants(part)
            for part in self._chains("*/"):
                yield from self._of_product(part)
            for part in self.solved.parts:
                yield from self._of_sum(part)

    def _chains(self, operators: str) -> Iterator[Part]:
        """Yield the parts that are a whole product: no factor of another one."""
        inside: set[Path] = set()
        for part in self.solved.parts:
            if part.path not in inside:
                yield part
            match part.tree:
                case Operation(sign, _, _) if sign in operators:
                    inside.add((*part.path, 0))
                    if sign == operators[0]:
                        inside.add((*part.path, 1))

    # Signs and operators.

    def _signs(self, part: Part) -> Iterator[Change]:
        if not self._is(part, -part.value):
            return
        match part.tree:
            case Negative(operand):
                yield self._with(SIGN, _SIGNS, part.path, part.tree, operand)
            case Operation("-", left, right):
                turned = Operation("-", right, left)
                is_error = isinstance(left, Reference) and isinstance(right, Reference)
                yield self._with(SIGN, _SIGNS + 1 - is_error, part.path, part.tree, turned)
            case _:
                yield self._with(
                    SIGN, _MINUS + len(part.path), part.path, part.tree, Negative(part.tree)
                )

    def _operators(self, part: Part) -> Iterator[Change]:
        match part.tree:
            case Operation(sign, left, right) if sign in _ARITHMETIC:
                values = [
                    self.solved.value((*part.path, at), one) for at, one in enumerate((left, right))
                ]
                for other in _ARITHMETIC:
                    if other != sign and self._is(part, applied(other, *values)):
                        tree = Operation(other, left, right)
                        is_usual = (sign, other) in _USUAL
                        rank = _OPERATORS if is_usual else _ODD_OPERATORS
                        yield self._with(OPERATOR, rank, part.path, part.tree, tree)
                yield from self._parentheses(part, part.tree)

    def _parentheses(self, part: Part, tree: Operation) -> Iterator[Change]:
        """Yield `(a-b)*c` for `a-b*c`, and `a*(b-c)` for `a*b-c`."""
        if tree.operator not in "+-":
            return
        match tree.right:
            case Operation("*" | "/"):
                first, path = first_factor(tree.right)
                inner = Operation(tree.operator, tree.left, first)
                whole = exchanged(tree.right, path, inner)
                yield from self._tried(PARENTHESES, _PARENTHESES, part, whole)
        match tree.left:
            case Operation("*" | "/" as sign, left, right):
                inner = Operation(tree.operator, right, tree.right)
                yield from self._tried(
                    PARENTHESES, _PARENTHESES, part, Operation(sign, left, inner)
                )

    def _constants(self, part: Part) -> Iterator[Change]:
        above = at_path(self.formula.tree, part.path[:-1])
        if isinstance(part.tree, Number) and isinstance(above, Operation):
            number = self._constant(part.need)
            if number is not None and number.value != part.tree.value:
                yield self._with(CONSTANT, _CONSTANTS, part.path, part.tree, number)

    # Factors.

    def _of_product(self, part: Part) -> Iterator[Change]:
        factors = self.solved.factors(part)
        powers = [factor.power for factor in factors]
        for at, factor in enumerate(factors):
            if len(factors) > 1:
                yield from self._extra(part, factors, powers, (at,))
            need = part.need / product_of_numbers(powers[:at] + powers[at + 1 :])
            if not factor.divides and isinstance(factor.tree, Number):
                yield from self._another_form(part, factors, (at,), need)
        for at, (one, other) in enumerate(pairwise(factors)):
            if one.divides or other.divides:
                continue
            if len(factors) > 2:
                yield from self._extra(part, factors, powers, (at, at + 1))
            need = part.need / product_of_numbers(powers[:at] + powers[at + 2 :])
            yield from self._another_form(part, factors, (at, at + 1), need)
            yield from self._difference(part, factors, at, need)
        yield from self._missing(part)

    def _extra(
        self, part: Part, factors: Sequence[Factor], powers: Sequence[Array], at: tuple[int, ...]
    ) -> Iterator[Change]:
        rest = [power for place, power in enumerate(powers) if place not in at]
        if self._is(part, product_of_numbers(rest)):
            kept = [factor for place, factor in enumerate(factors) if place not in at]
            gone = product_of([factors[place] for place in at])
            yield self._with(
                FACTOR_EXTRA, _EXTRA + len(at) - 1, part.path, part.tree, product_of(kept), gone
            )

    def _another_form(
        self, part: Part, factors: Sequence[Factor], at: tuple[int, ...], need: Array
    ) -> Iterator[Change]:
        """Yield another derivative where one or two factors stand."""
        for form in (Form.SLOPE, Form.SQUARE, Form.MASK):
            for which in self.around.matching(form, need, self.solved.truth)[:1]:
                new = form.tree(self._slot)
                own = Factor((), new, need, divides=False)
                kept = [*factors[: at[0]], own, *factors[at[-1] + 1 :]]
                wrong = product_of([factors[place] for place in at])
                is_one = isinstance(wrong, Number)
                slip = NO_DERIVATIVE if is_one else ANOTHER_DERIVATIVE
                mended = self._mended(part.path, product_of(kept), self.around.spots[which])
                yield Change(slip, _PAIRS, mended, wrong, new)

    def _difference(
        self, part: Part, factors: Sequence[Factor], at: int, need: Array
    ) -> Iterator[Change]:
        """Yield a difference or a sum where two factors stand."""
        one, other = factors[at], factors[at + 1]
        for sign in "-+":
            if near(applied(sign, one.value, other.value)[None], need, self.solved.truth.counts):
                new = Operation(sign, one.tree, other.tree)
                own = Factor((), new, need, divides=False)
                kept = [*factors[:at], own, *factors[at + 2 :]]
                wrong = Operation("*", one.tree, other.tree)
                mended = self._mended(part.path, product_of(kept))
                rank = _OPERATORS if sign == "-" else _ODD_OPERATORS
                yield Change(OPERATOR, rank, mended, wrong, new)

    def _missing(self, part: Part) -> Iterator[Change]:
        ratio = part.need / part.value
        if not self.solved.matters(ratio):
            return
        constant = self._constant(ratio)
        if constant is not None and constant.value not in (1.0, -1.0, 0.0):
            tree = scaled(part.tree, constant)
            yield Change(
                FACTOR_MISSING, _FACTORS + 2 + len(part.path), self._mended(part.path, tree),
                part.tree, tree, says=f"times {constant.text}",
            )  # fmt: skip
            return
        for form in (*DERIVATIVES, Form.ITSELF, Form.REST, Form.INVERSE):
            found = self.around.matching(form, ratio, self.solved.truth)
            for distance, which in enumerate(found[:3]):
                new = form.tree(self._slot)
                tree = Operation("*", part.tree, new)
                slip = NO_DERIVATIVE if form in DERIVATIVES else FACTOR_MISSING
                rank = _MISSING if form in DERIVATIVES else _FACTORS
                mended = self._mended(part.path, tree, self.around.spots[which])
                yield Change(slip, rank, mended, None, new, len(part.path) + distance / 100)

    # Terms.

    def _of_sum(self, part: Part) -> Iterator[Change]:
        terms = self.solved.terms(part)
        apart = less(part.need, part.value)
        if not self.solved.matters(apart):
            return
        if len(terms) > 1:
            for at, term in enumerate(terms):
                if self._is(part, part.value - term.sign * term.value):
                    kept = terms[:at] + terms[at + 1 :]
                    yield self._with(
                        TERM_EXTRA, _TERMS, part.path, part.tree, sum_of(kept), term.tree
                    )
        for sign, need in ((1, apart), (-1, -apart)):
            found = self.around.matching(Form.ITSELF, need, self.solved.truth)
            for distance, which in enumerate(found[:3]):
                new = self._slot
                tree = Operation("+" if sign > 0 else "-", part.tree, new)
                mended = self._mended(part.path, tree, self.around.spots[which])
                yield Change(
                    TERM_MISSING, A_CELL_MISSING, mended, None, new, len(part.path) + distance / 100
                )

    # What all of these have in common.

    @property
    def _slot(self) -> Reference:
        """The first new slot of a mended formula."""
        return Reference(len(self.formula.spots))

    def _is(self, part: Part, value: Array) -> bool:
        """Return whether a part would be about what it has to be."""
        truth = self.solved.truth
        need = part.need[truth.counts]
        own = value[truth.counts]
        known = np.isfinite(need)
        if np.isinf(need).any() or known.sum() < LEAST_DRAWS or not need[known].any():
            return False
        size = float(np.abs(need[known]).max())
        return bool((np.abs(own[known] - need[known]) <= _NEAR * size).all())

    def _constant(self, need: Array) -> Number | None:
        """Return what is needed where it is one plain number in all draws."""
        own = need[self.solved.truth.counts]
        own = own[np.isfinite(own)] if not np.isinf(own).any() else own[:0]
        if len(own) < LEAST_DRAWS or np.ptp(own) > _NEAR * abs(own[0]):
            return None
        return plain_number(float(np.median(own)))

    def _mended(self, path: Path, part: Expression, *further: Spot) -> Written:
        return self.formula.having(exchanged(self.formula.tree, path, part), *further)

    def _with(
        self,
        slip: str,
        rank: int,
        path: Path,
        wrong: Expression,
        right: Expression,
        gone: Expression | None = None,
    ) -> Change:
        """Return the change of a part; `gone` is what is left out."""
        mended = self._mended(path, right)
        if gone is not None:
            return Change(slip, rank, mended, gone, None, len(path))
        return Change(slip, rank, mended, wrong, right, len(path))

    def _tried(self, slip: str, rank: int, part: Part, tree: Expression) -> Iterator[Change]:
        try:
            value = self.values.results(self.formula, tree, {})[0]
        except NotKnown:
            return
        if self._is(part, value):
            yield self._with(slip, rank, part.path, part.tree, tree)
