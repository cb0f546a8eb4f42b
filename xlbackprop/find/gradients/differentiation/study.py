"""A sheet's formulas on draws, and which cells equal what flows back from a given L."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.differentiation.drawing import FAMILIES, columns_of, rows_of_draws
from xlbackprop.find.gradients.differentiation.flow import Flow, flow
from xlbackprop.find.gradients.differentiation.graph import Graph, cone, reached_by
from xlbackprop.find.gradients.differentiation.matching import classes
from xlbackprop.find.gradients.differentiation.objective import Objective
from xlbackprop.find.gradients.findings import Family
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.sheets.steps import Evaluation


class Sheets:
    """A workbook's formulas, and what they give as the workbook is.

    `look_up` is called between steps: what it raises ends the work.
    """

    def __init__(
        self, computation: Computation, look_up: Callable[[], None] = lambda: None
    ) -> None:
        self.computation, self.look_up = computation, look_up
        self.graph = Graph(computation)
        self.page = computation.page()
        self.is_number: Mask = self.page.codes[:, 0] == Code.NUMBER
        self.is_number[OUTSIDE] = False
        is_formula: Mask = self.graph.owner >= 0
        self.is_typed: Mask = (~is_formula | self.graph.is_constant) & self.is_number
        self.is_computed: Mask = is_formula & ~self.graph.is_constant & self.is_number


@dataclass(frozen=True)
class Match:
    """That a cell equals a constant times the gradient of others, by place in the flow.

    Each of these has the kinds of draws on which that is so.
    """

    families: Mapping[int, tuple[Family, ...]]

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """The places in the flow, in order."""
        return tuple(sorted(self.families))


class Study:
    """The sheets cut apart into steps, on draws of all on which some L rest."""

    def __init__(
        self, sheets: Sheets, objectives: Sequence[Objective], before: Mapping[int, int]
    ) -> None:
        sheets.look_up()
        self.sheets, self.before = sheets, before
        self.cuts = cuts = np.array(sorted(before), dtype=np.int32)
        self.computation = sheets.computation.without(cuts) if cuts.size else sheets.computation
        self.groups = self.computation.in_order()
        roots = np.unique(np.concatenate([part for one in objectives for part in one.rests_on]))
        within = cone(self.groups, sheets.graph, roots)
        is_cut = np.zeros(len(within), dtype=np.bool_)
        is_cut[cuts] = True
        drawn = within & (sheets.is_typed | (is_cut & sheets.is_number))
        self.given = np.flatnonzero(drawn).astype(np.int32)
        pages = sheets.page.numbers[self.given, 0]
        uses = self._uses(objectives)[self.given]
        rows = rows_of_draws(self.computation.plane, self.given, pages, is_cut[self.given], uses)
        rest = cuts[~drawn[cuts]]
        self.fixed = rest[sheets.is_number[rest]]
        fixed = np.repeat(sheets.page.numbers[self.fixed, 0][None], len(rows), axis=0)
        self.board = self.computation.draws(
            np.concatenate([self.given, self.fixed]),
            np.concatenate([rows, fixed], axis=1),
            sheets.look_up,
        )

    def _uses(self, objectives: Sequence[Objective]) -> NDArray[np.int64]:
        """Return a number for each cell, the same where the same kinds of formulas use them.

        Cells of different steps have different ones.
        """
        graph = self.sheets.graph
        cells = np.concatenate([part for one in objectives for part in one.rests_on])
        steps = np.concatenate([one.steps for one in objectives for _ in one.rests_on])
        first, last = reached_by(self.groups, graph, cells, steps)
        kinds = graph.uses(self.groups, last >= 0)
        return kinds ^ (first.astype(np.int64) << 32) ^ last

    @cached_property
    def own(self) -> Array:
        """What all cells' own formulas give, of shape (cells, draws), those of cuts included."""
        if not self.cuts.size:
            return self.board.numbers
        found = self.board.numbers.copy()
        found[self.cuts] = formula_values(self.sheets.graph, self.board, self.cuts)
        return found

    def mended(self, cells: Indices, truth: Array) -> Study:
        """Return the same sheets where some cells hold other numbers: (cells, draws)."""
        given = np.concatenate([self.given, self.fixed])
        free = ~np.isin(cells, given)
        rows = np.concatenate([self.board.numbers[given], truth[free]])
        result = copy(self)
        result.__dict__.pop("own", None)
        result.board = self.computation.draws(
            np.concatenate([given, cells[free]]), rows.T, self.sheets.look_up
        )
        return result

    def shifted(self, cells: Sequence[int] | Indices | int, by: float, of: Indices) -> Array:
        """Return what some formulas give where some cells hold so much more: (formulas, draws)."""
        board = copy(self.board)
        board.numbers = self.board.numbers.copy()
        board.numbers[cells] += by
        return formula_values(self.sheets.graph, board, of)

    def flow(self, objective: Objective) -> Flow:
        """Return what flows back from an objective."""
        self.sheets.look_up()
        return flow(self.computation, self.sheets.graph, self.board, objective.seeds(self.board))

    def is_forward(self, objective: Objective) -> Mask:
        """Return which cells lead to the outputs from which an assumed L begins, these included."""
        if not objective.assumed:
            return np.zeros(self.computation.plane.size, dtype=np.bool_)
        return cone(self.groups, self.sheets.graph, objective.outputs)

    def matches(self, flow: Flow, objective: Objective) -> Mapping[int, Match]:
        """Return the cells outside the flow's cone that equal a constant times a gradient."""
        candidates = self.sheets.is_computed & (flow.last < 0) & ~self.is_forward(objective)
        candidates[self.cuts] = self.sheets.is_computed[self.cuts]
        cells = np.flatnonzero(candidates)
        found: dict[int, dict[int, tuple[Family, ...]]] = {}
        for family in FAMILIES:
            if family is Family.PAGE:
                continue
            columns = columns_of(family)
            rows = np.concatenate([self.own[cells][:, columns], flow.values[:, columns]])
            # Where all is 0 but on the page, as of a dead unit, that says nothing.
            varies = (rows[:, 1:] != rows[:, :1]).any(axis=1) & rows[:, 1:].any(axis=1)
            numbers = np.where(varies & np.isfinite(rows).all(axis=1), classes(rows), -1)
            _pair(found, family, cells, numbers)
        return {cell: Match(own) for cell, own in found.items()}


