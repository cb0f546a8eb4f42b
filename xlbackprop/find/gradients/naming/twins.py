"""A cell that holds what another of its block is right for: it was to be its neighbour's.

`=A9*A3` copied to where `=A9*B3` belongs is the gradient of a weight, and of the wrong one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from xlbackprop.find.gradients.claims.blocks import blocks
from xlbackprop.find.gradients.claims.moves import Move, Place, moved
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.right_cells import RightCells
from xlbackprop.find.gradients.findings import Reason

# So many others of a block have to stand alike to what they are gradients of.
_FEWEST = 2


def name_twins(named: Named, right: RightCells) -> None:
    """Name such cells by their place, where nothing but their value says what they are.

    What the place says has to be the gradient of nothing else.
    """
    labels, targets, moves = named.labels, named.targets, right.moves
    cells = {labels.place(cell): cell for cell in right.meant}
    taken = {int(named.flow.cells[at]) for at in named.target.values()}
    for block in _blocks(named, cells):
        counted = Counter(move for place in block for move in moves[place])
        move, number = counted.most_common(1)[0]
        others = [place for place in block if move not in moves[place]]
        if not others or number < _FEWEST or number <= len(others):
            continue
        agreeing = {targets.at(moved(labels, cells[one], move), cells[one])[0]
                    for one in block if move in moves[one]}  # fmt: skip
        for cell in [cells[place] for place in others]:
            found = _instead(named, cell, move)
            is_twin = not agreeing.isdisjoint(right.meant[cell])
            if is_twin and found is not None and int(named.flow.cells[found]) not in taken:
                named.target[cell], named.reason[cell] = found, Reason.PLACE


def _instead(named: Named, cell: int, move: Move) -> int | None:
    """Return what a cell's place says, where that is neither nothing nor what it holds."""
    found = named.targets.at(moved(named.labels, cell, move), cell)
    if named.reason[cell] is not Reason.VALUE or not found or named.flow.is_zero[found[0]]:
        return None
    return None if found[0] in named.matches[cell].targets else found[0]


def _blocks(named: Named, cells: Mapping[Place, int]) -> Iterator[list[Place]]:
    """Yield the places of cells that are neighbours, three or more: those of one formula shape.

    Then those of any, where steps do not stand beside one another: at the edge of a map, formulas
    have another shape than within.
    """
    owner = named.graph.owner
    by_shape: dict[int, list[Place]] = {}
    for place, cell in cells.items():
        by_shape.setdefault(int(owner[cell]), []).append(place)
    every = [*cells] if named.steps_along is None else []
    for own in (*by_shape.values(), every):
        yield from (block for block in blocks(own) if len(block) > _FEWEST)
