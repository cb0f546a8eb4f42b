"""Max pooling of rows: the largest entry of each window, as in torch.nn.MaxPool1d.

    out[c,j]    = max(b) h[c, sj+b-p]
    winner[c,j] = b of the first entry that is this maximum
    dL/dh[c,v]  = Σ(j) dL/dout[c,j], over the windows whose winner is the entry [v]

It is max_pool2d over planes that have a single row.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Shape
from xlbackprop.layers.common.rows import PoolOfRowsOptions
from xlbackprop.layers.max_pool2d import MaxPool2d


@layer("max_pool1d", short="pool")
@dataclass(frozen=True)
class MaxPool1d(PoolOfRowsOptions):
    """h (C,L) or (N,C,L)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,L) or (N,C,L)."""
        return self.pooled(MaxPool2d, scope, shape)
