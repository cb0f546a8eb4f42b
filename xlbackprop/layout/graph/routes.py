"""The ways of the arrows: straight to the next box, else along lanes below the boxes.

Each way is drawn twice, side by side: as values flow, and as gradients flow back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from xlbackprop.layout.graph.connections import Connection
from xlbackprop.layout.graph.drawing import Box, Label, Line, Mark, Point, Way, width_of

BRANCH = 28  # to the right of a box, where values branch
_SUM = 10  # and where gradients add up
_APART = 7  # between the two arrows
_RADIUS = {Way.FORWARD: 3.5, Way.BACKWARD: 7.0}
_ENTRANCE = 22  # between the entrances of a box from below
_LEFT = 8  # where what goes on to the next row comes down


@dataclass(frozen=True, eq=False)
class Ends:
    """A connection between two boxes, by their numbers and rows, and its lane in each row.

    `again` says that the same two boxes have another connection before it.
    """

    flow: Connection
    source: int
    user: int
    rows: tuple[int, int]
    again: bool = False
    lanes: dict[int, int] = field(default_factory=dict)

    @property
    def is_straight(self) -> bool:
        """Whether it leads to the next box in the same row."""
        return self._leads_on and self.rows[0] == self.rows[1]

    @property
    def turns(self) -> bool:
        """Whether it leads from the last box of a row to the first one of the next."""
        return self._leads_on and self.rows[0] != self.rows[1]

    @property
    def _leads_on(self) -> bool:
        return self.user == self.source + 1 and not self.again

    @property
    def lanes_in(self) -> tuple[int, ...]:
        """The rows below which it takes a lane."""
        if self.turns:
            return self.rows[:1]
        return () if self.is_straight else tuple(dict.fromkeys(self.rows))

    def extent(self, row: int) -> tuple[float, float]:
        """Return from which box to which it takes a lane of that row; from row to row on the right.

        The boxes are by number.
        """
        if self.turns:
            return -1, inf
        if self.rows[0] == self.rows[1]:
            return self.source, self.user
        return (self.source if row == self.rows[0] else self.user), inf


class Routes:
    """The lines of all connections, their labels, and the marks where they meet.

    `bottoms` is where the lanes of each row begin, `trunks` where each connection between two rows
    goes down.
    """

    def __init__(
        self,
        boxes: Sequence[Box],
        paths: Sequence[Ends],
        bottoms: Sequence[float],
        trunks: Mapping[Ends, float],
        lane: float,
    ) -> None:
        self._boxes, self._paths, self._lane = boxes, paths, lane
        self._bottoms, self._trunks = bottoms, trunks
        self.lines: list[Line] = []
        self.labels: list[Label] = []
        for path in paths:
            self._draw(path)

    def marks(self) -> Iterator[Mark]:
        """Yield where values branch and gradients add up: at outputs that several take."""
        for number, box in enumerate(self._boxes):
            own = self._from(number)
            if len(own) > 1:
                yield Mark(_leaves(box, Way.FORWARD), _RADIUS[Way.FORWARD], Way.FORWARD)
            if sum(bool(path.flow.gradient) for path in own) > 1:
                yield Mark(_leaves(box, Way.BACKWARD), _RADIUS[Way.BACKWARD], Way.BACKWARD)

    def _from(self, number: int) -> list[Ends]:
        return [path for path in self._paths if path.source == number]

    def _draw(self, path: Ends) -> None:
        forward = self._way(path, Way.FORWARD)
        self.lines.append(Line(forward, Way.FORWARD))
        if path.flow.gradient:
            self.lines.append(Line(self._way(path, Way.BACKWARD)[::-1], Way.BACKWARD))
        if path.is_straight:
            self._label_straight(path)
        else:
            self._label_lane(path, forward)

    def _way(self, path: Ends, way: Way) -> tuple[Point, ...]:
        """Return the points of a connection from its source to its user."""
        source, user = self._boxes[path.source], self._boxes[path.user]
        x, y = _leaves(source, way)
        if path.is_straight:
            return (source.right, y), (user.x, y)
        if path.turns:
            return self._turn(path, way)
        apart = 0 if way is Way.FORWARD else _APART
        end = user.middle[0] + _ENTRANCE * self._number_below(path) + apart - _APART / 2
        first, last = (self._lane_of(path, row) + apart for row in path.rows)
        between: tuple[Point, ...] = ((x, first), (end, first))
        if path.rows[0] != path.rows[1]:
            trunk = self._trunks[path] - apart
            between = ((x, first), (trunk, first), (trunk, last), (end, last))
        return ((source.right, y), (x, y), *between, (end, user.bottom))

    def _turn(self, path: Ends, way: Way) -> tuple[Point, ...]:
        """Return the points of a connection to the next row, which comes to its box from the left.

        The gradients' lane is above that of the values, so that they do not cross.
        """
        source, user = self._boxes[path.source], self._boxes[path.user]
        (_, y), (_, end) = _leaves(source, way), _leaves(user, way)
        apart = _APART if way is Way.FORWARD else 0
        trunk, left = self._trunks[path] + apart - _APART, _LEFT + apart
        lane = self._lane_of(path, path.rows[0]) + apart
        return (
            (source.right, y),
            (trunk, y),
            (trunk, lane),
            (left, lane),
            (left, end),
            (user.x, end),
        )

    def _lane_of(self, path: Ends, row: int) -> float:
        return self._bottoms[row] + self._lane * path.lanes[row] + 8

    def _number_below(self, path: Ends) -> int:
        """Return which of the entrances from below a connection has, from the middle: 0, 1, -1."""
        own = [
            one
            for one in self._paths
            if one.user == path.user and not one.is_straight and not one.turns
        ]
        at = own.index(path)
        return (at + 1) // 2 * (-1 if at % 2 else 1)

    def _label_straight(self, path: Ends) -> None:
        """Write the values above the arrows and the gradient below, beside a branch."""
        source, user = self._boxes[path.source], self._boxes[path.user]
        branch = BRANCH if len(self._from(path.source)) > 1 else 0
        x, y = (source.right + branch + user.x) / 2, source.middle[1]
        for run, below in zip(path.flow.runs, (-_APART - 11, _APART + 13), strict=False):
            self.labels.append(Label((x, y + below), width_of((run,)), (run,)))

    def _label_lane(self, path: Ends, points: Sequence[Point]) -> None:
        """Write what flows on the lane that leads to the user."""
        (x, y), (end, _) = (points[2], points[3]) if path.turns else (points[-3], points[-2])
        (text, way), *back = path.flow.runs
        runs = ((text, way), *((f"   {other}", its) for other, its in back))
        below = -_APART / 2 if path.turns else _APART / 2
        self.labels.append(Label(((x + end) / 2, y + below), width_of(runs), runs))


def _leaves(box: Box, way: Way) -> Point:
    """Return where a way leaves a box: to the right, values above and gradients below."""
    y = box.middle[1]
    if way is Way.FORWARD:
        return box.right + BRANCH, y - _APART
    return box.right + _SUM, y + _APART
