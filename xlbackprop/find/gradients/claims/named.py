"""Which cells of a sheet claim to be gradients, while that is being found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xlbackprop.equation import Array
from xlbackprop.find.gradients.claims.factors import is_near, steps_of
from xlbackprop.find.gradients.claims.targets import Targets
from xlbackprop.find.gradients.differentiation.flow import EVERY_STEP, Flow
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.find.gradients.differentiation.study import Match, Sheets, Study
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import Choice, factor
from xlbackprop.find.gradients.texts.labels import Derivative, Labels
from xlbackprop.find.gradients.texts.titles import Titled, Titles
from xlbackprop.find.gradients.training.updates import Update

_FEW = 3  # steps by which their direction is told


@dataclass
class Named:
    """Which target of the flow each cell is to be a multiple of, and why."""

    choice: Choice
    labels: Labels
    updates: list[Update]
    target: dict[int, int] = field(default_factory=dict)
    reason: dict[int, Reason] = field(default_factory=dict)
    _calls: dict[int, Derivative | None] = field(default_factory=dict)
    none: set[int] = field(default_factory=set)  # what can be no gradient
    factors: dict[int, float] = field(default_factory=dict)  # of those that others require
    usual: float = 0.0  # the factor of most gradients, where more than their number tells
    odd: float = 0.0  # a factor that all gradients have, and none should
    said: set[int] = field(default_factory=set)  # what a map says outright
    rate: float | None = None  # that of a map
    titled: Titled = field(default_factory=Titled)

    @property
    def study(self) -> Study:
        """The sheets on draws."""
        return self.choice.study

    @property
    def sheets(self) -> Sheets:
        """The formulas of the sheets, and what they give on the page."""
        return self.study.sheets

    @property
    def graph(self) -> Graph:
        """Which cells each formula refers to."""
        return self.sheets.graph

    @property
    def own(self) -> Array:
        """What the formulas give: (cells, draws)."""
        return self.study.own

    @property
    def flow(self) -> Flow:
        """What flows back from L."""
        return self.choice.flow

    @property
    def matches(self) -> Mapping[int, Match]:
        """Which cells equal gradients, and which."""
        return self.choice.matches

    @cached_property
    def updated(self) -> frozenset[int]:
        """The cells that hold updates."""
        return frozenset(one.cell for one in self.updates)

    @cached_property
    def fitting(self) -> Mapping[int, tuple[int, float]]:
        """The gradient, by place in the flow, that updates take, and how much of it, by cell."""
        return steps_of(self.choice, self.updates)

    @cached_property
    def steps_along(self) -> int | None:
        """Whether steps lead along a row, 0, or down a column, 1; None where there is but one."""
        places = [self.labels.place(cell) for cell in self.choice.objective.cells[:_FEW].tolist()]
        rows, columns = ({place[axis] for place in places} for axis in (1, 2))
        if self.choice.objective.count == 1 or len(rows) == len(columns):
            return None
        return 1 if len(rows) == len(places) else 0

    def take(self, updates: list[Update]) -> None:
        """Take other updates for those of the sheet."""
        self.updates = updates
        for known in ("updated", "fitting"):
            self.__dict__.pop(known, None)

    @cached_property
    def targets(self) -> Targets:
        """The cells of which L has a gradient, by place and by name."""
        return Targets(self.choice, self.labels)

    @cached_property
    def titles(self) -> Titles:
        """The titles over blocks of gradients, and over what these are by."""
        return Titles(self.labels)

    def call(self, cell: int) -> Derivative | None:
        """Return what gradient the texts beside a cell call it, or its title, if they do."""
        if cell in self.titled.said:
            return self.titled.said[cell]
        if not self.targets.is_called[cell]:
            return None
        if cell not in self._calls:
            self._calls[cell] = self.targets.named(cell)[0]
        return self._calls[cell]

    def is_leaf(self, cell: int) -> bool:
        """Return whether a cell is a weight, or another number that was typed or is cut."""
        return bool(self.sheets.is_typed[cell]) or cell in self.study.before

    @property
    def held(self) -> frozenset[int]:
        """The targets whose gradients stand rightly in some cell."""
        return frozenset(at for cell, at in self.target.items() if self.fits(cell))

    def fits(self, cell: int) -> bool:
        """Return whether a cell's number is a multiple of the gradient that it is named as."""
        match = self.matches.get(cell)
        return match is not None and self.target.get(cell) in match.targets

    def alone_has(self, cell: int) -> bool:
        """Return whether a cell holds a weight's gradient, and no other one is taken for that.

        Then its place says less than its value; a neighbour's gradient stands there twice.
        """
        if not self.fits(cell):
            return False
        at = self.target[cell]
        is_leaf = self.is_leaf(int(self.flow.cells[at]))
        return is_leaf and sum(one == at for one in self.target.values()) == 1

    def give(self, cell: int, target: int, reason: Reason) -> None:
        """Say what a cell is, unless a stronger reason has said so already."""
        if cell not in self.target and cell not in self.none:
            self.target[cell], self.reason[cell] = target, reason

    def nearest(self, cell: int, matched: Iterable[int]) -> int:
        """Return the target that a cell is most likely the gradient of, of several alike."""
        flow = self.flow
        _, row, column = self.labels.place(cell)
        families = self.matches[cell].families

        def rank(at: int) -> tuple[int, bool, bool, bool, bool, int]:
            of = int(flow.cells[at])
            by = factor(self.choice, cell, at)
            _, own_row, own_column = self.labels.place(of)
            far = abs(own_row - row) + abs(own_column - column)
            few = -len(families[at])  # the fewer kinds of draws, the more likely a coincidence
            is_every = bool(flow.steps[at] == EVERY_STEP)
            return few, by < 0, not self.is_leaf(of), is_every, not is_near(abs(by), 1.0), far

        return min(matched, key=rank)
