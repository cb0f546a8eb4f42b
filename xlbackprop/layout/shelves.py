"""Where the columns of tensors stand: side by side, or on shelves where that would be too wide.

A shelf is to columns what a line is to words: what does not fit on it goes on below. A gradient
keeps to the column of its own tensor, so its shelves in the backward pass are those of the forward
pass, in the order in which the gradient comes by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlbackprop.layout.paper import A3, A4, COLUMN_WIDTH, GAP_WIDTH, SMALLEST_SCALE
from xlbackprop.layout.sheet import FIRST_COLUMN

# Columns: what is wider than two screens of 1,920 pixels is folded.
_WIDEST = 74
# How wide shelves are: as a page of paper, the first one that is wide enough for every tensor.
SHELVES = tuple(paper.columns(SMALLEST_SCALE) for paper in (A4[0], A3[0]))


@dataclass(frozen=True)
class Columns:
    """Columns of tensors, by name: in which of the sheet's each begins and ends, on which shelf."""

    starts: Mapping[str, int]
    ends: Mapping[str, int]  # the column after
    blocks: Mapping[str, int]  # how wide the blocks in it are
    shelves: Mapping[str, int]

    @property
    def end(self) -> int:
        """The column after the last."""
        return max(self.ends.values())

    @property
    def are_folded(self) -> bool:
        """Whether there is more than one shelf."""
        return any(self.shelves.values())

    @property
    def across(self) -> list[tuple[int, int, int]]:
        """From left to right, where each begins and ends, and how wide its blocks are.

        Shelves have no empty columns in common, so they count as one.
        """
        if self.are_folded:
            return [(FIRST_COLUMN, self.end, max(self.blocks.values()))]
        return [(start, self.ends[name], self.blocks[name]) for name, start in self.starts.items()]


def is_too_wide(widths: Sequence[int]) -> bool:
    """Return whether columns of such widths are too wide a page side by side."""
    return sum(widths) + (len(widths) - 1) * GAP_WIDTH / COLUMN_WIDTH > _WIDEST


def side_by_side(
    widths: Mapping[str, int], blocks: Mapping[str, int], shelf: int | None = None
) -> Columns:
    """Return where columns of those widths stand, from left to right; a shelf is so wide."""
    starts: dict[str, int] = {}
    shelves: dict[str, int] = {}
    start = FIRST_COLUMN
    number = 0
    for name, width in widths.items():
        if shelf is not None and start > FIRST_COLUMN and start + width > FIRST_COLUMN + shelf:
            start, number = FIRST_COLUMN, number + 1
        starts[name], shelves[name] = start, number
        start += width + 1
    ends = {name: start + widths[name] for name, start in starts.items()}
    return Columns(starts, ends, blocks, shelves)
