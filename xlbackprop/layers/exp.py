"""The exponential of each entry, whose slope is itself.

out[i]   = exp(h[i])
dL/dh[i] = dL/dout[i] · out[i]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import misplaced_derivative, without_upstream
from xlbackprop.equation import Array, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise


@layer("exp", short="exp")
@dataclass(frozen=True)
class Exp:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        i = part.index
        out = part.equation(
            part.out,
            {"h": part.h},
            compute=lambda h: np.exp(h),  # noqa: PLW0108 (called by the letter)
            formula=lambda h: f"EXP({h})",
            math=Math(f"out[{i}] = exp(h[{i}])"),
            slips=(
                Slip(
                    "sign of the exponent",
                    "Take e to the power of h, not of -h.",
                    lambda h: np.exp(-h),
                ),
                Slip(
                    "base 2 for e",
                    "Take e to the power of h: you took 2.",
                    lambda h: np.exp2(h),  # noqa: PLW0108
                ),
            ),
        )
        at = "The slope of exp is the output itself,"
        gradient = part.equation(
            part.dL_dh,
            {"g": part.dL_dout, "out": part.out},
            compute=lambda g, out: g * out,
            formula=lambda g, out: f"{g}*{out}",
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] · out[{i}]", why="The exponential is its own slope."
            ),
            slips=(
                *without_upstream(_slope),
                *misplaced_derivative(part.h, _slope, np.exp, at, "exponential"),
            ),
        )
        return part.layer([out], [gradient], "exp(h)")


def _slope(out: Array) -> Array:
    return out
