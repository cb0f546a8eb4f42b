"""The logistic function, between 0 and 1.

    out[i]   = 1 / (1 + exp(-h[i]))
    dL/dh[i] = dL/dout[i] · out[i] · (1 - out[i])

The derivative is made from the output: with e = exp(-h), d/dh (1 + e)⁻¹ = e / (1 + e)², which
is 1 / (1 + e) times e / (1 + e). See Goodfellow, Bengio and Courville, "Deep learning" (2016),
section 3.10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.logistic import sigmoid, sigmoid_text
from xlbackprop.contract.slips import (
    derivative_of_gradient,
    misplaced_derivative,
    without_upstream,
)
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise


@layer("sigmoid", short="sigmoid")
@dataclass(frozen=True)
class Sigmoid:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        return part.layer([_squash(part)], [_gradient(part)], "1 / (1 + exp(-h))")


def _squash(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h},
        compute=lambda h: sigmoid(h),  # noqa: PLW0108 (called by the letter)
        formula=lambda h: sigmoid_text(h),  # noqa: PLW0108
        math=Math(f"out[{i}] = 1 / (1 + exp(-h[{i}]))"),
        slips=(
            Slip(
                "sign of the exponent",
                "Take e to the power of -h: with h for -h you get 1 - out.",
                lambda h: 1 / (1 + np.exp(h)),
            ),
            Slip("sigmoid left out", "Put 1 / (1 + exp(-h)): you copied h.", lambda h: h),
        ),
    )


def _gradient(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.dL_dh,
        {"out": part.out, "g": part.dL_dout},
        compute=lambda out, g: g * out * (1 - out),
        formula=lambda out, g: f"{g}*{out}*(1-{out})",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] · out[{i}] · (1 - out[{i}])",
            why="The derivative of the sigmoid at h is out (1 - out): it needs the output alone.",
        ),
        slips=_slips(part),
    )


def _slips(part: Elementwise) -> tuple[Slip, ...]:
    def slope(out: Array) -> Array:
        return out * (1 - out)

    at = "Put the output into out · (1 - out): it is the sigmoid already,"
    return (
        *without_upstream(slope),
        *misplaced_derivative(part.h, slope, sigmoid, at, "sigmoid"),
        derivative_of_gradient(slope, "out · (1 - out)"),
        Slip(
            "1 - out missing",
            "Multiply with (1 - out), too: the derivative is out · (1 - out).",
            lambda g, out: g * out,
        ),
        Slip(
            "out missing",
            "Multiply with out, too: the derivative is out · (1 - out).",
            lambda g, out: g * (1 - out),
        ),
    )
