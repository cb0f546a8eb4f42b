"""The sigmoid linear unit, also called swish: h times the share of it that the sigmoid lets pass.

    gate[i]  = 1 / (1 + exp(-h[i]))
    out[i]   = h[i] · gate[i]
    dL/dh[i] = dL/dout[i] · (gate[i] + h[i] · gate[i] · (1 - gate[i]))

h reaches out twice, as the factor h and through the gate, so its slope is a sum of two. As in
torch.nn.SiLU; Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units" (2018), equation 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.logistic import sigmoid, sigmoid_text
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Kind, Math, Shape, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import Elementwise
from xlbackprop.layers.common.elementwise.gated import gated, path_slips


@layer("silu", short="silu")
@dataclass(frozen=True)
class Silu:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        gate = part.tensor("gate", Kind.FORWARD, "the share that passes")
        forward = [_sigmoid(part, gate), gated(part, gate, "silu")]
        return part.layer(forward, [_gradient(part, gate)], "h / (1 + exp(-h))")


def _sigmoid(part: Elementwise, gate: Tensor) -> Equation:
    i = part.index
    return part.equation(
        gate,
        {"h": part.h},
        compute=lambda h: sigmoid(h),  # noqa: PLW0108 (called by the letter)
        formula=lambda h: sigmoid_text(h),  # noqa: PLW0108
        math=Math(f"gate[{i}] = 1 / (1 + exp(-h[{i}]))"),
        slips=(
            Slip(
                "sign of the exponent",
                "Take e to the power of -h: with h for -h you get 1 - gate.",
                lambda h: 1 / (1 + np.exp(h)),
            ),
        ),
    )


def _gradient(part: Elementwise, gate: Tensor) -> Equation:
    i = part.index

    def slope(h: Array, s: Array) -> Array:
        return s + h * s * (1 - s)

    return part.equation(
        part.dL_dh,
        {"h": part.h, "s": gate, "g": part.dL_dout},
        compute=lambda h, s, g: g * slope(h, s),
        formula=lambda h, s, g: f"{g}*({s}+{h}*{s}*(1-{s}))",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] · (gate[{i}] + h[{i}] · gate[{i}] · (1 - gate[{i}]))",
            why="h reaches the output twice: as the factor h, whose slope is the gate, and through"
            " the gate, whose slope is gate (1 - gate).",
        ),
        slips=(*without_upstream(slope), *_SLIPS_OF_GRADIENT),
    )


_SLIPS_OF_GRADIENT = (
    *path_slips(lambda h, s, g: g * h * s * (1 - s)),
    Slip(
        "h missing",
        "Multiply the gate's slope with h, too: out is h · gate.",
        lambda h, s, g: g * (s + s * (1 - s)) + 0 * h,
    ),
    Slip(
        "1 - gate missing",
        "The slope of the gate is gate · (1 - gate).",
        lambda h, s, g: g * (s + h * s),
    ),
)
