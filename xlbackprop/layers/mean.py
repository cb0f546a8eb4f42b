"""The mean over one axis, which is gone in out.

    out[i]     = Σ(j) h[i,j] / n        (n: how many there are along the axis)
    dL/dh[i,j] = dL/dout[i] / n

As in torch.mean with dim, where the batch is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count
from xlbackprop.equation import Shape
from xlbackprop.layers.common.reduction import Reduction


@layer("mean", short="mean")
@dataclass(frozen=True)
class Mean:
    """h of any shape; out without the axis `axis`, the batch not counted."""

    axis: int = count(minimum=0, default=0)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        return Reduction(scope, shape, self.axis, is_mean=True).equations()
