"""The sigmoid, as an array and as a cell's text; layers and losses share it."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), entry by entry."""
    return np.asarray(1 / (1 + np.exp(-x)))


def sigmoid_text(x: str) -> str:
    """Return the formula of a cell's sigmoid; `x` is an address, or a sum in brackets.

    A spreadsheet's EXP is an error beyond 709, where NumPy's is infinite and the sigmoid is 0.
    """
    return f"IF({x}<-700,0,1/(1+EXP(-{x})))"
