"""What is said of cells: a status for each, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Index, Mask, Tensor
from xlbackprop.workbook.read.found import Found


class Status(IntEnum):
    """What is said of a cell; reports list them in this order.

    Arrays are compared with `int(Status.RIGHT)`, as those of `State` are.
    """

    WRONG = 0
    INVALID = 1
    BLANK = 2
    TYPED = 3
    CARRIED = 4
    RIGHT = 5

    @property
    def word(self) -> str:
        """The status as reports write it."""
        return self.name.lower()


@dataclass(frozen=True)
class Judgement:
    """What is said of one tensor's cells; the arrays have its shape."""

    found: Found
    statuses: NDArray[np.int8]
    expected: Array  # NaN where it cannot be known
    from_user: Array  # what follows from the user's own earlier cells
    uncredited: Mask  # follows, but only from cells on which no credit can rest
    rounded: Mask  # not right for rounding alone: too much of it here, or too early
    decimals: int = 0  # to be typed if a rounded number is to count; 0 where none counts
    tie_rule: str = ""  # where another answer than this rule's was accepted
    decided: Array | None = None  # expected, with ties as the user decided them
    notes: Mapping[Index, str] = field(default_factory=dict)  # what else to say of a cell

    @property
    def tensor(self) -> Tensor:
        """The tensor that was judged."""
        return self.found.tensor
