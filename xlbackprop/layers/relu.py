"""The rectified linear unit: what is negative becomes 0.

    out[i]   = max(h[i], 0)
    dL/dh[i] = dL/dout[i] where h[i] > 0, otherwise 0

Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010). At
h[i] = 0 the slope is 0 on the left and 1 on the right: each number between them is a
subgradient, and PyTorch takes 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.contract.emphasis import above_zero
from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between

_TIE_RULE = "relu passes no gradient where h = 0, as in PyTorch"


@layer("relu", short="relu")
@dataclass(frozen=True)
class Relu:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        note = f"At the kink, {_TIE_RULE}."
        whole = part.layer([_rectify(part)], [_gradient(part)], "max(h, 0)", note=note)
        return replace(whole, emphasis=(above_zero(part.out, "active unit"),))


def _rectify(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h},
        compute=lambda h: np.maximum(h, 0),
        formula=lambda h: f"MAX({h},0)",
        math=Math(f"out[{i}] = max(h[{i}], 0)"),
        slips=(
            Slip("relu left out", "Put 0 where h is negative: you copied h.", lambda h: h),
            Slip(
                "absolute value for relu",
                "Put 0 where h is negative, instead of leaving out the minus sign.",
                lambda h: np.abs(h),  # noqa: PLW0108 (a ufunc takes no keywords)
            ),
            Slip(
                "relu the wrong way round",
                "Keep what is positive and put 0 for what is negative; you did the opposite.",
                lambda h: np.minimum(h, 0),
            ),
        ),
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
        slips=(
            *without_upstream(lambda h: np.heaviside(h, 0)),
            Slip(
                "relu of the gradient",
                "Look at the sign of h, not of dL/dout: the gradient passes where h > 0, and may be"
                " negative.",
                lambda h, g: np.maximum(g, 0),  # noqa: ARG005
            ),
            Slip(
                "derivative the wrong way round",
                "Let the gradient pass where h > 0, and put 0 elsewhere; you did the opposite.",
                lambda h, g: (1 - np.heaviside(h, 0)) * g,
            ),
            Slip(
                "output for derivative",
                "Multiply dL/dout with 1 where h > 0, not with the output: the slope is 1 there.",
                lambda h, g: np.maximum(h, 0) * g,
            ),
        ),
    )
