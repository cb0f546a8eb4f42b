"""Cells beside one another."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from xlbackprop.find.gradients.claims.moves import SIDES, Place


def blocks(places: Collection[Place]) -> Iterator[list[Place]]:
    """Yield what hangs together of some places, in order of its first, each in order."""
    left = dict.fromkeys(sorted(places))
    while left:
        first = next(iter(left))
        del left[first]
        block, open_to = [first], [first]
        while open_to:
            sheet, row, column = open_to.pop()
            for down, along in SIDES:
                beside = sheet, row + down, column + along
                if beside in left:
                    del left[beside]
                    block.append(beside)
                    open_to.append(beside)
        yield sorted(block)
