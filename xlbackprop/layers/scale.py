"""Every entry times a fixed number: out = a · h, as the scores of attention over √d.

out[i]   = a · h[i]
dL/dh[i] = a · dL/dout[i]
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import number
from xlbackprop.equation import Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, literal


@layer("scale", short="scale")
@dataclass(frozen=True)
class Scale:
    """h and out of any shape; factor: the number."""

    factor: float = number()

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        i, a, text = part.index, self.factor, literal(self.factor)
        out = part.equation(
            part.out,
            {"h": part.h},
            compute=lambda h: a * h,
            formula=lambda h: f"{text}*{h}",
            math=Math(f"out[{i}] = {text} · h[{i}]"),
            slips=(
                Slip("factor missing", f"Multiply h with {text}: you copied h.", lambda h: h + 0),
                Slip(
                    "factor added",
                    f"Multiply h with {text}; you added it.",
                    lambda h: h + a,
                ),
            ),
        )
        gradient = part.equation(
            part.dL_dh,
            {"g": part.dL_dout},
            compute=lambda g: a * g,
            formula=lambda g: f"{text}*{g}",
            math=Math(f"dL/dh[{i}] = {text} · dL/dout[{i}]"),
            slips=(
                Slip(
                    "factor missing",
                    f"Multiply dL/dout with {text}: you passed it on as it is.",
                    lambda g: g + 0,
                ),
                Slip(
                    "divided by the factor",
                    f"Multiply dL/dout with {text}, on the way back too: you divided by it.",
                    lambda g: g / a,
                ),
            ),
        )
        return part.layer([out], [gradient], f"times {text}")
