"""The same edit in all parts of a formula that are alike: in each term of a sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Call, Expression, Operation, Reference, walk
from xlbackprop.judge.gradients.edits.around import DERIVATIVES, Form
from xlbackprop.judge.gradients.edits.building import product_of
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import (
    FACTOR_EXTRA,
    FUNCTION,
    NO_DERIVATIVE,
    OPERATOR,
    SIGN,
)
from xlbackprop.judge.gradients.edits.solving import Factor, Part, Solved
from xlbackprop.judge.gradients.edits.truth import Truth
from xlbackprop.judge.gradients.edits.written import (
    Path,
    Values,
    Written,
    at_path,
    exchanged,
    paths,
    shape,
)

_OPERATORS, _TERMS, _FUNCTIONS = 16, 38, 18
_OTHERS = {
    "+": "-*", "-": "+*", "*": "-+/", "/": "*-",
    ">": ("<", "<="), "<": (">", ">="), ">=": ("<", "<="), "<=": (">", ">="),
}  # fmt: skip
_MOST_PARTS = 120
_SUMS_AND_MEANS = {"SUM": "AVERAGE", "AVERAGE": "SUM", "MAX": "MIN", "MIN": "MAX"}


@dataclass(frozen=True)
class Alike:
    """Tries edits at all alike places of a formula at once."""

    formula: Written
    values: Values
    truth: Truth
    solved: Solved

    def changes(self) -> Iterator[Change]:
        """Yield the changes that mend the formula."""
        every = paths(self.formula.tree)
        if len(every) > _MOST_PARTS:
            return
        yield from self._functions(every)
        yield from self._operators(every)
        for part in self.solved.parts:
            yield from self._terms(part)

    def _functions(self, every: Sequence[tuple[Path, Expression]]) -> Iterator[Change]:
        for path, part in every:
            match part:
                case Call(name, arguments) if name in _SUMS_AND_MEANS:
                    other = Call(_SUMS_AND_MEANS[name], arguments)
                    tree = exchanged(self.formula.tree, path, other)
                    yield from self._tried(FUNCTION, _FUNCTIONS, tree, part, other)

    def _operators(self, every: Sequence[tuple[Path, Expression]]) -> Iterator[Change]:
        """Yield another operator at all alike nodes, and at a single one where nothing else can."""
        alike: dict[Expression, list[Path]] = {}
        for path, part in every:
            if isinstance(part, Operation) and part.operator in _OTHERS:
                alike.setdefault(shape(part), []).append(path)
        for places in alike.values():
            first = at_path(self.formula.tree, places[0])
            if not isinstance(first, Operation):
                continue
            if len(places) > 1 or first.operator in (">", "<", ">=", "<="):
                for other in _OTHERS[first.operator]:
                    yield from self._everywhere(places, other)
            if len(places) > 1 and first.operator == "-":
                yield from self._everywhere(places, "-", is_turned=True)

    def _everywhere(
        self, places: Sequence[Path], operator: str, *, is_turned: bool = False
    ) -> Iterator[Change]:
        tree = self.formula.tree
        for path in sorted(places, key=len, reverse=True):
            own = at_path(tree, path)
            if isinstance(own, Operation):
                parts = (own.right, own.left) if is_turned else (own.left, own.right)
                tree = exchanged(tree, path, Operation(operator, *parts))
        first, *others = places
        wrong, right = at_path(self.formula.tree, first), at_path(tree, first)
        also = tuple(at_path(self.formula.tree, path) for path in others)
        slip = SIGN if is_turned else OPERATOR
        yield from self._tried(slip, _OPERATORS, tree, wrong, right, also)

    def _terms(self, part: Part) -> Iterator[Change]:
        terms = self.solved.terms(part)
        if len(terms) < 2 or len({shape(term.tree) for term in terms}) > 1:
            return
        slots = [
            [one.slot for one in walk(term.tree) if isinstance(one, Reference)] for term in terms
        ]
        for places in zip(*slots, strict=True):
            for form in DERIVATIVES:
                yield from self._derived(part, places, form)
        yield from self._without(part)

    def _derived(self, part: Part, places: Sequence[int], form: Form) -> Iterator[Change]:
        """Yield the derivatives of a cell of each term, as a further factor of it."""
        tree = self.formula.tree
        new = [form.tree(Reference(slot)) for slot in places]
        for term, own in zip(self.solved.terms(part), new, strict=True):
            tree = exchanged(tree, term.path, Operation("*", term.tree, own))
        yield from self._tried(NO_DERIVATIVE, _TERMS, tree, None, new[0], tuple(new[1:]))

    def _without(self, part: Part) -> Iterator[Change]:
        """Yield the formula without a factor of each term."""
        terms = self.solved.terms(part)
        factors = [
            self.solved.factors(Part(term.path, term.tree, term.value, term.value))
            for term in terms
        ]
        if len({len(own) for own in factors}) > 1 or len(factors[0]) < 2:
            return
        for at in range(len(factors[0])):
            tree = self.formula.tree
            for term, own in zip(terms, factors, strict=True):
                tree = exchanged(tree, term.path, _rest(own, at))
            first, *others = (own[at].tree for own in factors)
            yield from self._tried(FACTOR_EXTRA, _TERMS, tree, first, None, tuple(others))

    def _tried(
        self, slip: str, rank: int, tree: Expression, wrong: Expression | None,
        right: Expression | None,
        also: tuple[Expression, ...] = (),
    ) -> Iterator[Change]:  # fmt: skip
        try:
            value = self.values.results(self.formula, tree, {})
        except NotKnown:
            return
        if self.truth.holds(value)[0]:
            yield Change(slip, rank, self.formula.having(tree), wrong, right, also=also)


def _rest(factors: Sequence[Factor], without: int) -> Expression:
    return product_of([factor for at, factor in enumerate(factors) if at != without])
