"""A relu with a ceiling of 6.

    out[i]   = min(max(h[i], 0), 6)
    dL/dh[i] = dL/dout[i] where 0 < h[i] < 6, otherwise 0

As in torch.nn.ReLU6; Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010). At 0 and
at 6 each number between 0 and dL/dout is a subgradient, and PyTorch takes 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between

_TIE_RULE = "relu6 passes no gradient where h = 0 or h = 6, as in PyTorch"


@layer("relu6", short="relu6")
@dataclass(frozen=True)
class Relu6:
    """h and out of any shape."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        note = f"At the kinks, {_TIE_RULE}."
        return part.layer([_clip(part)], [_gradient(part)], "min(max(h, 0), 6)", note=note)


def _clip(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.out,
        {"h": part.h},
        compute=lambda h: np.minimum(np.maximum(h, 0), 6),
        formula=lambda h: f"MIN(MAX({h},0),6)",
        math=Math(f"out[{i}] = min(max(h[{i}], 0), 6)"),
        slips=(
            Slip("relu6 left out", "Keep h between 0 and 6: you copied it.", lambda h: h),
            Slip(
                "relu for relu6",
                "Put 6 where h is larger than 6.",
                lambda h: np.maximum(h, 0),
            ),
            Slip(
                "no floor at 0",
                "Put 0 where h is negative.",
                lambda h: np.minimum(h, 6),
            ),
        ),
    )


def _passes(h: Array) -> Array:
    # Unlike a comparison, the step function keeps NaN.
    return np.asarray(np.heaviside(h, 0) * np.heaviside(6 - h, 0))


def _gradient(part: Elementwise) -> Equation:
    i = part.index
    return part.equation(
        part.dL_dh,
        {"h": part.h, "g": part.dL_dout},
        compute=lambda h, g: _passes(h) * g,
        formula=lambda h, g: f"IF(AND({h}>0,{h}<6),{g},0)",
        math=Math(
            f"dL/dh[{i}] = dL/dout[{i}] where 0 < h[{i}] < 6, otherwise 0",
            why="Where the output is held at 0 or at 6, h does not move it.",
        ),
        accepts=lambda found, tolerance, h, g: (
            ((h == 0) | (h == 6)) & between(found, 0, g, tolerance)
        ),
        tie_rule=_TIE_RULE,
        slips=(
            *without_upstream(_passes),
            Slip(
                "relu for relu6",
                "Put 0 where h is larger than 6, too: the output does not move there.",
                lambda h, g: np.heaviside(h, 0) * g,
            ),
            Slip(
                "relu6 of the gradient",
                "Look at h, not at dL/dout: the gradient passes where h is between 0 and 6.",
                lambda h, g: np.minimum(np.maximum(g, 0), 6) + 0 * h,
            ),
            Slip(
                "derivative the wrong way round",
                "Let the gradient pass where h is between 0 and 6; you did the opposite.",
                lambda h, g: (1 - _passes(h)) * g,
            ),
        ),
    )
