"""Numbers in colours: images one can see, on the scale that the workbook's own page has.

Blue is negative, orange positive, in steps; a cell that is not right keeps its own colour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.layout.images import end_of_scale

STEPS = 10  # to either side, as the style has them
_BELOW, _ABOVE = ([f" {side}{step}" for step in range(1, STEPS + 1)] for side in "np")
_NAMES = np.array([*reversed(_BELOW), " zero", *_ABOVE])


def colours(numbers: Array, is_plain: Mask) -> NDArray[np.str_] | None:
    """Return the further class of each entry, " p7" or " n10", or nothing for one not plain.

    The scale is that of the plain entries; None where these have none.
    """
    shown = is_plain & np.isfinite(numbers)
    end = end_of_scale(numbers[shown])
    if not end:
        return None
    steps = np.zeros(numbers.shape, dtype=np.int64)
    steps[shown] = np.rint(numbers[shown] / end * STEPS)
    # The smallest number is no zero, and looks like none.
    steps[shown & (steps == 0)] = np.sign(numbers[shown & (steps == 0)])
    return np.where(shown, _NAMES[steps + STEPS], "")
