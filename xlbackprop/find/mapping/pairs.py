"""The part of a map for a sheet of which no network is known: gradients, and by which cells.

loss = "W3:W6"              # a cell for each step
rate = "G1"

[gradients]
"X3:X6" = "E3:E6"

[updates]
"E4:E6" = "E3:E5"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from xlbackprop.errors import MapError, shown
from xlbackprop.find.mapping.areas import Finder
from xlbackprop.formula.addresses import Area

Spot = tuple[str, int, int]  # a sheet's name, the row and the column from 0
KEYS = ("loss", "rate", "gradients", "updates")
_MOST = 1_000_000


@dataclass(frozen=True)
class Pairs:
    """Ranges of gradients by ranges of the same size, and of updates by those of the weights."""

    losses: tuple[str, ...] = ()
    rate: str = ""
    gradients: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, str] = field(default_factory=dict)


class _Told(Protocol):
    """Whatever says an error with the map's name in front."""

    def error(self, where: str, message: str) -> MapError: ...


@dataclass(frozen=True)
class PairedCells:
    """The cells that Pairs mean."""

    losses: tuple[Spot, ...]
    rate: Spot | None
    gradients: Mapping[Spot, Spot]
    updates: Mapping[Spot, Spot]


def cells_of(
    pairs: Pairs,
    told: _Told,
    sheets: Sequence[str],
    names: Mapping[str, str],
    default: str,
) -> PairedCells:
    """Return the cells of pairs. Raises MapError where a range is none, or two are not alike."""
    finder = Finder(sheets, names, default)

    def area(text: str, where: str) -> Area:
        try:
            return finder.find(text).area
        except MapError as error:
            raise told.error(where, str(error)) from None

    def paired(table: Mapping[str, str], name: str) -> dict[Spot, Spot]:
        found: dict[Spot, Spot] = {}
        for left, right in table.items():
            where = f"[{name}] {shown(left, 40)}"
            own, other = area(left, where), area(right, where)
            if (own.height, own.width) != (other.height, other.width):
                raise told.error(
                    where,
                    f"has {own.height}\N{MULTIPLICATION SIGN}{own.width} cells, and"
                    f" {shown(right, 40)} {other.height}\N{MULTIPLICATION SIGN}{other.width}:"
                    " each cell goes with that at the same place",
                )
            found |= dict(zip(_spots(own), _spots(other), strict=True))
            if len(found) > _MOST:
                raise told.error(where, f"more than {_MOST:,} cells")
        return found

    losses = [spot for text in pairs.losses for spot in _spots(area(text, "loss"))]
    rate = next(_spots(area(pairs.rate, "rate"))) if pairs.rate else None
    gradients, updates = paired(pairs.gradients, "gradients"), paired(pairs.updates, "updates")
    return PairedCells(tuple(losses), rate, gradients, updates)


def _spots(area: Area) -> Iterator[Spot]:
    if area.height * area.width > _MOST:
        raise MapError(f"a range of more than {_MOST:,} cells")
    for row in range(area.row, area.row + area.height):
        for column in range(area.column, area.column + area.width):
            yield area.sheet, row, column
