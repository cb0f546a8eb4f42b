"""Where the boxes stand: from left to right in the order of computing, in as many rows as need be.

What a layer takes besides, its parameters, stands above it. A connection that skips boxes has a
lane below its row; one to another row goes round on the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from xlbackprop.layout.graph.connections import Connection, Node, connections, nodes_of
from xlbackprop.layout.graph.drawing import (
    LINE_HEIGHT,
    NAME,
    Box,
    Drawing,
    Line,
    Way,
    width_of,
)
from xlbackprop.layout.graph.routes import BRANCH, Ends, Routes
from xlbackprop.network import Network

WIDTH = 900  # pixels, at most, where two boxes are no wider
_MARGIN = 12
_LEAST_WIDTH, _LEAST_GAP = 84, 66
_HEIGHT = 2 * LINE_HEIGHT + 12
_ABOVE = 26  # between what is beside a box and the box
_LANE, _BETWEEN_ROWS, _TRUNK = 34, 18, 14


@dataclass(frozen=True)
class Grid:
    """How many boxes stand in a row, how wide they are, and what is between them."""

    nodes: Sequence[Node]
    width: float
    gap: float
    across: int

    def row_of(self, number: int) -> int:
        """Return the row of a box, by its number."""
        return number // self.across

    def left_of(self, number: int) -> float:
        """Return where a box begins."""
        return _MARGIN + _TRUNK + number % self.across * (self.width + self.gap)


def draw_graph(network: Network) -> Drawing:
    """Return the drawing of a network's graph."""
    nodes, flows = nodes_of(network), connections(network)
    grid = _grid(nodes, flows)
    paths = _ends(flows, nodes, grid)
    tops, bottoms, height = _rows(grid, paths)
    boxes = [
        _box(node, grid.left_of(number), tops[grid.row_of(number)], grid.width)
        for number, node in enumerate(nodes)
    ]
    right = max(box.right for box in boxes) + 2 * _MARGIN
    trunks = _trunks(paths, right)
    routes = Routes(boxes, paths, bottoms, trunks, _LANE)
    beside, arrows = _beside(nodes, boxes)
    return Drawing(
        width=max([right, *trunks.values()]) + _TRUNK,
        height=height,
        lines=(*arrows, *routes.lines),
        labels=tuple(routes.labels),
        boxes=(*boxes, *beside),
        marks=tuple(routes.marks()),
        about=_about(nodes, flows),
    )


