"""Average pooling of rows: the mean of each window, as in torch.nn.AvgPool1d.

    out[c,j]   = Σ(b) P[c, sj+b] / R
    dL/dh[c,v] = Σ(b) G[c, v+p+b] / R

It is avg_pool2d over planes that have a single row: P and G are what they are there.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Shape
from xlbackprop.layers.avg_pool2d import AvgPool2d
from xlbackprop.layers.common.rows import PoolOfRowsOptions


@layer("avg_pool1d", short="avgpool")
@dataclass(frozen=True)
class AvgPool1d(PoolOfRowsOptions):
    """h (C,L) or (N,C,L)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,L) or (N,C,L)."""
        return self.pooled(AvgPool2d, scope, shape)
