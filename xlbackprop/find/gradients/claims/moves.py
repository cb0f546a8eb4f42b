"""How one comes on a sheet from a gradient to what it is the gradient of."""

from __future__ import annotations

from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.formula.sheets.plane import OUTSIDE

# Whether it is transposed; how many sheets on; how far down and along.
Move = tuple[bool, int, int, int]
Place = tuple[int, int, int]  # sheet, row, column
SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))  # left, right, up, down: how far down and along


def moves_of(labels: Labels, cell: int, of: int) -> list[Move]:
    """Return how one comes from a cell to what it is the gradient of: straight, or transposed."""
    sheet, row, column = labels.place(cell)
    other, own_row, own_column = labels.place(of)
    return [
        (False, other - sheet, own_row - row, own_column - column),
        (True, other - sheet, own_row - column, own_column - row),
    ]


def moved(labels: Labels, cell: int, move: Move) -> int:
    """Return the cell to which a move leads, OUTSIDE where that is no place of the workbook."""
    is_transposed, sheets, down, along = move
    sheet, row, column = labels.place(cell)
    if is_transposed:
        row, column = column, row
    return cell_at(labels, (sheet + sheets, row + down, column + along))


def cell_at(labels: Labels, place: Place) -> int:
    """Return the cell at a place, OUTSIDE where that is no place of the workbook."""
    sheet, row, column = place
    if not 0 <= sheet < len(labels.plane.boxes):
        return OUTSIDE
    return labels.plane.index(sheet, row, column)
