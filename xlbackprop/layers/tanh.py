"""The hyperbolic tangent, between -1 and 1.

    out[i]   = tanh(h[i])
    dL/dh[i] = dL/dout[i] · (1 - out[i]²)

The derivative is made from the output: tanh' = 1 - tanh². See LeCun, Bottou, Orr and Müller,
"Efficient BackProp" (1998), section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Equation, Math, Shape
from xlbackprop.layers.common.elementwise import Elementwise
from xlbackprop.layers.contract import LayerEquations, Scope, layer


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
    )
