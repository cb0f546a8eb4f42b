"""Root mean square normalization: each vector to a mean square of 1, its mean left as it is.

Over the last axis of a sample, or as many of the last as `axes` says, m entries:

    mean_square = Σ h² / m,          inv_rms = 1 / √(mean_square + eps)
    normalized  = h · inv_rms,       out     = gamma · normalized

    dL/dgamma      = Σ dL/dout · normalized      (over the vectors)
    dL/dnormalized = dL/dout · gamma
    product_mean   = Σ dL/dnormalized · normalized / m
    dL/dh          = inv_rms · (dL/dnormalized - normalized · product_mean)

An entry moves the mean square too, and by it all outputs of its vector: that is what the product's
mean takes off. Zhang and Sennrich, "Root mean square layer normalization" (2019), as in
torch.nn.RMSNorm.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, number
from xlbackprop.equation import Shape
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.normalization.root_mean_square import RootMeanSquare


@layer("rms_norm", short="rms")
@dataclass(frozen=True)
class RmsNorm:
    """h of any shape; gamma of the shape of its last axes."""

    eps: float = number(minimum=0, default=1e-5)
    axes: int = count(default=1)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        own = len(shape) - scope.has_batch
        if self.axes > own:
            raise scope.refuse("axes", self.axes, f"the input has {own} of them")
        every = tuple(range(len(shape)))
        first = len(shape) - self.axes
        part = RootMeanSquare(scope, shape, self.eps, every[:first], every[first:])
        return part.equations(f"each vector to a mean square of 1, eps {literal(self.eps)}")
