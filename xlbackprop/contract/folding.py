"""How long the rows are in which a long vector is read: no wider than a page of paper."""

from __future__ import annotations

from collections.abc import Iterable

# What is no longer stays in one row. So many columns are on a page of A3, fewer on one of A4.
LONGEST_ROW = 32
_ROW_ON_A4 = 25
# Shorter rows would make a vector a column.
_SHORTEST_ROW = 7


def folded_row(entries: int, natural: Iterable[int] = ()) -> int:
    """Return how many of so many entries stand in a row; 0 where all of them do.

    All rows have the same length, so that they are a rectangle, which one range covers. The
    shortest of the `natural` lengths that fits is taken: an image stays one. Without any, it is the
    longest of all that fit.
    """
    if entries <= LONGEST_ROW:
        return 0
    fitting = (one for one in natural if _SHORTEST_ROW <= one <= LONGEST_ROW)
    any_other = (one for one in range(_SHORTEST_ROW, _ROW_ON_A4 + 1) if entries % one == 0)
    return min(fitting, default=0) or max(any_other, default=0)