def _pair(
    found: dict[int, dict[int, tuple[Family, ...]]],
    family: Family,
    cells: NDArray[np.intp],
    numbers: NDArray[np.int64],
) -> None:
    """Note which cells have the class of which gradients; those come after the cells."""
    own, gradients = numbers[: len(cells)], numbers[len(cells) :]
    by_class: dict[int, list[int]] = {}
    for target in np.flatnonzero(np.isin(gradients, own) & (gradients >= 0)).tolist():
        by_class.setdefault(int(gradients[target]), []).append(target)
    for at in np.flatnonzero(np.isin(own, list(by_class))).tolist():
        targets = found.setdefault(int(cells[at]), {})
        for target in by_class[int(own[at])]:
            targets[target] = (*targets.get(target, ()), family)


def formula_values(graph: Graph, board: Board, cells: Indices) -> Array:
    """Return what the formulas of cells give from what the board holds: (cells, draws)."""
    result = np.full((len(cells), board.draws), np.nan)
    owners = graph.owner[cells]
    for number in np.unique(owners[owners >= 0]).tolist():
        (which,) = np.nonzero(owners == number)
        group = graph.groups[number].where(graph.position[cells[which]])
        try:
            values = Evaluation(board, group).given()
        except NotKnown:
            continue
        order = np.argsort(group.cells, kind="stable")
        result[which] = values[order[np.searchsorted(group.cells, cells[which], sorter=order)]]
    return result
