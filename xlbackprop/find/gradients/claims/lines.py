"""What cells of one formula are in a row or column, said of the others in it, too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from xlbackprop.find.gradients.claims.moves import Move, moved, moves_of
from xlbackprop.find.gradients.claims.named import Named

_FEWEST = 3

Line = tuple[int, int, int, int]  # the formula's shape, the sheet, row or column, and which


def beside_in_line(
    named: Named,
    found: Mapping[int, tuple[int, float]],
    is_open: Callable[[int], bool],
    *,
    by_most: bool = False,
) -> dict[int, tuple[int, float]]:
    """Return the target and factor of cells that stand in a line with enough of those found.

    `found` has the target, by place in the flow, and the factor of each cell. All of a line have to
    agree on how one comes from them to their targets; or most, with `by_most`.
    """
    if len(found) < _FEWEST:
        return {}
    losses = {*named.choice.objective.cells.tolist()}
    wanted = {line for cell in _open_to(named, found, is_open) for line in _lines(named, cell)}
    counted: defaultdict[Line, Counter[tuple[Move, float]]] = defaultdict(Counter)
    members = Counter[Line]()
    for cell, (target, by) in found.items() if wanted else ():
        for line in filter(wanted.__contains__, _lines(named, cell)):
            members[line] += 1
            ways = moves_of(named.labels, cell, int(named.flow.cells[target]))
            counted[line].update((way, round(by, 9)) for way in ways)
    beside: dict[int, tuple[int, float]] = {}
    for line, votes in counted.items():
        (move, by), number = votes.most_common(1)[0]
        if number < _FEWEST or not (by_most or number == members[line]):
            continue
        for cell in _cells_in(named, line):
            if cell in found or cell in beside or not is_open(cell):
                continue
            of = moved(named.labels, cell, move)
            meant = named.targets.at(of, cell)
            if meant and of not in losses:
                beside[cell] = meant[0], by
    return beside


def _open_to(
    named: Named, found: Mapping[int, tuple[int, float]], is_open: Callable[[int], bool]
) -> Iterator[int]:
    """Yield the cells of the formulas of those found that are not among these, and open."""
    graph = named.graph
    for owner in np.unique(graph.owner[list(found)]).tolist():
        if owner >= 0:
            left = {*graph.groups[owner].cells.tolist()}.difference(found)
            yield from filter(is_open, left)


def _lines(named: Named, cell: int) -> list[Line]:
    """Return a cell's row and column; of several steps, the one that leads from step to step.

    Across that, cells of one formula shape are of different tensors.
    """
    owner = int(named.graph.owner[cell])
    sheet, row, column = named.labels.place(cell)
    both = [(owner, sheet, 0, row), (owner, sheet, 1, column)]
    return [line for line in both if named.steps_along in (None, line[2])]


def _cells_in(named: Named, line: Line) -> Iterator[int]:
    owner, sheet, axis, number = line
    cells = named.graph.groups[owner].cells
    sheets, *along = named.labels.plane.places
    yield from cells[(along[axis][cells] == number) & (sheets[cells] == sheet)].tolist()
