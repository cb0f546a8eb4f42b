"""The gate that hardsigmoid is, and by which hardswish multiplies: min(max(h + 3, 0), 6) / 6."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array, Equation, Math, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import Elementwise


def passes(h: Array) -> Array:
    """Return 1 where the gate moves with h, between -3 and 3, otherwise 0."""
    # Unlike a comparison, the step function keeps NaN.
    return np.asarray(np.heaviside(h + 3, 0) * np.heaviside(3 - h, 0))


def _gate(h: Array) -> Array:
    return np.asarray(np.minimum(np.maximum(h + 3, 0), 6) / 6)


def hard_sigmoid(part: Elementwise, gate: Tensor) -> Equation:
    """Return the equation of the gate, a tensor of the input's shape."""
    i, hint = part.index, "Take min(max(h + 3, 0), 6) / 6"
    return part.equation(
        gate,
        {"h": part.h},
        compute=_gate,
        formula=lambda h: f"MIN(MAX({h}+3,0),6)/6",
        math=Math(f"{gate.title}[{i}] = min(max(h[{i}] + 3, 0), 6) / 6"),
        slips=(
            Slip(
                "3 not added",
                f"{hint}: the 3 is missing.",
                lambda h: _gate(h - 3),
            ),
            Slip("not divided by 6", f"{hint}: the division is missing.", lambda h: 6 * _gate(h)),
            Slip(
                "not held between 0 and 1",
                f"{hint}: yours is the line alone, without its floor and its ceiling.",
                lambda h: (h + 3) / 6,
            ),
            Slip(
                "sigmoid for hardsigmoid",
                f"{hint}: yours is the sigmoid, 1 / (1 + exp(-h)).",
                lambda h: 1 / (1 + np.exp(-h)),
            ),
        ),
    )
