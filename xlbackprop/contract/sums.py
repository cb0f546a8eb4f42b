"""Sums that may have more terms than one formula can hold.

A spreadsheet's formula has at most 8,192 characters. A sum of many terms therefore goes through
a visible block of partial sums, and through partial sums of those where need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor

# The longest term, SUMPRODUCT of two far-off ranges, takes 62 characters.
TERMS_PER_CELL = 64


@dataclass(frozen=True)
class Terms:
    """The terms of a sum: how many, and what they are as arrays and as text.

    `partial(part, **sources)` is the array of the terms in a slice, summed, of the target's
    shape; `term(at, t, *index)` is the formula of term t of one cell. `each` says in a word what
    there is a term for: "channel".
    """

    number: int
    sources: Mapping[str, Tensor]
    partial: Callable[..., Array]
    term: Callable[..., str]
    each: str = "block"


@dataclass(frozen=True)
class Finish:
    """What is done to the finished sum: a bias added, a division.

    `compute(total, **sources)` on arrays, `formula(total, at, *index)` on text.
    """

    sources: Mapping[str, Tensor] = field(default_factory=dict)
    compute: Callable[..., Array] = lambda total: total
    formula: Callable[..., str] = lambda total, at, *index: total  # noqa: ARG005


def whole_sum(terms: Terms, finish: Finish | None = None) -> Callable[..., Array]:
    """Return what computes the finished sum of all terms from both's sources, by letter."""
    finish = finish or Finish()

    def compute(**arrays: Array) -> Array:
        return _finished(terms, finish, slice(None), arrays)

    return compute


def sum_equations(
    scope: Scope,
    target: Tensor,
    terms: Terms,
    math: Math,
    finish: Finish | None = None,
    slips: Iterable[Slip] = (),
) -> list[Equation]:
    """Return the equation of a target whose cells are sums, after those of its partial sums.

    The slips take the sources of `terms` and `finish`, partial sums or not.
    """
    finish = finish or Finish()
    slips = [*slips, *_slips_of_sums(terms, finish)]
    sources = {**terms.sources, **finish.sources}
    partial_sums = []
    name = f"{target.short}_sums"
    while terms.number > TERMS_PER_CELL:
        sums = _partial_sums(scope, name, target, terms)
        partial_sums.append(sums)
        terms = _terms_of(sums.target)
        name += "_of_sums"
    if partial_sums:
        slips = [_from_the_beginning(slip, sources) for slip in slips]
    return [*partial_sums, _total(target, terms, math, finish, tuple(slips))]


def _finished(
    terms: Terms, finish: Finish, part: slice, arrays: Mapping[str, Array], divisor: int = 1
) -> Array:
    total = terms.partial(part, **{letter: arrays[letter] for letter in terms.sources})
    return finish.compute(total / divisor, **{letter: arrays[letter] for letter in finish.sources})


def _slips_of_sums(terms: Terms, finish: Finish) -> list[Slip]:
    if terms.number < 2:
        return []

    def sum_of(part: slice, divisor: int = 1) -> Callable[..., Array]:
        return lambda **arrays: _finished(terms, finish, part, arrays, divisor)

    number, each = terms.number, terms.each
    hint = f"Add up what all {number} {each}s contribute to a cell; only the %s one is in yours."
    return [
        Slip(f"only the first {each}", hint % "first", sum_of(slice(1))),
        Slip(f"only the last {each}", hint % "last", sum_of(slice(number - 1, number))),
        Slip(
            f"mean over the {each}s for their sum",
            f"Add up what the {number} {each}s contribute, and do not divide the sum by {number}.",
            sum_of(slice(None), number),
        ),
    ]


def _from_the_beginning(slip: Slip, sources: Mapping[str, Tensor]) -> Slip:
    """Return the slip of a sum for the equation that has partial sums for its sources."""

    def compute(sums: Array, **arrays: Array) -> Array:  # noqa: ARG001
        return slip.compute(**arrays)

    return replace(slip, compute=compute, sources={**sources, **slip.sources})


def _total(
    target: Tensor, terms: Terms, math: Math, finish: Finish, slips: tuple[Slip, ...]
) -> Equation:
    def formula(at: object, *index: int) -> str:
        text = "+".join([terms.term(at, t, *index) for t in range(terms.number)])
        return finish.formula(text, at, *index)

    sources = {**terms.sources, **finish.sources}
    return Equation(target, sources, whole_sum(terms, finish), formula, math, slips)


def _partial_sums(scope: Scope, name: str, target: Tensor, terms: Terms) -> Equation:
    parts = [
        range(start, min(start + TERMS_PER_CELL, terms.number))
        for start in range(0, terms.number, TERMS_PER_CELL)
    ]
    sums = scope.tensor(
        name,
        (len(parts), *target.shape),
        "q" + "".join(target.axes),
        Kind.HELPER,
        f"partial sums of {target.title}",
        block_rank=len(target.block_shape),
        place=Place.BESIDE,
        belongs_to=target,
    )
    first, last = f"{TERMS_PER_CELL}q", f"{TERMS_PER_CELL}q+{TERMS_PER_CELL - 1}"
    return Equation(
        sums,
        terms.sources,
        compute=lambda **arrays: np.stack(
            [terms.partial(slice(part.start, part.stop), **arrays) for part in parts]
        ),
        formula=lambda at, q, *index: "+".join([terms.term(at, t, *index) for t in parts[q]]),
        math=Math(f"{sums.title}[q] = terms {first} … {last} of {target.title}"),
    )


def _terms_of(sums: Tensor) -> Terms:
    return Terms(
        number=sums.shape[0],
        sources={"sums": sums},
        partial=lambda part, sums: sums[part].sum(axis=0),
        term=lambda at, q, *index: at.sums[q, *index],
    )
