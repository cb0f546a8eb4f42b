"""Gradients that nothing names but the block in which they stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial

import numpy as np

from xlbackprop.find.gradients.claims.conventions import Conventions
from xlbackprop.find.gradients.claims.lines import beside_in_line
from xlbackprop.find.gradients.claims.moves import (
    Move,
    is_alike_on_page,
    moved,
    moves_by_place,
    moves_of,
)
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.resting import Ingredients, rests_on_weights
from xlbackprop.find.gradients.claims.targets import Targets
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import Choice, factor
from xlbackprop.find.gradients.naming.blanks import name_blanks
from xlbackprop.find.gradients.naming.gaps import name_gaps
from xlbackprop.find.gradients.naming.part_of import name_parts
from xlbackprop.find.gradients.naming.twins import name_twins
from xlbackprop.formula.tree import Reference

# Cells of a block that have to be right before its others are taken for gradients by their place.
FEWEST_OF_A_BLOCK = 3

_CLOSE = 1e-6


def name_by_place(named: Named, targets: Targets) -> None:
    """Name the cells of a block of one formula shape, as those that are right there say."""
    meant = _meant(named)
    settle(named, targets, meant)
    follow_lines(named)
    moves = moves_by_place(named, targets, meant)
    name_gaps(named, targets, meant, moves)
    name_twins(named, targets, meant, moves)
    _name_by_votes(named, targets, meant)
    name_blanks(named, targets, meant, moves)


def _name_by_votes(named: Named, targets: Targets, meant: Mapping[int, list[int]]) -> None:
    """Name the cells that enough others of their formula shape say something of."""
    choice = named.choice
    graph, last = choice.study.sheets.graph, choice.flow.last
    held = named.held
    votes, ingredients = _Votes(named, targets, meant), Ingredients(choice)
    for owner in votes.owners:
        cells = graph.groups[owner].cells
        if isinstance(graph.groups[owner].tree, Reference):
            continue  # copies are right where what they copy is
        is_forward = bool((last[cells] >= 0).any())
        lines = _lines(targets, votes.voters(owner)) if is_forward else None
        for cell in cells[last[cells] < 0].tolist():
            if cell in named.target or cell in named.updated or not _in_line(targets, cell, lines):
                continue
            found = [targets.at(moved(targets, cell, one), cell)[:1] for one in votes.best(cell)]
            own = [
                of
                for ofs in found
                for of in ofs
                if of not in held and not ingredients.has(cell, of)
            ]
            if _is_of_dead(choice, cell, is_in_line=votes.has_line(cell)):
                # That of a dead unit may be any of several.
                own = [of for of in own if choice.flow.is_zero[of]]
            if not own or any(is_alike_on_page(named, cell, of) for of in own):
                continue
            if not rests_on_weights(named, cell):
                named.give(cell, min(own, key=partial(_apart, named, cell)), Reason.PLACE)
    name_parts(named, targets)


def _is_of_dead(choice: Choice, cell: int, *, is_in_line: bool) -> bool:
    """Whether a cell is 0 in all draws, and nothing else can be meant, as where digits are left."""
    own = np.abs(choice.study.own[cell])
    if np.nanmax(own, initial=0.0) > choice.flow.nothing:
        return False
    return bool(own.any()) or not is_in_line


def _with_unnamed(named: Named) -> set[int]:
    """Return the formula shapes of cells beside L that nothing names yet."""
    sheets, flow = named.choice.study.sheets, named.choice.flow
    is_open = (flow.last < 0) & (sheets.graph.owner >= 0)
    is_open[list(named.target)] = False
    is_open[list(named.updated)] = False
    return set(np.unique(sheets.graph.owner[is_open]).tolist())


class _Votes:
    """How one comes from right cells to what they are gradients of, by formula shape and line."""

    def __init__(self, named: Named, targets: Targets, meant: Mapping[int, list[int]]) -> None:
        self._owner, self._targets = named.choice.study.sheets.graph.owner, targets
        self._along, self._own = named.steps_along, named.choice.study.own
        self._counted: defaultdict[tuple[int, ...], Counter[Move]] = defaultdict(Counter)
        self._voters: dict[tuple[int, Move], list[int]] = {}
        wanted = _with_unnamed(named)
        for cell, ofs in meant.items():
            if int(self._owner[cell]) not in wanted:
                continue
            cells = [int(named.choice.flow.cells[of]) for of in ofs]
            moves = {move for of in cells for move in moves_of(targets, cell, of)}
            for key in self._keys(cell):
                self._counted[key].update(moves)
            for move in moves:
                self._voters.setdefault((int(self._owner[cell]), move), []).append(cell)

    @property
    def owners(self) -> list[int]:
        """The formula shapes of which enough cells are right."""
        return [key[0] for key in self._counted if len(key) == 1 and self._most(key)]

    def voters(self, owner: int) -> list[int]:
        """Return the cells that agree on the most usual way."""
        return self._voters[owner, self._counted[owner,].most_common(1)[0][0]]

    def has_line(self, cell: int) -> bool:
        """Whether enough agree in a cell's own column or row."""
        return any(self._most(key) for key in self._keys(cell)[:-1])

    def best(self, cell: int) -> list[Move]:
        """Return the ways on which most agree: in a cell's own column or row, or in its block."""
        *lines, whole = self._keys(cell)
        key = max(lines, key=self._most)
        if self._along is not None and not self._most(key) and self._own[cell, 0]:
            return []  # elsewhere, cells of one formula shape are of different tensors
        counted = self._counted[key if self._most(key) else whole]
        number = max(counted.values())
        return [move for move, own in counted.most_common() if own == number]

    def _keys(self, cell: int) -> list[tuple[int, ...]]:
        owner = int(self._owner[cell])
        sheet, row, column = self._targets.labels.place(cell)
        lines = [(owner, sheet, 1, column), (owner, sheet, 0, row)]
        return [*(one for one in lines if self._along in (None, one[2])), (owner,)]

    def _most(self, key: tuple[int, ...]) -> int:
        """Return how many agree, 0 for too few."""
        number = max(self._counted.get(key, Counter[Move]()).values(), default=0)
        return number if number >= FEWEST_OF_A_BLOCK else 0


