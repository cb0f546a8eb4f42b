"""One-dimensional convolution: filters that slide along rows, as in torch.nn.Conv1d.

With stride s, padding p and dilation d, D = d(R-1)+1 the width of the dilated filter:

    out[k,j]     = Σ(c,b) P[c, sj+b] · W[k,c,b] + b[k]
    dL/dw[k,c,b] = Σ(j)   P[c, db+j] · Z[k,j]
    dL/db[k]     = Σ(j)   dL/dout[k,j]
    dL/dh[c,v]   = Σ(k,b) G[k, v+p+b] · R[k,c,b]

It is conv2d over planes that have a single row: the same blocks, formulas and mistakes, without the
axis of rows. A filter turned by 180 degrees is one that is read from its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, ends, flag
from xlbackprop.equation import Shape
from xlbackprop.layers.common.convolution.filter_layer import filters_text
from xlbackprop.layers.common.rows import Ends, both, ends_of_row, in_one_row, padding_of_row_text
from xlbackprop.layers.conv2d import Conv2d


@layer("conv1d", short="conv")
@dataclass(frozen=True)
class Conv1d:
    """h (C,L) or (N,C,L); w (filters, C/groups, R); b (filters,)."""

    filters: int = count()
    kernel: int = count()
    stride: int = count(default=1)
    padding: Ends = ends()
    dilation: int = count(default=1)
    groups: int = count(default=1)
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,L) or (N,C,L)."""
        of_planes = Conv2d(
            self.filters,
            (1, self.kernel),
            both(self.stride),
            ends_of_row(self.padding),
            both(self.dilation),
            self.groups,
            self.bias,
        )
        return replace(in_one_row(self, of_planes, scope, shape), about=self._about())

    def _about(self) -> str:
        parts = [filters_text(self.filters, f"of width {self.kernel}"), f"stride {self.stride}"]
        parts += [padding_of_row_text(self.padding)]
        parts += [f"dilation {self.dilation}"] * (self.dilation != 1)
        parts += [f"{self.groups} groups"] * (self.groups > 1)
        parts += ["no bias"] * (not self.bias)
        return ", ".join(parts)
