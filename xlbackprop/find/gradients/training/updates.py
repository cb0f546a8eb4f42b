"""Formulas that update a weight: `=E3-$G$1*X3`, or `=E3+X3`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.differentiation.flow import Flow
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.find.gradients.differentiation.study import Study
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.tree import Expression, Negative, Operation, Reference

# Updates of one formula, each with a typed number of its own, before these are its gradients.
FEWEST_ALIKE = 3

# So many updates of a formula have to fit before others of it are held against them.
_FEWEST = 3


@dataclass(frozen=True)
class Update:
    """A cell with an update's formula.

    `of` is the weight that is updated, `refers_to` the one that the formula starts from; the two
    differ where the formula is wrong. `gradients` are the computed cells that it takes away or
    adds, and `is_plain` says that nothing is multiplied with them: `sign` is then 1 where it is
    added. `rates` are the typed cells
    beside them, on which no L rests. `has_more` says that something on which L rests takes part,
    too, as where weights decay. An update that `is_waiting` refers to a blank cell, in which its
    gradient is still to come. One that `stays` is the weight as it was.
    """

    cell: int
    of: int
    refers_to: int
    gradients: tuple[int, ...]
    rates: tuple[int, ...]
    is_plain: bool
    has_more: bool = False
    sign: int = -1
    is_waiting: bool = False

    @property
    def stays(self) -> bool:
        """Whether it takes nothing: the weight is copied."""
        return self.refers_to == self.of and not self.gradients


def updates(study: Study, flow: Flow, called: Collection[int] = ()) -> list[Update]:
    """Return the updates of a sheet: what leads from step to step, and what looks like that.

    `called` are the typed numbers that texts call gradients.
    """
    graph, sheets = study.sheets.graph, study.sheets
    is_cut = np.zeros(graph.plane.size, dtype=np.bool_)
    is_cut[study.cuts] = True
    leaf = (flow.last >= 0) & (sheets.is_typed | is_cut)
    outside = (flow.last < 0) | is_cut
    found: list[Update] = []
    for group in graph.groups:
        signs = _bare_terms(group.tree)
        if not signs and not is_cut[group.cells].any():
            continue
        for cell, bare in _outside(graph, group, signs, outside):
            update = _update(cell, (signs, bare), graph, (leaf, outside, is_cut), study)
            if update is not None:
                found.append(update)
    found = list(_with_typed(found, study, called))
    rates = {rate for one in found if not one.is_waiting for rate in one.rates}
    return [
        one
        for one in found
        if not one.is_waiting or one.cell in study.before or rates & {*one.rates}
    ]


def with_moved_rates(
    updates: Sequence[Update], fitting: Container[int], owner: Indices
) -> frozenset[int]:
    """Return the cells of updates that take more than others of their formula, most of which fit.

    What is more stands where these have the rate.
    """
    fits, every = Counter[int](), Counter[int]()
    for one in updates:
        every[int(owner[one.cell])] += 1
        fits[int(owner[one.cell])] += one.cell in fitting and bool(one.rates)
    return frozenset(
        one.cell
        for one in updates
        if one.has_more and len(one.gradients) == 1
        if fits[int(owner[one.cell])] >= max(_FEWEST, every[int(owner[one.cell])] / 2)
    )


def _outside(
    graph: Graph, group: Group, signs: Mapping[int, int], outside: Mask
) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield the cells of a group that are no part of L, and what their bare terms are copies of."""
    (which,) = np.nonzero(outside[group.cells])
    found: list[list[int]] = []
    for slot in signs:
        place = group.places[slot]
        met = np.full(len(group.cells), OUTSIDE, dtype=np.int32)
        if place.size == (1, 1):
            met[:] = place.of(graph.plane, slice(None))[:, 0, 0]
        found.append(graph.copied[met[which]].tolist())
    for at, cell in enumerate(group.cells[which].tolist()):
        yield cell, {slot: own[at] for slot, own in zip(signs, found, strict=True)}


def _update(
    cell: int,
    terms: tuple[Mapping[int, int], Mapping[int, int]],
    graph: Graph,
    masks: tuple[Mask, Mask, Mask],
    study: Study,
) -> Update | None:
    """Return a cell's update; `terms` are the signs of its bare terms, and what these are."""
    (signs, bare), (leaf, outside, is_cut) = terms, masks
    starts = [slot for slot, one in bare.items() if signs[slot] > 0 and leaf[one]]
    before = study.before.get(cell)
    if len(starts) != 1:
        return None if before is None else Update(cell, before, OUTSIDE, (), (), is_plain=False)
    (start,) = starts
    references = graph.references(cell)
    others = [one for one in references if graph.copied[one] != bare[start]]
    computed = study.sheets.is_computed
    gradients = tuple(
        dict.fromkeys(one for one in others if computed[one] and outside[one] and not is_cut[one])
    )
    is_waiting = not gradients and len(blank := _blank(study, others)) == 1
    if is_waiting:
        gradients = blank
    rates = tuple(
        dict.fromkeys(one for one in others if study.sheets.is_typed[one] and outside[one])
    )
    if before is None and not gradients and not rates:
        return None
    is_plain = len(bare) == 2 and len(others) == 1
    of = bare[start] if before is None else before
    has_more = len(others) < len(references) - 1 or any(not outside[one] for one in others)
    sign = next((signs[slot] for slot in signs if slot != start), -1) if is_plain else -1
    return Update(cell, of, bare[start], gradients, rates, is_plain, has_more, sign, is_waiting)


def _with_typed(found: Sequence[Update], study: Study, called: Collection[int]) -> Iterator[Update]:
    """Yield updates, of which some take a typed number for the gradient.

    That is the one that a text calls so; or which no other update uses, where it is multiplied.
    """
    users = Counter(rate for one in found for rate in one.rates)
    taken = {one.cell: _typed_gradient(one, users, called) for one in found}
    owner = study.sheets.graph.owner
    alike = Counter(int(owner[cell]) for cell, own in taken.items() if own)
    for one in found:
        own = taken[one.cell]
        is_sure = one.cell in study.before or own & {*called}
        if own and (is_sure or alike[int(owner[one.cell])] >= FEWEST_ALIKE):
            rates = tuple(rate for rate in one.rates if rate not in own)
            yield replace(one, gradients=tuple(own), rates=rates)
        elif one.gradients or one.cell in study.before:
            yield one


def _typed_gradient(one: Update, users: Mapping[int, int], called: Collection[int]) -> set[int]:
    """Return the typed number that an update takes for its gradient, if that can be told."""
    if one.gradients or one.has_more or one.refers_to == OUTSIDE:
        return set()
    said = {*one.rates} & {*called}
    own = said or {rate for rate in one.rates if users[rate] == 1 and not one.is_plain}
    return own if len(own) == 1 else set()


def _blank(study: Study, cells: list[int]) -> tuple[int, ...]:
    codes = study.sheets.page.codes[:, 0]
    return tuple(dict.fromkeys(one for one in cells if codes[one] == Code.BLANK))


def _bare_terms(tree: Expression) -> dict[int, int]:
    """Return the sign of each reference that is a term by itself of a sum, by slot."""
    terms = list(_terms(tree, 1))
    if len(terms) < 2:
        return {}
    return {term.slot: sign for term, sign in terms if isinstance(term, Reference)}


def _terms(tree: Expression, sign: int) -> Iterator[tuple[Expression, int]]:
    match tree:
        case Operation("+" | "-" as operator, left, right):
            yield from _terms(left, sign)
            yield from _terms(right, -sign if operator == "-" else sign)
        case Negative(operand):
            yield from _terms(operand, -sign)
        case _:
            yield tree, sign
