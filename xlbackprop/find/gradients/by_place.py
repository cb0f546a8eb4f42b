"""Gradients that nothing names but the block in which they stand."""

from __future__ import annotations

from collections import Counter

import numpy as np

from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.named import Named
from xlbackprop.find.gradients.resting import rests_on_weights
from xlbackprop.find.gradients.targets import Targets
from xlbackprop.formula.tree import Reference

# Cells of a block that have to be right before its others are taken for gradients by their place.
FEWEST_OF_A_BLOCK = 3

# Whether it is transposed; how many sheets on; how far down and along.
Move = tuple[bool, int, int, int]


def name_by_place(named: Named, targets: Targets) -> None:
    """Name the cells of a block of one formula shape, as those that are right there say."""
    choice = named.choice
    graph, last = choice.study.sheets.graph, choice.flow.last
    updated = {one.cell for one in named.updates}
    votes: dict[int, Counter[Move]] = {}
    voters: dict[tuple[int, Move], list[int]] = {}
    for cell in choice.matches:
        if cell in named.target and _fits(named, cell):
            owner = int(graph.owner[cell])
            for move in _moves(targets, cell, int(choice.flow.cells[named.target[cell]])):
                votes.setdefault(owner, Counter())[move] += 1
                voters.setdefault((owner, move), []).append(cell)
    for owner, counted in votes.items():
        move, number = counted.most_common(1)[0]
        cells = graph.groups[owner].cells
        if number < FEWEST_OF_A_BLOCK or isinstance(graph.groups[owner].tree, Reference):
            continue  # copies are right where what they copy is
        is_forward = bool((last[cells] >= 0).any())
        lines = _lines(targets, voters[owner, move]) if is_forward else None
        for cell in cells[last[cells] < 0].tolist():
            if cell in named.target or cell in updated or not _in_line(targets, cell, lines):
                continue
            own = targets.at(_moved(targets, cell, move), cell)
            if not own or _is_alike_on_page(named, cell, own[0]):
                continue
            if not rests_on_weights(named, cell):
                named.give(cell, own[0], Reason.PLACE)


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


def _is_alike_on_page(named: Named, cell: int, target: int) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse."""
    own, true = named.choice.study.own[cell, 0], named.choice.flow.values[target, 0]
    return bool(own and abs(abs(own) - abs(true)) <= 1e-9 * abs(true))


def _fits(named: Named, cell: int) -> bool:
    return named.target[cell] in named.choice.matches[cell].targets


def _moves(targets: Targets, cell: int, of: int) -> list[Move]:
    """Return how one comes from a cell to what it is the gradient of: straight, or transposed."""
    sheet, row, column = targets.labels.place(cell)
    other, own_row, own_column = targets.labels.place(of)
    return [
        (False, other - sheet, own_row - row, own_column - column),
        (True, other - sheet, own_row - column, own_column - row),
    ]


def _moved(targets: Targets, cell: int, move: Move) -> int:
    is_transposed, sheets, down, along = move
    sheet, row, column = targets.labels.place(cell)
    if is_transposed:
        row, column = column, row
    plane = targets.labels.plane
    if not 0 <= sheet + sheets < len(plane.boxes):
        return 0
    place = np.array([row + down]), np.array([column + along])
    return int(plane.indices(sheet + sheets, *place)[0])
