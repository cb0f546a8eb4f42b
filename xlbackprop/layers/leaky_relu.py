"""The leaky rectified linear unit: what is negative is made small instead of 0.

    out[i]   = h[i]        where h[i] > 0, otherwise slope · h[i]
    dL/dh[i] = dL/dout[i]  where h[i] > 0, otherwise slope · dL/dout[i]

Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
At h[i] = 0 each number between the two slopes is a subgradient, and PyTorch takes `slope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import number
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between, literal


@layer("leaky_relu", short="leaky")
@dataclass(frozen=True)
class LeakyRelu:
    """h and out of any shape; the slope of the negative half may be any number."""

    slope: float = number(default=0.01)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        about = f"h where h > 0, otherwise {self.slope:g} · h"
        note = f"At the kink, {self._tie_rule}."
        return part.layer([self._rectify(part)], [self._gradient(part)], about, note=note)

    @property
    def _tie_rule(self) -> str:
        return f"leaky_relu takes the slope {literal(self.slope)} where h = 0, as in PyTorch"

    def _rectify(self, part: Elementwise) -> Equation:
        i, slope = part.index, literal(self.slope)
        return part.equation(
            part.out,
            {"h": part.h},
            compute=lambda h: np.maximum(h, 0) + self.slope * np.minimum(h, 0),
            formula=lambda h: f"IF({h}>0,{h},{slope}*{h})",
            math=Math(f"out[{i}] = h[{i}] where h[{i}] > 0, otherwise {slope} · h[{i}]"),
            slips=(
                Slip(
                    "leaky relu left out",
                    f"Multiply h with {slope} where it is negative: you copied it.",
                    lambda h: h,
                ),
                Slip(
                    "relu for leaky relu",
                    f"Put {slope} times h where h is negative, not 0.",
                    lambda h: np.maximum(h, 0),
                ),
                Slip(
                    "slope on the wrong side",
                    f"Multiply with {slope} what is negative, and leave alone what is positive.",
                    lambda h: self.slope * np.maximum(h, 0) + np.minimum(h, 0),
                ),
            ),
        )

    def _gradient(self, part: Elementwise) -> Equation:
        i, slope = part.index, literal(self.slope)

        def compute(h: Array, g: Array) -> Array:
            # Unlike a comparison, the step function keeps NaN.
            is_positive = np.heaviside(h, 0)
            return np.asarray(is_positive * g + (1 - is_positive) * self.slope * g)

        return part.equation(
            part.dL_dh,
            {"h": part.h, "g": part.dL_dout},
            compute=compute,
            formula=lambda h, g: f"IF({h}>0,{g},{slope}*{g})",
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] where h[{i}] > 0, otherwise {slope} · dL/dout[{i}]"
            ),
            accepts=lambda found, tolerance, h, g: (
                (h == 0) & between(found, self.slope * g, g, tolerance)
            ),
            tie_rule=self._tie_rule,
            slips=tuple(self._slips_of_gradient(slope)),
        )

    def _slips_of_gradient(self, slope: str) -> Iterator[Slip]:
        def slope_at(h: Array) -> Array:
            return np.where(h > 0, 1, self.slope)

        yield from without_upstream(slope_at)
        yield Slip(
            "relu for leaky relu",
            f"Put {slope} times dL/dout where h is negative, not 0.",
            lambda h, g: np.heaviside(h, 0) * g,
        )
        yield Slip(
            "sign of the gradient for that of h",
            f"Look at the sign of h, not of dL/dout, to choose between 1 and {slope}.",
            lambda h, g: slope_at(g) * g + 0 * h,
        )
        yield Slip(
            "slope on the wrong side",
            f"Multiply dL/dout with {slope} where h is negative, with 1 where it is positive.",
            lambda h, g: slope_at(-h) * g,
        )