def _meant(named: Named) -> dict[int, list[int]]:
    """Return the targets whose gradients named cells equal, by the factor that is usual.

    What only happens to be a multiple, as a softmax's output may, says nothing of others.
    """
    choice, conventions = named.choice, Conventions(named)
    factors = {
        cell: {of: factor(choice, cell, of) for of in match.targets}
        for cell, match in choice.matches.items()
        if cell in named.target and _fits(named, cell)
    }
    for cell, own in list(factors.items()):
        is_itself = any(_is_close(abs(by), abs(conventions.usual)) for by in own.values())
        if not is_itself and conventions.is_something_else(cell):
            del factors[cell]
    owner = choice.study.sheets.graph.owner
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for cell, own in factors.items():
        counted[int(owner[cell])][f"{own[named.target[cell]]:.6g}"] += 1
    usual = {one: float(kind.most_common(1)[0][0]) for one, kind in counted.items()}
    return {
        cell: [of for of, by in own.items() if _is_close(by, usual[int(owner[cell])])]
        or [named.target[cell]]
        for cell, own in factors.items()
    }


def _is_close(one: float, other: float) -> bool:
    return abs(one - other) <= _CLOSE * abs(other)


def settle(named: Named, targets: Targets, meant: Mapping[int, list[int]]) -> None:
    """Name the same of several targets alike for all cells of a formula in a row or column.

    The gradients of a unit's net and of its output are the same where a ramp is active.
    """
    graph, flow = named.choice.study.sheets.graph, named.choice.flow
    lines: dict[tuple[int, ...], list[int]] = {}
    for cell in meant:
        if named.reason[cell] is Reason.VALUE:
            sheet, row, column = targets.labels.place(cell)
            owner = int(graph.owner[cell])
            lines.setdefault((owner, sheet, 0, row), []).append(cell)
            lines.setdefault((owner, sheet, 1, column), []).append(cell)
    for members in lines.values():
        if len(members) < FEWEST_OF_A_BLOCK:
            continue
        ways = {
            cell: {moves_of(targets, cell, int(flow.cells[of]))[0]: of for of in meant[cell]}
            for cell in members
        }
        counted = Counter(move for own in ways.values() for move in own)
        move, number = counted.most_common(1)[0]
        if number > len(members) / 2:
            for cell, own in ways.items():
                named.target[cell] = own.get(move, named.target[cell])


def follow_lines(named: Named) -> None:
    """Name a cell that only its value names as updates and texts name those of its row or column.

    In the last step, no update says which weight a gradient is of. A text that its value does not
    fit, where that of the others says, may name what stands elsewhere.
    """
    said = {
        cell: (target, 1.0)
        for cell, target in named.target.items()
        if named.reason[cell] in (Reason.UPDATE, Reason.LABEL) and not _is_misnamed(named, cell)
    }

    def is_open(cell: int) -> bool:
        is_named = named.reason.get(cell, Reason.VALUE) is not Reason.VALUE
        is_free = cell not in named.updated and cell not in named.none
        is_open = not is_named or _is_misnamed(named, cell)
        return is_open and is_free and named.choice.flow.last[cell] < 0

    held = named.held
    for cell, (target, _) in beside_in_line(named, said, is_open).items():
        match = named.choice.matches.get(cell)
        is_fitting = match is not None and target in match.targets
        is_taken = _is_misnamed(named, cell) or named.alone_has(cell) or target in held
        if is_fitting or not is_taken:
            named.target[cell], named.reason[cell] = target, Reason.PLACE


def _is_misnamed(named: Named, cell: int) -> bool:
    """Whether a text says what a cell is, and its value that it is something else."""
    is_called = named.reason.get(cell) is Reason.LABEL
    return is_called and cell in named.choice.matches and not _fits(named, cell)


def _apart(named: Named, cell: int, target: int) -> float:
    """Return how far a cell is from a gradient, of either sign, in all draws."""
    own, true = named.choice.study.own[cell], named.choice.flow.values[target]
    return float(min(np.abs(own - true).max(), np.abs(own + true).max()))


def _lines(targets: Targets, cells: list[int]) -> set[tuple[int, int, int]]:
    """Return the rows and columns in which enough of some cells stand."""
    counted: Counter[tuple[int, int, int]] = Counter()
    for cell in cells:
        sheet, row, column = targets.labels.place(cell)
        counted.update([(sheet, 0, row), (sheet, 1, column)])
    return {line for line, number in counted.items() if number >= FEWEST_OF_A_BLOCK}


def _in_line(targets: Targets, cell: int, lines: set[tuple[int, int, int]] | None) -> bool:
    if lines is None:
        return True
    sheet, row, column = targets.labels.place(cell)
    return (sheet, 0, row) in lines or (sheet, 1, column) in lines


def _fits(named: Named, cell: int) -> bool:
    return named.target[cell] in named.choice.matches[cell].targets