def _grid(nodes: Sequence[Node], flows: Sequence[Connection]) -> Grid:
    runs = [((node.name, Way.NEITHER),) for node in nodes]
    about = [((node.about, Way.NEITHER),) for node in nodes]
    width = max([_LEAST_WIDTH, *(width_of(one, NAME) for one in runs), *map(width_of, about)])
    order = set(pairwise(node.name for node in nodes))
    beside = [width_of((run,)) for one in flows if (one.source, one.user) in order
              for run in one.runs]  # fmt: skip
    sources = [one.source for one in flows]
    room = BRANCH if len(sources) > len(set(sources)) else 8
    gap = max([_LEAST_GAP, *(one + room for one in beside)])
    for node in nodes:
        for line in node.beside:
            gap = max(gap, width_of(line) + 10 - width)
    across = int((WIDTH - 2 * (_MARGIN + _TRUNK) + gap) // (width + gap))
    rows = ceil(len(nodes) / max(2, across))
    return Grid(nodes, width, gap, ceil(len(nodes) / rows))  # in rows of about the same length


def _ends(flows: Sequence[Connection], nodes: Sequence[Node], grid: Grid) -> list[Ends]:
    place = {node.name: number for number, node in enumerate(nodes)}
    paths: list[Ends] = []
    for flow in flows:
        source, user = place[flow.source], place[flow.user]
        rows = (grid.row_of(source), grid.row_of(user))
        again = any((one.source, one.user) == (source, user) for one in paths)
        paths.append(Ends(flow, source, user, rows, again))
    return paths


def _rows(grid: Grid, paths: list[Ends]) -> tuple[list[float], list[float], float]:
    """Return where the boxes of each row begin, and its lanes below them; and the height of all.

    Each path is told its lane in each of its rows.
    """
    tops, bottoms, y = [], [], float(_MARGIN)
    for row in range(grid.row_of(len(grid.nodes) - 1) + 1):
        own = [node for at, node in enumerate(grid.nodes) if grid.row_of(at) == row]
        lines = max(len(node.beside) for node in own)
        y += lines * LINE_HEIGHT + (8 + _ABOVE if lines else 0)
        tops.append(y)
        y += _HEIGHT + _BETWEEN_ROWS
        bottoms.append(y)
        y += _LANE * _lanes(row, paths)
    return tops, bottoms, y + _MARGIN - _BETWEEN_ROWS / 2


def _lanes(row: int, paths: list[Ends]) -> int:
    """Give each path that needs one a lane of this row; return how many there are.

    Two paths share a lane where one ends before the other begins. One that goes on to the next row
    has a lane below all others.
    """
    taken: list[float] = []  # up to which box
    own = [path for path in paths if row in path.lanes_in]
    for path in sorted(own, key=lambda one: (one.turns, one.extent(row))):
        first, last = path.extent(row)
        free = next((at for at, end in enumerate(taken) if end <= first), len(taken))
        taken[free : free + 1] = [last]
        path.lanes[row] = free
    return len(taken)


def _trunks(paths: Sequence[Ends], right: float) -> dict[Ends, float]:
    """Return where each path to another row goes down, beside those that do so at its height."""
    taken: list[float] = []  # down to which row
    trunks = {}
    round_about = [path for path in paths if path.rows[0] != path.rows[1]]
    for path in sorted(round_about, key=lambda one: (one.rows[0], not one.turns)):
        first, last = path.rows
        free = next((at for at, end in enumerate(taken) if end <= first), len(taken))
        taken[free : free + 1] = [first + 0.5 if path.turns else last + 0.5]
        trunks[path] = right + _TRUNK * (free + 1)
    return trunks


def _box(node: Node, x: float, y: float, width: float) -> Box:
    lines = (((node.name, Way.NEITHER),), ((node.about, Way.NEITHER),))
    return Box(x, y, width, _HEIGHT, lines, node.look)


def _beside(nodes: Sequence[Node], boxes: Sequence[Box]) -> tuple[list[Box], list[Line]]:
    """Return the boxes of what layers take besides, and the arrows between."""
    pairs = [pair for pair in zip(nodes, boxes, strict=True) if pair[0].beside]
    beside = [_above(node, box) for node, box in pairs]
    arrows = []
    for (node, box), above in zip(pairs, beside, strict=True):
        x = box.middle[0]
        down, up = x - 5 * node.learns, x + 5
        arrows.append(Line(((down, above.bottom), (down, box.y)), Way.FORWARD))
        if node.learns:
            arrows.append(Line(((up, box.y), (up, above.bottom)), Way.BACKWARD))
    return beside, arrows


def _above(node: Node, box: Box) -> Box:
    height = len(node.beside) * LINE_HEIGHT + 8
    width = max(map(width_of, node.beside))
    # The way to the first box of a row passes on the left.
    x = max(box.middle[0] - width / 2, box.x - 4)
    look = "parameters" if node.learns else "given"
    return Box(x, box.y - _ABOVE - height, width, height, node.beside, look)


def _about(nodes: Sequence[Node], flows: Sequence[Connection]) -> str:
    order = list(pairwise(node.name for node in nodes))
    chain = " → ".join(node.name for node in nodes)
    skips = [f"{one.source} → {one.user}" for one in flows if (one.source, one.user) not in order]
    besides = f" Besides: {', '.join(skips)}." if skips else ""
    return f"The computational graph: {chain}.{besides} Gradients flow back along every arrow."
