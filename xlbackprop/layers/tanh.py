"""The hyperbolic tangent, between -1 and 1.

    out[i]   = tanh(h[i])
    dL/dh[i] = dL/dout[i] · (1 - out[i]²)

The derivative is made from the output: tanh' = 1 - tanh². See LeCun, Bottou, Orr and Müller,
"Efficient BackProp" (1998), section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import (
    derivative_of_gradient,
    misplaced_derivative,
    without_upstream,
)
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise


@layer("tanh", short="tanh")
@dataclass(frozen=True)
class Tanh:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        return part.layer([_squash(part)], [_gradient(part)], "tanh(h)")


def _squash(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h},
        compute=lambda h: np.tanh(h),  # noqa: PLW0108 (a ufunc takes no keywords)
        formula=lambda h: f"TANH({h})",
        math=Math(f"out[{i}] = tanh(h[{i}])"),
        slips=(
            Slip(
                "sigmoid for tanh",
                "Take TANH, which lies between -1 and 1: yours is the sigmoid, between 0 and 1.",
                lambda h: 1 / (1 + np.exp(-h)),
            ),
            Slip("tanh left out", "Put tanh(h): you copied h.", lambda h: h),
        ),
    )


def _gradient(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.dL_dh,
        {"out": part.out, "g": part.dL_dout},
        compute=lambda out, g: g * (1 - out**2),
        formula=lambda out, g: f"{g}*(1-{out}^2)",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] · (1 - out[{i}]²)",
            why="The derivative of tanh at h is 1 - out²: it needs the output alone.",
        ),
        slips=_slips(part),
    )


def _slips(part: Elementwise) -> tuple[Slip, ...]:
    def slope(out: Array) -> Array:
        return 1 - out**2

    at = "Put the output into 1 - out²: it is the tanh already,"
    return (
        *without_upstream(slope),
        *misplaced_derivative(part.h, slope, np.tanh, at, "tanh"),
        derivative_of_gradient(slope, "1 - out²"),
        Slip(
            "square missing",
            "Square the output: the derivative is 1 - out².",
            lambda g, out: g * (1 - out),
        ),
        Slip(
            "the sigmoid's derivative",
            "Take 1 - out² for tanh: out · (1 - out) is the derivative of the sigmoid.",
            lambda g, out: g * out * (1 - out),
        ),
    )
