"""The search for the single edit that mends a formula, for one cell and for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from time import perf_counter

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.findings import Findings, Role
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.plane import OUTSIDE
from xlbackprop.formula.tree import Operation, Reference
from xlbackprop.judge.gradients.edits.alike import Alike
from xlbackprop.judge.gradients.edits.around import Around, Form, Links, around
from xlbackprop.judge.gradients.edits.edit import Change, Edit
from xlbackprop.judge.gradients.edits.elementwise import Elementwise
from xlbackprop.judge.gradients.edits.in_all_terms import InAllTerms
from xlbackprop.judge.gradients.edits.parts import A_CELL_MISSING, Parts
from xlbackprop.judge.gradients.edits.paths_missing import Paths, Products
from xlbackprop.judge.gradients.edits.references import Replacing
from xlbackprop.judge.gradients.edits.rest_of_sum import RestOfSum
from xlbackprop.judge.gradients.edits.slips import ANOTHER_CELL, NO_DERIVATIVE, NOT_UPDATED, VAGUE
from xlbackprop.judge.gradients.edits.solving import Solved
from xlbackprop.judge.gradients.edits.squares import Squares
from xlbackprop.judge.gradients.edits.truth import Truth, truths
from xlbackprop.judge.gradients.edits.turned import Turned
from xlbackprop.judge.gradients.edits.words import Words
from xlbackprop.judge.gradients.edits.written import (
    Spot,
    Values,
    Written,
    moves_between,
    relative,
    renamed,
    slots_in,
    spot_of,
    subtracts_itself,
    written,
)

# After so many seconds nothing more is looked for.
SECONDS = 6.0


def find_edit(findings: Findings, cell: int, truth: Array) -> Edit | None:
    """Return the single edit that mends a cell's formula on all draws, or None.

    `truth` is what the cell should hold in each draw.
    """
    return Search(findings).find(cell, truth)


class Search:
    """The formulas of a workbook, in which single edits are looked for.

    `board` is what the cells hold: where several are wrong, those that a formula refers to should
    hold the true values there.
    """

    def __init__(
        self, findings: Findings, board: Board | None = None, seconds: float = SECONDS
    ) -> None:
        board = board or findings.board
        self._findings, self._graph = findings, findings.graph
        self._values = Values(findings.graph.plane, board.numbers)
        self._links = Links(findings.graph, findings.given)
        self._products = Products(findings.graph, self._values)
        self._words = Words(findings, board)
        self._is_typed = (board.codes[:, 0] == Code.NUMBER) & (self._graph.owner < 0)
        self._causes, self._amiss = 0, set[int]()
        self._end = perf_counter() + seconds

    def find(self, cell: int, truth: Array) -> Edit | None:
        """Return the single edit that mends a cell's formula on all draws, or None."""
        return self.find_all([cell], truth[None]).get(cell)

    def find_all(self, cells: Sequence[int], truth: Array) -> dict[int, Edit]:
        """Return the edits of cells by cell, where there are any; `truth` is (cells, draws).

        What mends one formula is tried in the others of its kind before these are looked at.
        """
        self._amiss = {*cells}
        rows = dict(zip(cells, truth, strict=True))
        found = self._turned(cells, rows, fewest=2)
        found |= self._one_by_one([one for one in cells if one not in found], rows)
        vague = [one for one in cells if one not in found or found[one].slip in VAGUE]
        return found | self._turned(vague, rows, fewest=1)

    def _turned(
        self, cells: Sequence[int], rows: Mapping[int, Array], fewest: int
    ) -> dict[int, Edit]:
        """Return the edits of what is right once filters are rotated, or weights transposed."""
        formulas = [one for cell in cells if (one := written(self._graph, cell)) is not None]
        turned = Turned(self._graph, self._values, self._is_typed, self._findings.families)
        found: dict[int, Edit] = {}
        for changes in turned.changes(formulas, rows, fewest):
            self._causes += 1
            found |= {cell: self._words.edit(own, self._causes) for cell, own in changes.items()}
        return found

    def _one_by_one(self, cells: Sequence[int], rows: Mapping[int, Array]) -> dict[int, Edit]:
        """Return the edits of cells, each looked for by itself and tried in others of its kind."""
        found: dict[int, Edit] = {}
        hopeless: set[object] = set()
        # Where the truth is 0 in all draws, others of the kind tell more.
        left = sorted(dict.fromkeys(cells), key=lambda cell: not np.any(rows[cell]))
        while left:
            cell, *left = left
            formula = written(self._graph, cell)
            if formula is None or relative(formula) in hopeless or perf_counter() > self._end:
                continue
            change = self._change(formula, rows[cell])
            if change is None:
                hopeless.add(relative(formula))
                continue
            self._causes += 1
            found[cell] = self._words.edit(change, self._causes)
            owner = self._graph.owner[cell]
            for other in [one for one in left if self._graph.owner[one] == owner]:
                same = self._same(change, formula, other, rows[other])
                if same is not None:
                    found[other] = self._words.edit(same, self._causes)
                    left.remove(other)
        return found

    def _change(self, formula: Written, true: Array) -> Change | None:
        """Return the smallest change that mends a formula."""
        if (step := self._step_missing(formula)) is not None:
            return step
        value = self._value(formula)
        if value is None:
            return None
        of = self._of.get(formula.cell)
        near = around(formula, self._values, self._links, of)
        wrong = [one for one in truths(true, value, self._findings.families) if one.is_wrong]
        for truth in wrong:
            if not truth.tells:
                continue
            right: list[Change] = []
            for changes in self._stages(formula, near, truth):
                in_time = takewhile(lambda _: perf_counter() < self._end, changes)
                right += [one for one in in_time if self._holds(one, truth)]
                if right and min(one.rank for one in right) < A_CELL_MISSING:
                    break
            if right:
                return min(right, key=self._how_likely(right))
        for truth in wrong:
            if not truth.tells:
                return self._masked(formula, near, truth, of) or self._of_unit(formula, truth)
        return None

    def _step_missing(self, formula: Written) -> Change | None:
        """Return the change of a weight that stays as it was, though it is to be updated."""
        of = self._updates.get(formula.cell)
        if of is None or not isinstance(formula.tree, Reference):
            return None
        gradient = self._gradients.get(of)
        if gradient is None or self._graph.references(formula.cell) != [of]:
            return None
        new = Reference(len(formula.spots))
        spot = spot_of(self._values.plane, gradient)
        mended = formula.having(Operation("-", formula.tree, new), spot)
        return Change(NOT_UPDATED, 0, mended, None, new)

    @cached_property
    def _updates(self) -> Mapping[int, int]:
        claims = self._findings.claims
        return {one.cell: one.of for one in claims if one.role is Role.UPDATE}

    @cached_property
    def _gradients(self) -> Mapping[int, int]:
        claims = self._findings.claims
        return {one.of: one.cell for one in claims if one.role is Role.GRADIENT}

    def _how_likely(self, changes: Sequence[Change]) -> Callable[[Change], tuple[float, ...]]:
        """Return what tells changes apart, the likeliest first.

        That the derivative is missing goes before another cell that does not hold what it should.
        """
        lacks = any(one.slip == NO_DERIVATIVE for one in changes)

        def rank(change: Change) -> tuple[float, ...]:
            takes_wrong = lacks and change.slip == ANOTHER_CELL and self._takes_wrong(change)
            return takes_wrong, change.rank, change.distance

        return rank

    def _takes_wrong(self, change: Change) -> bool:
        new = change.mended.spots[-1]
        return new.is_cell and int(self._values.cells([new]).ravel()[0]) in self._amiss

    @cached_property
    def _of(self) -> Mapping[int, int]:
        """By which cells the claims are gradients."""
        return {one.cell: one.of for one in reversed(self._findings.claims)}

    def _masked(
        self, formula: Written, near: Around, truth: Truth, of: int | None
    ) -> Change | None:
        """Return the change that multiplies a formula by the mask of what its gradient is by."""
        if of is None or not self._links.kinked[of]:
            return None
        (found,) = np.nonzero(near.cells == of)
        new = Form.MASK.tree(Reference(len(formula.spots)))
        for at in found.tolist():
            mended = formula.having(Operation("*", formula.tree, new), near.spots[at])
            change = Change(NO_DERIVATIVE, 0, mended, None, new)
            return change if self._holds(change, truth) else None
        return None

    def _of_unit(self, formula: Written, truth: Truth) -> Change | None:
        """Return the change of a net to the output of its unit, which is 0 as the truth is."""
        for slot in slots_in(formula.tree):
            spot = formula.spots[slot]
            net = int(self._values.cells([spot]).ravel()[0]) if spot.is_cell else OUTSIDE
            if net == OUTSIDE or not self._links.kinked[net]:
                continue
            for user in self._links.users(net):
                if {*self._graph.references(user)} != {net} or self._graph.copied[user] == net:
                    continue
                new = len(formula.spots)
                tree = renamed(formula.tree, {slot: new})
                mended = formula.having(tree, spot_of(self._values.plane, user))
                change = Change(ANOTHER_CELL, 0, mended, Reference(slot), Reference(new))
                if self._holds(change, truth):
                    return change
        return None

    def _stages(self, formula: Written, near: Around, truth: Truth) -> Iterator[Iterator[Change]]:
        """Yield the changes that are tried, those that are quick to find first."""
        solved = Solved(self._values, formula, truth)
        replacing = Replacing(formula, self._values, near, truth)

        def simple() -> Iterator[Change]:
            yield from replacing.of_cells()
            yield from Parts(formula, self._values, near, solved).changes()
            yield from RestOfSum(formula, self._values, solved).changes()

        yield simple()
        yield replacing.of_others()
        yield Squares(formula, self._values, truth, self._is_typed).changes()
        yield Alike(formula, self._values, truth, solved).changes()
        yield InAllTerms(formula, self._values, near, truth, solved).changes()
        yield Paths(formula, near, solved, self._products).changes()
        yield Elementwise(formula, self._leads_to(formula)).changes()

    def _leads_to(self, formula: Written) -> list[Spot]:
        """Return where the cells stand to which what a gradient is by leads."""
        of = self._of.get(formula.cell)
        cells = self._links.used_on(of) if of is not None else []
        return [spot_of(self._values.plane, cell) for cell in cells]

    def _holds(self, change: Change, truth: Truth) -> bool:
        if change.says == "turned":  # what was tried is no formula
            return True
        if subtracts_itself(change.mended):
            return False
        value = self._value(change.mended)
        return value is not None and bool(truth.holds(value[None])[0])

    def _value(self, formula: Written) -> Array | None:
        try:
            return self._values.result(formula)
        except NotKnown:
            return None

    def _same(self, change: Change, first: Written, cell: int, true: Array) -> Change | None:
        """Return the change of another formula of the kind, where that mends it, too."""
        other = written(self._graph, cell)
        if other is None or change.says == "turned":
            return None
        if change.slip == NOT_UPDATED:
            return self._step_missing(other)
        value = self._value(other)
        if value is None:
            return None
        new = change.mended.spots[len(first.spots) :]
        for down, along in moves_between(first, other):
            moved = [spot.moved(down, along) for spot in new]
            same = replace(change, mended=other.having(change.mended.tree, *moved))
            if min((min(spot[1:3]) for spot in moved), default=0) < 0:
                continue
            for truth in truths(true, value, self._findings.families):
                if truth.is_wrong and self._holds(same, truth):
                    return same
        return None
