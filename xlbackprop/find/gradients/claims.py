"""What each cell claims to be: by the update that uses it, its label, its place, its value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.flow import EVERY_STEP
from xlbackprop.find.gradients.labels import Derivative, Labels, derivative, name
from xlbackprop.find.gradients.losses import Choice, factor
from xlbackprop.find.gradients.updates import Update, updates
from xlbackprop.formula.tree import Reference

# Cells of a block that have to be right before its others are taken for gradients by their place.
FEWEST_OF_A_BLOCK = 3
_MOST_FOLLOWED = 200


@dataclass
class Named:
    """Which target of the flow each cell is to be a multiple of, and why."""

    choice: Choice
    labels: Labels
    updates: list[Update]
    target: dict[int, int] = field(default_factory=dict)
    reason: dict[int, Reason] = field(default_factory=dict)
    calls: dict[int, Derivative] = field(default_factory=dict)
    factors: dict[int, float] = field(default_factory=dict)  # of those that others require

    def is_leaf(self, cell: int) -> bool:
        """Return whether a cell is a weight, or another number that was typed or is cut."""
        study = self.choice.study
        return bool(study.sheets.is_typed[cell]) or cell in study.before

    def give(self, cell: int, target: int, reason: Reason) -> None:
        """Say what a cell is, unless a stronger reason has said so already."""
        if cell not in self.target:
            self.target[cell], self.reason[cell] = target, reason


def name_gradients(choice: Choice, labels: Labels) -> Named:
    """Return which cells claim to be gradients, and of what."""
    named = Named(choice, labels, updates(choice.study, choice.flow))
    targets = _Targets(choice, labels)
    by_update = _by_update(named, targets)
    by_label = _by_label(named, targets)
    for cell, match in choice.matches.items():
        _name_matched(named, targets, cell, match.targets, (by_update, by_label))
    for reason, found in ((Reason.UPDATE, by_update), (Reason.LABEL, by_label)):
        for cell, ofs in found.items():
            if cell not in choice.matches:
                named.give(cell, ofs[0], reason)
    _by_place(named, targets)
    return named


class _Targets:
    """The cells of a flow, by place and by name."""

    def __init__(self, choice: Choice, labels: Labels) -> None:
        self.flow, self.labels = choice.flow, labels
        self.by_cell: dict[int, list[int]] = {}
        for at, cell in enumerate(self.flow.cells.tolist()):
            self.by_cell.setdefault(cell, []).append(at)
        self.by_name: dict[tuple[int, int, str], list[int]] = {}
        for cell, own in self.by_cell.items():
            for line, (distance, text) in enumerate((labels.above(cell), labels.left(cell))):
                if text:
                    sheet = labels.place(cell)[0]
                    key = sheet * 2 + line, distance, name(text)
                    self.by_name.setdefault(key, []).extend(own)

    def named(self, cell: int) -> tuple[Derivative | None, list[int]]:
        """Return what the texts beside a cell call it, and the targets that may be meant."""
        sheet, row, column = self.labels.place(cell)
        found: Derivative | None = None
        for line, (distance, text) in enumerate((self.labels.above(cell), self.labels.left(cell))):
            said = derivative(text) if text else None
            if said is None:
                continue
            found = found or said
            meant = self.by_name.get((sheet * 2 + line, distance, said.by), [])
            if meant:
                near = [self._apart(at, row, column, line) for at in meant]
                return said, [at for at, far in zip(meant, near, strict=True) if far == min(near)]
        return found, []

    def _apart(self, at: int, row: int, column: int, line: int) -> int:
        _, own_row, own_column = self.labels.place(int(self.flow.cells[at]))
        return abs(own_row - row) if line == 0 else abs(own_column - column)


def _by_update(named: Named, targets: _Targets) -> dict[int, list[int]]:
    """Return the cells that updates use as gradients, with the targets that these name."""
    found: dict[int, list[int]] = {}
    users = Counter(one.gradients[0] for one in named.updates if len(one.gradients) == 1)
    for one in named.updates:
        if len(one.gradients) != 1 or one.refers_to != one.of:
            continue
        (gradient,) = one.gradients
        meant = targets.by_cell.get(one.of, [])
        match = named.choice.matches.get(gradient)
        fits = match is not None and set(match.targets) & set(meant)
        if not fits and (users[gradient] > 1 or _rests_on_right(named.choice, gradient, meant)):
            continue
        if meant:
            found[gradient] = meant
    return found


def _rests_on_right(choice: Choice, cell: int, meant: Iterable[int]) -> bool:
    """Whether a cell is made of the right gradient of its weight: a mean, a momentum."""
    graph, wanted = choice.study.sheets.graph, set(meant)
    seen, left = {cell}, [cell]
    while left and len(seen) < _MOST_FOLLOWED:
        for one in graph.references(left.pop()):
            if one in seen or choice.flow.last[one] >= 0:
                continue
            match = choice.matches.get(one)
            if match is not None and wanted & set(match.targets):
                return True
            seen.add(one)
            left.append(one)
    return False


def _by_label(named: Named, targets: _Targets) -> dict[int, list[int]]:
    """Return the cells that texts call gradients, with the targets that these name."""
    found: dict[int, list[int]] = {}
    study, flow = named.choice.study, named.choice.flow
    outside = study.sheets.is_computed & (flow.last < 0)
    updated = {one.cell for one in named.updates}
    for cell in np.flatnonzero(outside).tolist():
        said, meant = targets.named(cell)
        if said is not None:
            named.calls[cell] = said
        if meant and cell not in updated and _accuses(named.choice, said, meant):
            found[cell] = meant
    return found


def _accuses(choice: Choice, said: Derivative | None, meant: list[int]) -> bool:
    """Whether a text says enough to be held against a cell: `d_o` may be of o, or of its net."""
    if said is None or said.is_quotient:
        return said is not None
    study, cell = choice.study, int(choice.flow.cells[meant[0]])
    return bool(study.sheets.is_typed[cell] or cell in study.before)


def _name_matched(
    named: Named,
    targets: _Targets,
    cell: int,
    matched: tuple[int, ...],
    said: tuple[Mapping[int, list[int]], Mapping[int, list[int]]],
) -> None:
    """Name what a cell is whose value fits: by its update or label where these agree."""
    by_update, by_label = (found.get(cell, []) for found in said)
    fitting = set(matched)
    for reason, meant in ((Reason.UPDATE, by_update), (Reason.LABEL, by_label)):
        agreed = [one for one in meant if one in fitting]
        if agreed:
            named.give(cell, agreed[0], reason)
            return
    if by_update and by_label and set(by_update) & set(by_label):
        named.give(cell, by_update[0], Reason.UPDATE)
    elif by_label and not by_update:
        named.give(cell, by_label[0], Reason.LABEL)
    elif by_update and not by_label:
        named.give(cell, by_update[0], Reason.UPDATE)
    elif named.choice.study.sheets.graph.copied[cell] == cell:
        named.give(cell, _nearest(named, targets, cell, matched), Reason.VALUE)


def _nearest(named: Named, targets: _Targets, cell: int, matched: Iterable[int]) -> int:
    """Return the target that a cell is most likely the gradient of, of several alike."""
    flow, study = targets.flow, named.choice.study
    _, row, column = targets.labels.place(cell)
    cuts = set(study.cuts.tolist())

    def rank(at: int) -> tuple[bool, bool, bool, int]:
        of = int(flow.cells[at])
        is_negative = factor(named.choice, cell, at) < 0
        _, own_row, own_column = targets.labels.place(of)
        is_leaf = bool(study.sheets.is_typed[of]) or of in cuts
        far = abs(own_row - row) + abs(own_column - column)
        return is_negative, not is_leaf, flow.steps[at] == EVERY_STEP, far

    return min(matched, key=rank)


def _by_place(named: Named, targets: _Targets) -> None:
    """Name the cells of a block of one formula shape, as those that are right there say."""
    graph = named.choice.study.sheets.graph
    choice = named.choice
    right = [cell for cell in choice.matches if cell in named.target and _fits(named, cell)]
    votes: dict[int, Counter[tuple[bool, int, int, int]]] = {}
    for cell in right:
        for move in _moves(targets, cell, int(choice.flow.cells[named.target[cell]])):
            votes.setdefault(int(graph.owner[cell]), Counter())[move] += 1
    updated = {one.cell for one in named.updates}
    for owner, counted in votes.items():
        move, number = counted.most_common(1)[0]
        cells = graph.groups[owner].cells
        if isinstance(graph.groups[owner].tree, Reference):
            continue  # copies are right where what they copy is
        if number < FEWEST_OF_A_BLOCK or (choice.flow.last[cells] >= 0).any():
            continue
        for cell in cells.tolist():
            if cell in named.target or cell in updated:
                continue
            of = _moved(targets, cell, move)
            if of in targets.by_cell:
                named.give(cell, targets.by_cell[of][0], Reason.PLACE)


def _fits(named: Named, cell: int) -> bool:
    return named.target[cell] in named.choice.matches[cell].targets


def _moves(targets: _Targets, cell: int, of: int) -> list[tuple[bool, int, int, int]]:
    """Return how one comes from a cell to what it is the gradient of: straight, or transposed."""
    sheet, row, column = targets.labels.place(cell)
    other, own_row, own_column = targets.labels.place(of)
    return [
        (False, other - sheet, own_row - row, own_column - column),
        (True, other - sheet, own_row - column, own_column - row),
    ]


def _moved(targets: _Targets, cell: int, move: tuple[bool, int, int, int]) -> int:
    is_transposed, sheets, down, along = move
    sheet, row, column = targets.labels.place(cell)
    if is_transposed:
        row, column = column, row
    plane = targets.labels.plane
    if not 0 <= sheet + sheets < len(plane.boxes):
        return 0
    place = np.array([row + down]), np.array([column + along])
    return int(plane.indices(sheet + sheets, *place)[0])
