"""Dropout with its mask given: what the mask keeps is scaled up to make good for the rest.

    out[i]   = h[i] · mask[i] / (1 - rate)
    dL/dh[i] = dL/dout[i] · mask[i] / (1 - rate)

The mask holds ones (kept) and zeros (dropped), drawn with probability `rate` for a zero where no
array is given. The scale is that of torch.nn.Dropout in training. Srivastava and others,
"Dropout: a simple way to prevent neural networks from overfitting" (2014), scale in testing
instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Domain, Kind, Math, Shape
from xlbackprop.layers.common.elementwise import Elementwise, literal
from xlbackprop.layers.contract import LayerEquations, Scope, layer
from xlbackprop.layers.options import number


@layer("dropout", short="dropout")
@dataclass(frozen=True)
class Dropout:
    """h, mask and out of any shape; rate: the share of zeros in the mask."""

    rate: float = number(minimum=0, below=1)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        domain = Domain(keep=1 - self.rate)
        mask = part.tensor("mask", Kind.GIVEN, "1 keeps, 0 drops", domain)
        i, rate = part.index, literal(self.rate)
        out = part.equation(
            part.out,
            {"h": part.h, "mask": mask},
            compute=lambda h, mask: h * mask / (1 - self.rate),
            formula=lambda h, mask: f"{h}*{mask}/(1-{rate})",
            math=Math(f"out[{i}] = h[{i}] · mask[{i}] / (1 - {rate})"),
        )
        gradient = part.equation(
            part.dL_dh,
            {"g": part.dL_dout, "mask": mask},
            compute=lambda g, mask: g * mask / (1 - self.rate),
            formula=lambda g, mask: f"{g}*{mask}/(1-{rate})",
            math=Math(f"dL/dh[{i}] = dL/dout[{i}] · mask[{i}] / (1 - {rate})"),
        )
        return part.layer([out], [gradient], f"rate {self.rate:g}, mask given", givens=(mask,))
