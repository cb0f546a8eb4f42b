"""Instance normalization: each channel of each sample to mean 0 and variance 1.

With m the number of a plane's entries:

    mean[n,c] = Σ(i,j) h[n,c,i,j] / m,   var[n,c] = Σ(i,j) (h[n,c,i,j] - mean[n,c])² / m
    out       = (h - mean[n,c]) / √(var[n,c] + eps)

With `affine` there are a gamma and a beta for each channel, too. The steps and their gradients are
those of `normalization`. Ulyanov, Vedaldi and Lempitsky, "Instance normalization" (2016), as in
torch.nn.InstanceNorm1d and InstanceNorm2d.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import flag, number
from xlbackprop.equation import Shape
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.normalization.normalization import Normalization


@layer("instance_norm", short="in")
@dataclass(frozen=True)
class InstanceNorm:
    """h (C,H,W) or (C,L), or with N before that; gamma and beta, where there are any, (C,)."""

    eps: float = number(minimum=0, default=1e-5)
    affine: bool = flag(default=False)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (C,L), or with a batch."""
        axis = int(scope.has_batch)
        if len(shape) - axis not in (2, 3):
            raise scope.refuse("input", shape, "expected channels, height, width")
        channels = tuple(range(axis + 1))
        part = Normalization(scope, shape, self.eps, channels, (axis,), affine=self.affine)
        if part.groups.size == 1:
            raise scope.refuse("input", shape, "a single entry in each channel has no variance")
        return part.equations(
            f"each channel of each sample to mean 0 and variance 1, eps {literal(self.eps)}"
        )
