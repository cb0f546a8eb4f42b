"""NaN stands for all that is no number, and has to come out wherever it goes in."""

from __future__ import annotations

from functools import reduce

import numpy as np

from xlbackprop.equation import Array


def unless_unknown(result: Array, *arguments: Array | float) -> Array:
    """Return a result, NaN where an argument is NaN: comparisons would take it for a number."""
    unknown = reduce(np.logical_or, map(np.isnan, arguments))
    return np.where(unknown, np.nan, result)
