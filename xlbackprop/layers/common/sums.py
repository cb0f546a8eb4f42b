"""Sums that may have more terms than one formula can hold.

A spreadsheet's formula has at most 8,192 characters. A sum of many terms therefore goes through
a visible block of partial sums, and through partial sums of those where need be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.equation import Array, Equation, Kind, Math, Place, Tensor
from xlbackprop.layers.contract import Scope

# The longest term, SUMPRODUCT of two far-off ranges, takes 62 characters.
TERMS_PER_CELL = 64


@dataclass(frozen=True)
class Terms:
    """The terms of a sum: how many, and what they are as arrays and as text.

    `partial(part, **sources)` is the array of the terms in a slice, summed, of the target's
    shape; `term(at, t, *index)` is the formula of term t of one cell.
    """

    number: int
    sources: Mapping[str, Tensor]
    partial: Callable[..., Array]
    term: Callable[..., str]


@dataclass(frozen=True)
class Finish:
    """What is done to the finished sum: a bias added, a division.

    `compute(total, **sources)` on arrays, `formula(total, at, *index)` on text.
    """

    sources: Mapping[str, Tensor] = field(default_factory=dict)
    compute: Callable[..., Array] = lambda total: total
    formula: Callable[..., str] = lambda total, at, *index: total  # noqa: ARG005


def sum_equations(
    scope: Scope, target: Tensor, terms: Terms, math: Math, finish: Finish | None = None
) -> list[Equation]:
    """Return the equation of a target whose cells are sums, after those of its partial sums."""
    finish = finish or Finish()
    partial_sums = []
    name = f"{target.short}_sums"
    while terms.number > TERMS_PER_CELL:
        sums = _partial_sums(scope, name, target, terms)
        partial_sums.append(sums)
        terms = _terms_of(sums.target)
        name += "_of_sums"
    return [*partial_sums, _total(target, terms, math, finish)]


def _total(target: Tensor, terms: Terms, math: Math, finish: Finish) -> Equation:
    def compute(**arrays: Array) -> Array:
        own = {letter: arrays[letter] for letter in terms.sources}
        total = terms.partial(slice(None), **own)
        return finish.compute(total, **{letter: arrays[letter] for letter in finish.sources})

    def formula(at: object, *index: int) -> str:
        text = "+".join([terms.term(at, t, *index) for t in range(terms.number)])
        return finish.formula(text, at, *index)

    return Equation(target, {**terms.sources, **finish.sources}, compute, formula, math)


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
