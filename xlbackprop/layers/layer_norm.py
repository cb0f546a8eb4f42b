"""Layer normalization: each sample to mean 0 and variance 1, over all its entries.

    mean = Σ h / m,   var = Σ (h - mean)² / m
    out  = gamma · (h - mean) / √(var + eps) + beta

with m the number of a sample's entries, each of which has its own gamma and beta. The steps and
their gradients are those of `normalization`. Ba, Kiros and Hinton, "Layer normalization" (2016),
as in torch.nn.LayerNorm with all axes but the batch for its normalized_shape, or as many of the
last as `axes` says: with 1, each position of a sequence by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, number
from xlbackprop.equation import Shape
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.normalization.normalization import Normalization


@layer("layer_norm", short="ln")
@dataclass(frozen=True)
class LayerNorm:
    """h of any shape; gamma and beta of that shape without the batch, or of its last axes."""

    eps: float = number(minimum=0, default=1e-5)
    axes: int = count(minimum=0, default=0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        own = len(shape) - scope.has_batch
        if self.axes > own:
            raise scope.refuse("axes", self.axes, f"the input has {own} of them")
        every = tuple(range(len(shape)))
        first = len(shape) - (self.axes or own)
        part = Normalization(scope, shape, self.eps, every[:first], every[first:])
        each = "vector" if 0 < self.axes < own else "sample"
        return part.equations(f"each {each} to mean 0 and variance 1, eps {literal(self.eps)}")
