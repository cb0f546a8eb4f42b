"""In which manners numbers are drawn: they differ in kind, for wrong formulas do.

Ordinary numbers are near one, none of them zero and no two equal: what follows neither overflows
nor vanishes beside the rest. Large and small ones find thresholds, zeros and ties what holds apart
from them. And some draws leave most numbers as they are on the page: a formula that knows the
page's answer gives it where it should not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

NEAR_ONE, LARGE, SMALL = (0.3, 1.5), (20.0, 300.0), (0.002, 0.2)
# Each entry is changed in one of so many draws, and in the others left as on the page.
PARTS = 4


class Signs(Enum):
    """Which signs a draw's numbers have."""

    MIXED = "mixed"
    MIRRORED = "the opposite of those in the draw before, and sizes the other way round"
    POSITIVE = "positive"
    NEGATIVE_PARAMETERS = "givens positive, parameters negative"


class Keeps(Enum):
    """Which numbers a draw leaves as they are on the page."""

    NONE = "none"
    TENSORS = "half of the tensors, or all but one"
    ENTRIES = "all but a quarter of the entries"


@dataclass(frozen=True)
class Manner:
    """How a draw's numbers are drawn."""

    sizes: tuple[float, float] | None = NEAR_ONE  # None for zeros and ties
    signs: Signs = Signs.MIXED
    keeps: Keeps = Keeps.NONE
    part: int = 0  # of the draws that keep tensors, or entries, the how manieth it is

    @property
    def extreme(self) -> bool:
        """Whether a right formula may fail: overflow, divide by zero, or meet what is nearly 0."""
        return self.sizes != NEAR_ONE


ORDINARY = Manner()


def _keeping(keeps: Keeps, *parts: int, sizes: tuple[float, float] = NEAR_ONE) -> Iterator[Manner]:
    return (Manner(sizes, keeps=keeps, part=part) for part in parts)


# The first of these kinds is the one that explains best; whatever the number of draws, they differ.
PLAN = (
    ORDINARY,
    *_keeping(Keeps.TENSORS, 0, 1),
    Manner(LARGE, Signs.POSITIVE),
    Manner(SMALL, Signs.POSITIVE),
    *_keeping(Keeps.ENTRIES, 0, 1),
    Manner(LARGE, Signs.NEGATIVE_PARAMETERS),
    Manner(None),
    *_keeping(Keeps.TENSORS, 2, 3, sizes=LARGE),
    Manner(SMALL),
    Manner(SMALL, Signs.MIRRORED),
    Manner(LARGE),
    Manner(LARGE),
    *_keeping(Keeps.ENTRIES, 2, 3, sizes=LARGE),
    *_keeping(Keeps.TENSORS, 4, 5),
    Manner(NEAR_ONE, Signs.POSITIVE),
)


def manner_of(number: int) -> Manner:
    """Return how the numbers of a draw are drawn."""
    return PLAN[number % len(PLAN)]
