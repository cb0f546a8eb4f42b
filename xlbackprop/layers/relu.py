"""The rectified linear unit: what is negative becomes 0.

    out[i]   = max(h[i], 0)
    dL/dh[i] = dL/dout[i] where h[i] > 0, otherwise 0

Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010). At
h[i] = 0 the slope is 0 on the left and 1 on the right: each number between them is a
subgradient, and PyTorch takes 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Equation, Math, Shape
from xlbackprop.layers.common.elementwise import Elementwise, between
from xlbackprop.layers.contract import LayerEquations, Scope, layer

_TIE_RULE = "relu passes no gradient where h = 0, as in PyTorch"


@layer("relu", short="relu")
@dataclass(frozen=True)
class Relu:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        note = f"At the kink, {_TIE_RULE}."
        return part.layer([_rectify(part)], [_gradient(part)], "max(h, 0)", note=note)


def _rectify(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h},
        compute=lambda h: np.maximum(h, 0),
        formula=lambda h: f"MAX({h},0)",
        math=Math(f"out[{i}] = max(h[{i}], 0)"),
    )


def _gradient(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.dL_dh,
        {"h": part.h, "g": part.dL_dout},
        # Unlike a comparison, the step function keeps NaN.
        compute=lambda h, g: np.heaviside(h, 0) * g,
        formula=lambda h, g: f"IF({h}>0,{g},0)",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] where h[{i}] > 0, otherwise 0",
            why="The slope of relu is 1 where the input is positive, and 0 where it is negative.",
        ),
        accepts=lambda found, tolerance, h, g: (h == 0) & between(found, 0, g, tolerance),
        tie_rule=_TIE_RULE,
    )
