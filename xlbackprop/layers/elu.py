"""The exponential linear unit: what is negative bends smoothly to -alpha.

    out[i]   = h[i]        where h[i] > 0, otherwise alpha · (exp(h[i]) - 1)
    dL/dh[i] = dL/dout[i]  where h[i] > 0, otherwise dL/dout[i] · alpha · exp(h[i])

As in torch.nn.ELU; Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning
by exponential linear units" (2016), equation 15. Where alpha is not 1 there is a kink at
h[i] = 0: each number between the two slopes is a subgradient, and PyTorch takes alpha.
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


@layer("elu", short="elu")
@dataclass(frozen=True)
class Elu:
    """h and out of any shape."""

    alpha: float = number(default=1.0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        about = f"h where h > 0, otherwise {self._times(' · ')}(exp(h) - 1)"
        note = "" if self.alpha == 1 else f"At the kink, {self._tie_rule}."
        return part.layer([self._bend(part)], [self._gradient(part)], about, note=note)

    @property
    def _tie_rule(self) -> str:
        return f"elu takes the slope {literal(self.alpha)} where h = 0, as in PyTorch"

    def _times(self, sign: str) -> str:
        """Return the product with alpha as written, empty where alpha is 1."""
        return "" if self.alpha == 1 else literal(self.alpha) + sign

    def _bend(self, part: Elementwise) -> Equation:
        i, times, by = part.index, self._times(" · "), self._times("*")

        def compute(h: Array) -> Array:
            return np.maximum(h, 0) + self.alpha * np.expm1(np.minimum(h, 0))

        return part.equation(
            part.out,
            {"h": part.h},
            compute=compute,
            formula=lambda h: f"IF({h}>0,{h},{by}(EXP({h})-1))",
            math=Math(f"out[{i}] = h[{i}] where h[{i}] > 0, otherwise {times}(exp(h[{i}]) - 1)"),
            slips=tuple(self._slips_of_output(times)),
        )

    def _slips_of_output(self, times: str) -> Iterator[Slip]:
        hint = f"Put {times}(exp(h) - 1) where h is negative"
        yield Slip("elu left out", f"{hint}: you copied h.", lambda h: h)
        yield Slip("relu for elu", f"{hint}, not 0.", lambda h: np.maximum(h, 0))
        yield Slip(
            "1 not subtracted",
            f"{hint}: the 1 is missing.",
            lambda h: np.maximum(h, 0) + (h <= 0) * self.alpha * np.exp(np.minimum(h, 0)),
        )
        if self.alpha != 1:
            yield Slip(
                "alpha missing",
                f"{hint}: the factor is missing.",
                lambda h: np.maximum(h, 0) + np.expm1(np.minimum(h, 0)),
            )

    def _gradient(self, part: Elementwise) -> Equation:
        i, times, by = part.index, self._times(" · "), self._times("*")

        def slope(h: Array) -> Array:
            # Unlike a comparison, the step function keeps NaN.
            is_positive = np.heaviside(h, 0)
            bent = self.alpha * np.exp(np.minimum(h, 0))
            return np.asarray(is_positive + (1 - is_positive) * bent)

        return part.equation(
            part.dL_dh,
            {"h": part.h, "g": part.dL_dout},
            compute=lambda h, g: g * slope(h),
            formula=lambda h, g: f"IF({h}>0,{g},{g}*{by}EXP({h}))",
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] where h[{i}] > 0,"
                f" otherwise dL/dout[{i}] · {times}exp(h[{i}])"
            ),
            accepts=lambda found, tolerance, h, g: (
                (h == 0) & between(found, self.alpha * g, g, tolerance)
            ),
            tie_rule=self._tie_rule,
            slips=(*without_upstream(slope), *self._slips_of_gradient(times)),
        )

    def _slips_of_gradient(self, times: str) -> Iterator[Slip]:
        yield Slip(
            "relu for elu",
            f"Put dL/dout · {times}exp(h) where h is negative, not 0.",
            lambda h, g: np.heaviside(h, 0) * g,
        )
        yield Slip(
            "output for derivative",
            f"Take the slope {times}exp(h) where h is negative: the 1 that the output takes off"
            " has no slope.",
            lambda h, g: g * np.where(h > 0, 1, self.alpha * np.expm1(np.minimum(h, 0))),
        )
        yield Slip(
            "derivative the wrong way round",
            "Let the gradient pass as it is where h > 0, and bend it where h is negative; you did"
            " the opposite.",
            lambda h, g: g * np.where(h > 0, self.alpha * np.exp(h), 1),
        )
        if self.alpha != 1:
            yield Slip(
                "alpha missing",
                f"Take {times}exp(h) where h is negative: the factor is missing.",
                lambda h, g: g * np.exp(np.minimum(h, 0)),
            )
