"""A drawing as data: what stands where, in pixels from its upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# How wide a character runs, in pixels: of bold names, and of what is smaller.
NAME, SMALL = 7.6, 6.6
LINE_HEIGHT = 16
_MARGIN = 14


class Way(StrEnum):
    """Which way something flows: values forward, gradients backward."""

    FORWARD = "forward"
    BACKWARD = "backward"
    NEITHER = "neither"


Run = tuple[str, Way]  # a text, and the colour it has
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A box of lines of text, each in runs.

    `look` is "input", "layer", "sum" or "loss", whose first line is a name, in bold; or
    "parameters" or "given", which stand above such a box.
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[Run, ...], ...]
    look: str

    @property
    def has_name(self) -> bool:
        """Whether its first line is a name."""
        return self.look not in ("parameters", "given")

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Line:
    """A line from point to point, across or down, with an arrow at its end."""

    points: tuple[Point, ...]
    way: Way


@dataclass(frozen=True)
class Mark:
    """Where values branch (a dot), or where gradients add up (a circle with a plus)."""

    middle: Point
    radius: float
    way: Way


@dataclass(frozen=True)
class Label:
    """A text around a point, on a ground that hides what is behind it."""

    middle: Point
    width: float
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Drawing:
    """All that is drawn, lines first; `about` says it in words."""

    width: float
    height: float
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    about: str


def width_of(runs: tuple[Run, ...], character: float = SMALL) -> float:
    """Return how wide a line of text is."""
    return sum(len(text) for text, _ in runs) * character + _MARGIN
