"""Cells of one formula in a row or column, named as most of them are, or as texts name others."""

from __future__ import annotations

from collections import Counter

from xlbackprop.find.gradients.claims.lines import beside_in_line
from xlbackprop.find.gradients.claims.moves import moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.right_cells import RightCells
from xlbackprop.find.gradients.findings import Reason

# So many right cells have to stand in a line.
_FEWEST = 3


def settle(named: Named, right: RightCells) -> None:
    """Name the same of several targets alike for all cells of a formula in a row or column.

    The gradients of a unit's net and of its output are the same where a ramp is active.
    """
    graph, cells = named.graph, named.flow.cells
    lines: dict[tuple[int, ...], list[int]] = {}
    for cell in right.meant:
        if named.reason[cell] is Reason.VALUE:
            sheet, row, column = named.labels.place(cell)
            owner = int(graph.owner[cell])
            lines.setdefault((owner, sheet, 0, row), []).append(cell)
            lines.setdefault((owner, sheet, 1, column), []).append(cell)
    for members in lines.values():
        if len(members) < _FEWEST:
            continue
        ways = {
            cell: {moves_of(named.labels, cell, int(cells[of]))[0]: of for of in right.meant[cell]}
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
        return is_open and is_free and named.flow.last[cell] < 0

    held = named.held
    for cell, (target, _) in beside_in_line(named, said, is_open).items():
        match = named.matches.get(cell)
        is_fitting = match is not None and target in match.targets
        is_taken = _is_misnamed(named, cell) or named.alone_has(cell) or target in held
        if is_fitting or not is_taken:
            named.target[cell], named.reason[cell] = target, Reason.PLACE


def _is_misnamed(named: Named, cell: int) -> bool:
    """Whether a text says what a cell is, and its value that it is something else."""
    is_called = named.reason.get(cell) is Reason.LABEL
    return is_called and cell in named.matches and not named.fits(cell)
