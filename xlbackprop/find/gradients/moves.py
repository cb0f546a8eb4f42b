"""How one comes on a sheet from a gradient to what it is the gradient of."""

from __future__ import annotations

import numpy as np

from xlbackprop.find.gradients.named import Named
from xlbackprop.find.gradients.targets import Targets

_CLOSE_ON_PAGE = 1e-9

# Whether it is transposed; how many sheets on; how far down and along.
Move = tuple[bool, int, int, int]


def moves_of(targets: Targets, cell: int, of: int) -> list[Move]:
    """Return how one comes from a cell to what it is the gradient of: straight, or transposed."""
    sheet, row, column = targets.labels.place(cell)
    other, own_row, own_column = targets.labels.place(of)
    return [
        (False, other - sheet, own_row - row, own_column - column),
        (True, other - sheet, own_row - column, own_column - row),
    ]


def moved(targets: Targets, cell: int, move: Move) -> int:
    """Return the cell to which a move leads, 0 where that is no place of the workbook."""
    is_transposed, sheets, down, along = move
    sheet, row, column = targets.labels.place(cell)
    if is_transposed:
        row, column = column, row
    plane = targets.labels.plane
    if not 0 <= sheet + sheets < len(plane.boxes):
        return 0
    place = np.array([row + down]), np.array([column + along])
    return int(plane.indices(sheet + sheets, *place)[0])


def is_alike_on_page(named: Named, cell: int, target: int) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse."""
    own, true = named.choice.study.own[cell, 0], named.choice.flow.values[target, 0]
    return bool(own and abs(abs(own) - abs(true)) <= _CLOSE_ON_PAGE * abs(true))
