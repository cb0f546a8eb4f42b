"""Which cells of a sheet claim to be gradients, while that is being found out."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.labels import Derivative, Labels
from xlbackprop.find.gradients.losses import Choice
from xlbackprop.find.gradients.updates import Update


@dataclass
class Named:
    """Which target of the flow each cell is to be a multiple of, and why."""

    choice: Choice
    labels: Labels
    updates: list[Update]
    target: dict[int, int] = field(default_factory=dict)
    reason: dict[int, Reason] = field(default_factory=dict)
    calls: dict[int, Derivative] = field(default_factory=dict)
    none: set[int] = field(default_factory=set)  # what can be no gradient
    factors: dict[int, float] = field(default_factory=dict)  # of those that others require
    said: set[int] = field(default_factory=set)  # what a map says outright
    rate: float | None = None  # that of a map

    def is_leaf(self, cell: int) -> bool:
        """Return whether a cell is a weight, or another number that was typed or is cut."""
        study = self.choice.study
        return bool(study.sheets.is_typed[cell]) or cell in study.before

    def give(self, cell: int, target: int, reason: Reason) -> None:
        """Say what a cell is, unless a stronger reason has said so already."""
        if cell not in self.target and cell not in self.none:
            self.target[cell], self.reason[cell] = target, reason
