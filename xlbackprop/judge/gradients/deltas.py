"""The deltas of the delta rule: -dL/dx, from which gradients or updates are made that are right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Kind
from xlbackprop.judge.gradients.both import Both, Own
from xlbackprop.judge.gradients.statuses import RELATIVE
from xlbackprop.judge.judgement import Status


def with_deltas(own: Own, tensors: Iterable[Both]) -> Iterator[Both]:
    """Yield the tensors, those right that hold -dL/dx throughout for the sheet's delta rule.

    The rule is the sheet's where what is made of them is right in all steps, deltas among it.
    """
    each = {one.name: one for one in tensors}
    open_to, made_of = list(each.values()), set(own.made_of)
    while found := [one for one in open_to if _are_deltas(own, one, made_of)]:
        each |= {one.name: _as_deltas(one) for one in found}
        open_to = [one for one in open_to if each[one.name] is one]
        graph, cells = own.findings.graph, [cell for one in found for cell in one.cells.flat]
        made_of.update(source for cell in cells for source in graph.references(int(cell)))
    yield from each.values()


def _are_deltas(own: Own, one: Both, made_of: Set[int]) -> bool:
    judgement = one.judgement
    if judgement.tensor.kind is Kind.UPDATE or not own.rate:
        return False
    off = np.isin(judgement.statuses, (Status.WRONG, Status.CARRIED))
    if not off.any() or not np.isin(one.cells, list(made_of)).all():
        return False
    numbers, expected = judgement.found.numbers, judgement.expected
    return bool(np.allclose(numbers, -expected, rtol=RELATIVE, atol=0))


def _as_deltas(one: Both) -> Both:
    judgement = one.judgement
    right = np.full(judgement.statuses.shape, Status.RIGHT, dtype=np.int8)
    judgement = replace(judgement, statuses=right, expected=-judgement.expected)
    return replace(one, judgement=judgement, diagnoses=(), factors=(-1.0,))
