"""The Gaussian error linear unit, h · Φ(h), by default in its tanh form.

    inner[i] = √(2/π) · (h[i] + 0.044715 h[i]³)
    tanh[i]  = tanh(inner[i])
    out[i]   = ½ h[i] · (1 + tanh[i])

h reaches out twice, as the factor h and through tanh, so dL/dh is the sum of two paths:

    dL/dtanh[i]  = dL/dout[i] · ½ h[i]
    dL/dinner[i] = dL/dtanh[i] · (1 - tanh[i]²)
    dL/dh[i]     = dL/dout[i] · ½ (1 + tanh[i])
                 + dL/dinner[i] · √(2/π) · (1 + 3 · 0.044715 h[i]²)

as in torch's gelu(approximate="tanh"). With `approximate = "none"` Φ is the normal distribution's
own function: cdf[i] = Φ(h[i]), out[i] = h[i] · cdf[i]. Hendrycks and Gimpel, "Gaussian error linear
units" (2016), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import choice
from xlbackprop.equation import Equation, Kind, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise
from xlbackprop.layers.common.elementwise.exact_gelu import ExactGelu

_SCALE, _CUBIC = sqrt(2 / pi), 0.044715


@layer("gelu", short="gelu")
@dataclass(frozen=True)
class Gelu:
    """h and out of any shape."""

    approximate: str = choice("tanh", "none")

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        if self.approximate == "none":
            return ExactGelu(Elementwise(scope, shape)).equations()
        return _Gelu(scope, shape).equations()


class _Gelu:
    """A gelu of known shape: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        self.part = Elementwise(scope, shape)
        self.inner = self.part.tensor("inner", Kind.FORWARD, "argument of tanh")
        self.tanh = self.part.tensor("tanh", Kind.FORWARD, "between -1 and 1")
        self.dL_dinner = scope.gradient(self.inner, "gradient of the argument")
        self.dL_dtanh = scope.gradient(self.tanh, "gradient of tanh")

    def equations(self) -> LayerEquations:
        return self.part.layer(self.forward(), self.backward(), "½ h (1 + tanh(…)), the tanh form")

    def forward(self) -> tuple[Equation, ...]:
        return (self.argument(), self.tangent(), self.output())

    def backward(self) -> tuple[Equation, ...]:
        return (self.gradient_of_tanh(), self.gradient_of_argument(), self.gradient_of_h())

    def argument(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            self.inner,
            {"h": part.h},
            compute=lambda h: _SCALE * (h + _CUBIC * h**3),
            formula=lambda h: f"SQRT(2/PI())*({h}+{_CUBIC}*{h}^3)",
            math=Math(f"inner[{i}] = √(2/π) · (h[{i}] + {_CUBIC} h[{i}]³)"),
            slips=(
                Slip(
                    "cubic term missing",
                    f"Add {_CUBIC} times the cube of h before you multiply with √(2/π).",
                    lambda h: _SCALE * h,
                ),
                Slip(
                    "√(2/π) missing",
                    "Multiply the sum with √(2/π).",
                    lambda h: h + _CUBIC * h**3,
                ),
                Slip(
                    "√(2/π) on the first term only",
                    "Multiply the whole sum with √(2/π), the cubic term included.",
                    lambda h: _SCALE * h + _CUBIC * h**3,
                ),
            ),
        )

    def tangent(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            self.tanh,
            {"u": self.inner},
            compute=lambda u: np.tanh(u),  # noqa: PLW0108 (a ufunc takes no keywords)
            formula=lambda u: f"TANH({u})",
            math=Math(f"tanh[{i}] = tanh(inner[{i}])"),
        )

    def output(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            part.out,
            {"h": part.h, "t": self.tanh},
            compute=lambda h, t: 0.5 * h * (1 + t),
            formula=lambda h, t: f"0.5*{h}*(1+{t})",
            math=Math(f"out[{i}] = ½ h[{i}] · (1 + tanh[{i}])"),
            slips=(
                Slip(
                    "1 + missing",
                    "Add 1 to the tanh before you multiply with half of h.",
                    lambda h, t: 0.5 * h * t,
                ),
                Slip(
                    "h missing",
                    "Multiply ½ (1 + tanh) with h: alone it is only the share that passes.",
                    lambda h, t: 0.5 * (1 + t) + 0 * h,
                ),
            ),
        )

    def gradient_of_tanh(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            self.dL_dtanh,
            {"h": part.h, "g": part.dL_dout},
            compute=lambda h, g: g * 0.5 * h,
            formula=lambda h, g: f"{g}*0.5*{h}",
            math=Math(f"dL/dtanh[{i}] = dL/dout[{i}] · ½ h[{i}]"),
            slips=(
                Slip(
                    "h missing",
                    "Multiply with h, too: out is ½ h (1 + tanh), and its slope by the tanh ½ h.",
                    lambda h, g: g * 0.5 + 0 * h,
                ),
            ),
        )

    def gradient_of_argument(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            self.dL_dinner,
            {"t": self.tanh, "dt": self.dL_dtanh},
            compute=lambda t, dt: dt * (1 - t**2),
            formula=lambda t, dt: f"{dt}*(1-{t}^2)",
            math=Math(f"dL/dinner[{i}] = dL/dtanh[{i}] · (1 - tanh[{i}]²)"),
            slips=(
                Slip(
                    "derivative missing",
                    "Multiply dL/dtanh with the slope of the tanh, 1 - tanh².",
                    lambda t, dt: dt + 0 * t,
                ),
                Slip(
                    "square missing",
                    "Square the tanh: its derivative is 1 - tanh².",
                    lambda t, dt: dt * (1 - t),
                ),
            ),
        )

    def gradient_of_h(self) -> Equation:
        part, i = self.part, self.part.index
        return part.equation(
            part.dL_dh,
            {"h": part.h, "t": self.tanh, "g": part.dL_dout, "du": self.dL_dinner},
            compute=lambda h, t, g, du: g * 0.5 * (1 + t) + du * _SCALE * (1 + 3 * _CUBIC * h**2),
            formula=lambda h, t, g, du: f"{g}*0.5*(1+{t})+{du}*SQRT(2/PI())*(1+3*{_CUBIC}*{h}^2)",
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] · ½ (1 + tanh[{i}])"
                f" + dL/dinner[{i}] · √(2/π) · (1 + 3 · {_CUBIC} h[{i}]²)"
            ),
            slips=self.slips_of_gradient(),
        )

    def slips_of_gradient(self) -> tuple[Slip, ...]:
        both = (
            "Add both ways on which h reaches the output: as the factor h, and through the tanh; "
        )
        return (
            Slip(
                "path through the tanh missing",
                both + "the second is missing.",
                lambda h, t, g, du: g * 0.5 * (1 + t) + 0 * h * du,
            ),
            Slip(
                "path through the factor h missing",
                both + "the first is missing.",
                lambda h, t, g, du: du * _SCALE * (1 + 3 * _CUBIC * h**2) + 0 * t * g,
            ),
            Slip(
                "slope of the argument missing",
                both + "multiply dL/dinner with the slope √(2/π) · (1 + 3 · 0.044715 h²).",
                lambda h, t, g, du: g * 0.5 * (1 + t) + du + 0 * h,
            ),
            Slip(
                "3 missing",
                "Differentiate the cube, too: the slope of h³ is 3 h².",
                lambda h, t, g, du: g * 0.5 * (1 + t) + du * _SCALE * (1 + _CUBIC * h**2),
            ),
            Slip(
                "derivative missing",
                both + "you passed dL/dout on as it is.",
                lambda h, t, g, du: g + 0 * h * t * du,
            ),
        )
