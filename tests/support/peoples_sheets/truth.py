"""What is true of a drawn sheet: by NumPy from its own equations, not from the formulas."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.peoples_sheets.book import Book

# So far apart, relatively, numbers are the same; and so far, the difference is in no digit that a
# person reads.
_SAME, _UNSEEN = 1e-9, 1e-5


class State(StrEnum):
    """What a cell is that says it holds a gradient or an update."""

    RIGHT = "right"
    ROOT = "root"  # its own formula is the one with the slip
    FOLLOWS = "follows"  # its formula is right, but something it uses is not
    LATENT = "latent"  # the slip is in its formula or before it, but comes out right on this page


@dataclass(frozen=True)
class Claim:
    """A cell that is to hold dL/dx or x - rate * dL/dx; places as (sheet, row, column)."""

    cell: tuple[str, int, int]
    of: tuple[str, int, int]
    loss: tuple[str, int, int]
    is_update: bool
    value: float
    true: float
    gradient: float  # dL/dx, whatever convention the cell follows
    state: State


@dataclass(frozen=True)
class PeoplesSheet:
    """A workbook, its claims, and what was planted in it."""

    kind: str
    seed: int
    book: Book
    claims: tuple[Claim, ...]
    losses: tuple[tuple[str, int, int], ...]
    slip: str = ""
    roots: tuple[tuple[str, int, int], ...] = ()
    in_forward: bool = False
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def name(self):
        """A line that names the sheet among others."""
        return f"{self.kind}-{self.seed}" + (f"-{self.slip.replace(' ', '-')}" if self.slip else "")


def claim(book, places, gradient, true, *, is_update=False, is_root=False):
    """Return a claim with its state: what the cell holds against what is true.

    `places` are those of the cell, of x, and of L.
    """
    cell, of, loss = places
    value = book.values[cell]
    # An update is as right as its step, however small that is beside the weight.
    size = abs(gradient) if is_update else max(abs(true), abs(value))
    lost = 1e-15 * max(abs(true), abs(value)) if is_update else 1e-14
    apart = abs(value - true)
    if apart <= _UNSEEN * size + lost and (is_root or apart > _SAME * size + lost):
        state = State.LATENT
    elif is_root:
        state = State.ROOT
    else:
        state = State.RIGHT if apart <= _SAME * size + lost else State.FOLLOWS
    return Claim(cell, of, loss, is_update, value, true, gradient, state)
