"""How one comes on a sheet from a gradient to what it is the gradient of."""

from __future__ import annotations

from collections.abc import Mapping

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.targets import Targets

_CLOSE_ON_PAGE = 1e-9

# Whether it is transposed; how many sheets on; how far down and along.
Move = tuple[bool, int, int, int]
Place = tuple[int, int, int]  # sheet, row, column
SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


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
    return plane.index(sheet + sheets, row + down, column + along)


def is_alike_on_page(named: Named, cell: int, target: int) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse."""
    own, true = named.choice.study.own[cell, 0], named.choice.flow.values[target, 0]
    return bool(own and abs(abs(own) - abs(true)) <= _CLOSE_ON_PAGE * abs(true))


def moves_by_place(
    named: Named, targets: Targets, meant: Mapping[int, list[int]]
) -> dict[Place, set[Move]]:
    """Return how one comes from cells to what they are gradients of, by their places."""
    cells = named.choice.flow.cells
    return {
        targets.labels.place(cell): {
            move for of in ofs for move in moves_of(targets, cell, int(cells[of]))
        }
        for cell, ofs in meant.items()
    }


def beside(moves: Mapping[Place, set[Move]]) -> list[Place]:
    """Return the places next to right cells that have none, in order."""
    around = {
        (sheet, row + down, column + along) for sheet, row, column in moves for down, along in SIDES
    }
    return sorted(place for place in around - moves.keys() if min(place) >= 0)


def agreed(moves: Mapping[Place, set[Move]], place: Place) -> set[Move]:
    """Return the moves that enough right cells around a place have."""
    sheet, row, column = place

    def run(down: int, along: int) -> tuple[set[Move], set[Move]]:
        """Return the moves of the next cell on a side, and those that the one behind it has too."""
        first = moves.get((sheet, row + down, column + along), set())
        second = moves.get((sheet, row + 2 * down, column + 2 * along), set())
        return first, first & second

    left, right, up, down = (run(*side) for side in SIDES)
    rows, columns = (
        one[1] | other[1] | (one[0] & other[0]) for one, other in ((left, right), (up, down))
    )
    if not (left[0] or right[0]):
        return up[1] & down[1]
    if not (up[0] or down[0]):
        return left[1] & right[1]
    return rows & columns


def cell_at(targets: Targets, place: Place) -> int:
    """Return the cell at a place, 0 where that is no place of the workbook."""
    sheet, row, column = place
    if sheet >= len(targets.labels.plane.boxes):
        return 0
    return targets.labels.plane.index(sheet, row, column)
