"""Swish with a gate made of straight lines.

    gate[i]  = min(max(h[i] + 3, 0), 6) / 6
    out[i]   = h[i] · gate[i]
    dL/dh[i] = dL/dout[i] · (gate[i] + h[i]/6)  where -3 < h[i] < 3, otherwise dL/dout[i] · gate[i]

h reaches out as a factor, and between -3 and 3 through the gate. As in torch.nn.Hardswish; Howard
et al., "Searching for MobileNetV3" (2019), section 5.2. At -3 and at 3 each number between the
slopes of both sides is a subgradient, and PyTorch takes the outer: 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Kind, Mask, Math, Shape, Slip, Tensor
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between
from xlbackprop.layers.common.elementwise.gated import gated, path_slips
from xlbackprop.layers.common.elementwise.hard_gate import hard_sigmoid, passes

_TIE_RULE = "hardswish takes the slope 0 where h = -3 and 1 where h = 3, as in PyTorch"


@layer("hardswish", short="hardswish")
@dataclass(frozen=True)
class HardSwish:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        gate = part.tensor("gate", Kind.FORWARD, "the share that passes")
        note = f"At the kinks, {_TIE_RULE}."
        forward = [hard_sigmoid(part, gate), gated(part, gate, "hardswish")]
        about = "h · min(max(h + 3, 0), 6) / 6"
        return part.layer(forward, [_gradient(part, gate)], about, note=note)


def _slope(h: Array, s: Array) -> Array:
    return s + passes(h) * h / 6


def _gradient(part: Elementwise, gate: Tensor) -> Equation:
    i = part.index

    def accepts(found: Array, tolerance: Array, h: Array, s: Array, g: Array) -> Mask:
        is_kink = np.abs(h) == 3
        return np.asarray(is_kink & between(found, g * s, g * (s + h / 6), tolerance))

    return part.equation(
        part.dL_dh,
        {"h": part.h, "s": gate, "g": part.dL_dout},
        compute=lambda h, s, g: g * _slope(h, s),
        formula=lambda h, s, g: f"IF(AND({h}>-3,{h}<3),{g}*({s}+{h}/6),{g}*{s})",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] · (gate[{i}] + h[{i}] / 6) where -3 < h[{i}] < 3,"
            f" otherwise dL/dout[{i}] · gate[{i}]",
            why="h reaches the output as a factor, whose slope is the gate, and through the gate,"
            " whose slope is 1/6 between -3 and 3.",
        ),
        accepts=accepts,
        tie_rule=_TIE_RULE,
        slips=(*without_upstream(_slope), *_SLIPS_OF_GRADIENT),
    )


_SLIPS_OF_GRADIENT = (
    *path_slips(lambda h, s, g: g * passes(h) * h / 6 + 0 * s),
    Slip(
        "h missing",
        "Multiply the gate's slope 1/6 with h, too: out is h · gate.",
        lambda h, s, g: g * (s + passes(h) / 6),
    ),
    Slip(
        "not divided by 6",
        "The slope of the gate is 1/6: divide h by 6.",
        lambda h, s, g: g * (s + passes(h) * h),
    ),
)
