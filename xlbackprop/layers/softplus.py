"""Softplus, a smooth relu: ln(1 + e^h).

    out[i]   = ln(1 + exp(beta · h[i])) / beta
    dL/dh[i] = dL/dout[i] / (1 + exp(-beta · h[i]))

Its slope is the sigmoid. Where beta · h is above the threshold, out is h and the slope 1, as in
torch.nn.Softplus: the difference is far below the last digit that shows. Dugas, Bengio, Bélisle,
Nadeau and Garcia, "Incorporating second-order functional knowledge" (2001).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import number
from xlbackprop.contract.slips import other_logarithms, without_upstream
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, literal


@layer("softplus", short="softplus")
@dataclass(frozen=True)
class Softplus:
    """h and out of any shape."""

    beta: float = number(above=0, default=1.0)
    threshold: float = number(minimum=0, below=700, default=20.0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        times, over = self._signs(" · ", " / ")
        about = f"ln(1 + exp({times}h)){over}"
        note = f"Where {times}h is above {self.threshold:g}, out is h."
        return part.layer([self._output(part)], [self._gradient(part)], about, note=note)

    def _signs(self, times: str, over: str) -> tuple[str, str]:
        """Return the product with beta and the division by it as written, empty where it is 1."""
        beta = literal(self.beta)
        return ("", "") if self.beta == 1 else (f"{beta}{times}", f"{over}{beta}")

    def _output(self, part: Elementwise) -> Equation:
        i, threshold = part.index, literal(self.threshold)
        (times, over), (by, divided) = self._signs(" · ", " / "), self._signs("*", "/")

        def compute(h: Array) -> Array:
            z = self.beta * h
            return np.where(z > self.threshold, h, np.log1p(np.exp(np.minimum(z, 700))) / self.beta)

        return part.equation(
            part.out,
            {"h": part.h},
            compute=compute,
            formula=lambda h: f"IF({by}{h}>{threshold},{h},LN(1+EXP({by}{h})){divided})",
            math=Math(
                f"out[{i}] = h[{i}] where {times}h[{i}] > {self.threshold:g},"
                f" otherwise ln(1 + exp({times}h[{i}])){over}"
            ),
            slips=tuple(self._slips_of_output(f"ln(1 + exp({times}h)){over}")),
        )

    def _slips_of_output(self, right: str) -> Iterator[Slip]:
        beta = self.beta
        yield Slip("relu for softplus", f"Take {right}, not max(h, 0).", lambda h: np.maximum(h, 0))
        yield Slip(
            "logarithm missing",
            f"Take {right}: the logarithm is missing.",
            lambda h: (1 + np.exp(beta * h)) / beta,
        )
        natural = f"Take {right} with the natural logarithm, LN"
        yield from other_logarithms(natural, lambda h: np.log1p(np.exp(beta * h)) / beta)
        yield Slip(
            "sign of the exponent",
            f"Take {right}: the sign in the exponent is reversed in yours.",
            lambda h: np.log1p(np.exp(-beta * h)) / beta,
        )
        if beta != 1:
            yield Slip(
                "beta not divided by",
                f"Take {right}: the division is missing.",
                lambda h: np.log1p(np.exp(beta * h)),
            )

    def _gradient(self, part: Elementwise) -> Equation:
        i, threshold = part.index, literal(self.threshold)
        (times, _), (by, _) = self._signs(" · ", " / "), self._signs("*", "/")

        def slope(h: Array) -> Array:
            z = self.beta * h
            return np.where(z > self.threshold, 1, 1 / (1 + np.exp(-z)))

        return part.equation(
            part.dL_dh,
            {"h": part.h, "g": part.dL_dout},
            compute=lambda h, g: g * slope(h),
            # A spreadsheet's EXP is an error beyond 709; the slope is 0 there.
            formula=lambda h, g: (
                f"IF({by}{h}>{threshold},{g},IF({by}{h}<-700,0,{g}/(1+EXP(-{by}{h}))))"
            ),
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] where {times}h[{i}] > {self.threshold:g},"
                f" otherwise dL/dout[{i}] / (1 + exp(-{times}h[{i}]))",
                why="The slope of softplus is the sigmoid.",
            ),
            slips=(*without_upstream(slope), *self._slips_of_gradient()),
        )

    def _slips_of_gradient(self) -> Iterator[Slip]:
        beta = self.beta
        yield Slip(
            "relu for softplus",
            "Multiply dL/dout with the sigmoid, not with 0 or 1.",
            lambda h, g: np.heaviside(h, 0) * g,
        )
        yield Slip(
            "sign of the exponent",
            "Take e to the power of minus h: the sign in the exponent is reversed in yours.",
            lambda h, g: g / (1 + np.exp(beta * h)),
        )
        yield Slip(
            "the sigmoid's derivative",
            "Take the sigmoid itself for the slope, not its derivative.",
            lambda h, g: g / (1 + np.exp(-beta * h)) / (1 + np.exp(beta * h)),
        )
        if beta != 1:
            yield Slip(
                "beta extra",
                "Leave beta out before the sigmoid: the division by it has eaten that.",
                lambda h, g: beta * g / (1 + np.exp(-beta * h)),
            )
