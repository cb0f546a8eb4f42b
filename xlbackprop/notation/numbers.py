"""Numbers as they are written in a narrow cell: all of a tensor alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xlbackprop.equation import Array

_MOST_DECIMALS = 4
_SIGNIFICANT = 4


def number_writer(numbers: Array) -> Callable[[float], str]:
    """Return how to write the numbers of a tensor: whole, with some decimals, or with powers."""
    finite = numbers[np.isfinite(numbers)]
    largest = float(np.abs(finite).max()) if finite.size else 0.0
    if largest and not 1e-3 <= largest < 1e6:
        form = ".1e"
    else:
        form = f".{_decimals(finite, largest)}f"
    # An exact zero looks like one.
    return lambda number: f"{number:{form}}".replace("-", "\N{MINUS SIGN}") if number else "0"


def _decimals(finite: Array, largest: float) -> int:
    whole = len(str(int(largest)))
    most = min(_MOST_DECIMALS, max(0, _SIGNIFICANT + (largest < 1) - whole))
    return next((n for n in range(most) if np.allclose(finite, finite.round(n), 0, 1e-9)), most)
