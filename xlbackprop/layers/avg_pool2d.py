"""Average pooling: the mean of each window.

With kernel (R,S), stride s and padding p, each per axis:

    out[c,i,j]   = Σ(a,b) P[c, si+a, sj+b] / (R·S)
    dL/dh[c,u,v] = Σ(a,b) G[c, u+p+a, v+p+b] / (R·S)

P (`h_padded`) is h in its frame of zeros, which count like any entry: the divisor is R·S
everywhere, as with count_include_pad in torch.nn.AvgPool2d. G (`dL_dout_spread`) is dL/dout with
s-1 zeros between its entries, at offset R-1 within zeros of size H+2p+R-1, so that a window of G
holds the gradients of just those windows that saw the entry.

It is a convolution of each plane with the filter that is 1/(R·S) throughout, and its own turn by
180 degrees; each helper block is left out where it would equal what it is made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Math, Shape
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.avg_pool2d_slips import slips_of_dh, slips_of_mean
from xlbackprop.layers.common.geometry import Geometry
from xlbackprop.layers.common.helper_blocks import Helper, Prepared, padded, spread
from xlbackprop.layers.common.images import batch_letter
from xlbackprop.layers.common.planes import windows
from xlbackprop.layers.common.pooling import PoolOptions, PoolPorts, about_pool, pool_ports
from xlbackprop.layers.common.text import index_text


@layer("avg_pool2d", short="avgpool")
@dataclass(frozen=True)
class AvgPool2d(PoolOptions):
    """h (C,H,W) or (N,C,H,W)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        geometry = self.geometry(scope, shape)
        return _AveragePooling(scope, geometry, pool_ports(scope, shape, geometry)).equations()


@dataclass(frozen=True)
class _AveragePooling:
    """Average pooling of known geometry: its helper blocks and its equations."""

    scope: Scope
    geometry: Geometry
    ports: PoolPorts

    def equations(self) -> LayerEquations:
        is_padded = any(self.geometry.padding)
        note = "The zeros of the padding count in the means." if is_padded else ""
        return LayerEquations(
            inputs=(self.ports.h,),
            outputs=(self.ports.out,),
            forward=(*self.padded.equations, self.mean()),
            backward=(*self.spread.equations, self.gradient_of_h()),
            about=about_pool(self.geometry),
            note=note,
        )

    @cached_property
    def padded(self) -> Prepared:
        helper = Helper("h_padded", "P", "input in a frame of zeros")
        return padded(self.scope, helper, self.ports.h.tensor, self.geometry)

    @cached_property
    def spread(self) -> Prepared:
        helper = Helper("dL_dout_spread", "G", "dL/dout within zeros")
        return spread(self.scope, helper, self.ports.out.gradient, self.geometry)

    def mean(self) -> Equation:
        (R, S), (s, t) = self.geometry.kernel, self.geometry.stride
        h, entries, n = self.padded.tensor, self.geometry.window_entries, batch_letter(self.scope)

        def formula(at: Addresses, *index: int) -> str:
            *lead, i, j = index
            i, j = i * s, j * t
            return f"SUM({at.h[*lead, i : i + R, j : j + S]})/{entries}"

        window = f"{n}c,{index_text('i', s)}+a,{index_text('j', t)}+b"
        return Equation(
            self.ports.out.tensor,
            {"h": h},
            compute=lambda h: windows(h, (R, S), (s, t)).sum(axis=(-2, -1)) / entries,
            formula=formula,
            math=Math(f"out[{n}c,i,j] = Σ(a,b) {h.title}[{window}] / {entries}"),
            slips=tuple(slips_of_mean(self.geometry)),
        )

    def gradient_of_h(self) -> Equation:
        geometry = self.geometry
        (R, S), (p, q), (H, W) = geometry.kernel, geometry.padding, geometry.input_size
        g, entries, n = self.spread.tensor, self.geometry.window_entries, batch_letter(self.scope)

        def compute(g: Array) -> Array:
            every = windows(g, (R, S))[..., p : p + H, q : q + W, :, :]
            return np.asarray(every.sum(axis=(-2, -1)) / entries)

        def formula(at: Addresses, *index: int) -> str:
            *lead, u, v = index
            u, v = u + p, v + q
            return f"SUM({at.g[*lead, u : u + R, v : v + S]})/{entries}"

        window = f"{n}c,{index_text('u', plus=p)}+a,{index_text('v', plus=q)}+b"
        return Equation(
            self.ports.h.gradient,
            {"g": g},
            compute,
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(a,b) {g.title}[{window}] / {entries}",
                why="A window gives every entry that it sees the same share of its gradient.",
            ),
            slips=tuple(slips_of_dh(self.geometry, compute)),
        )
