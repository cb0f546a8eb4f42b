"""The largest and the smallest of all cells."""

from __future__ import annotations

import numpy as np

from xlbackprop.formula.functions.function import Function

EXTREMES = (
    Function("MAX", latex=r"\max", over=lambda cells, axis: np.max(cells, axis=axis)),
    Function("MIN", latex=r"\min", over=lambda cells, axis: np.min(cells, axis=axis)),
)
