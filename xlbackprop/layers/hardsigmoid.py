"""The sigmoid made of three straight lines.

    out[i]   = min(max(h[i] + 3, 0), 6) / 6
    dL/dh[i] = dL/dout[i] / 6 where -3 < h[i] < 3, otherwise 0

As in torch.nn.Hardsigmoid; Howard et al., "Searching for MobileNetV3" (2019), section 5.2. At -3
and at 3 each number between 0 and dL/dout / 6 is a subgradient, and PyTorch takes 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between
from xlbackprop.layers.common.elementwise.hard_gate import hard_sigmoid, passes

_TIE_RULE = "hardsigmoid passes no gradient where h = -3 or h = 3, as in PyTorch"


@layer("hardsigmoid", short="hardsigmoid")
@dataclass(frozen=True)
class HardSigmoid:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        note = f"At the kinks, {_TIE_RULE}."
        forward, backward = [hard_sigmoid(part, part.out)], [_gradient(part)]
        return part.layer(forward, backward, "min(max(h + 3, 0), 6) / 6", note=note)


def _gradient(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.dL_dh,
        {"h": part.h, "g": part.dL_dout},
        compute=lambda h, g: passes(h) * g / 6,
        formula=lambda h, g: f"IF(AND({h}>-3,{h}<3),{g}/6,0)",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] / 6 where -3 < h[{i}] < 3, otherwise 0",
            why="Where the output is held at 0 or at 1, h does not move it.",
        ),
        accepts=lambda found, tolerance, h, g: (
            (np.abs(h) == 3) & between(found, 0, g / 6, tolerance)
        ),
        tie_rule=_TIE_RULE,
        slips=(
            *without_upstream(lambda h: passes(h) / 6),
            Slip(
                "not divided by 6",
                "Divide dL/dout by 6: the line between -3 and 3 rises by 1/6.",
                lambda h, g: passes(h) * g,
            ),
            Slip(
                "passes everywhere",
                "Put 0 where h is below -3 or above 3: the output does not move there.",
                lambda h, g: g / 6 + 0 * h,
            ),
            Slip(
                "the sigmoid's derivative",
                "Take 1/6 for the slope of the straight line: out · (1 - out) is the sigmoid's.",
                lambda h, g, out: g * out * (1 - out) + 0 * h,
                {"out": part.out},
            ),
        ),
    )
