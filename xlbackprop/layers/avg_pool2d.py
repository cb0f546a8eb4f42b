"""Average pooling: the mean of each window.

With kernel (R,S), stride s and padding p, each per axis:

    out[c,i,j]   = Σ(a,b) P[c, si+a, sj+b] / (R·S)
    dL/dh[c,u,v] = Σ(a,b) G[c, u+p+a, v+p+b] / (R·S)

P (`h_padded`) is h in its frame of zeros, which count like any entry: the divisor is R·S
everywhere, as with count_include_pad in torch.nn.AvgPool2d. G (`dL_dout_spread`) is dL/dout with
s-1 zeros between its entries, at offset R-1 within zeros of size H+2p+R-1, so that a window of G
holds the gradients of just those windows that saw the entry.

Where windows are rounded up (`ceil_mode`) and reach beyond the padded input, what lies there does
not count: each gradient is divided by the number of entries of its own window (`share`) before it
is summed.

It is a convolution of each plane with the filter that is 1/(R·S) throughout, and its own turn by
180 degrees; each helper block is left out where it would equal what it is made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Shape
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.pooling.avg_pool2d_slips import (
    slips_of_dh,
    slips_of_mean,
    slips_of_share,
)
from xlbackprop.layers.common.pooling.cells import Cells
from xlbackprop.layers.common.pooling.pooling import PoolOptions, PoolPorts, about_pool, pool_ports
from xlbackprop.layers.common.pooling.windows import entries_counted
from xlbackprop.layers.common.text import index_text
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.helper_blocks import Helper, Prepared, padded, spread
from xlbackprop.layers.common.windows.images import batch_letter
from xlbackprop.layers.common.windows.planes import windows

WHY_UNEVEN = (
    "entries[i,j] is how many entries a window has within the padded input: the last windows reach"
    " beyond it, as their number is rounded up."
)


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
        is_padded = any(self.geometry.padding) or any(self.geometry.after)
        note = "The zeros of the padding count in the means." if is_padded else ""
        return LayerEquations(
            inputs=(self.ports.h,),
            outputs=(self.ports.out,),
            forward=(*self.padded.equations, self.mean()),
            backward=(*self.share, *self.spread.equations, self.gradient_of_h()),
            about=about_pool(self.geometry),
            note=note,
        )

    @cached_property
    def padded(self) -> Prepared:
        helper = Helper("h_padded", "P", "input in a frame of zeros")
        return padded(self.scope, helper, self.ports.h.tensor, self.geometry)

    @cached_property
    def spread(self) -> Prepared:
        source = self.share[0].target if self.share else self.ports.out.gradient
        helper = Helper("dL_dout_spread", "G", f"{source.title} within zeros")
        return spread(self.scope, helper, source, self.geometry)

    @cached_property
    def share(self) -> tuple[Equation, ...]:
        """What a window gives each of its entries, where not all have the same number of them."""
        if not self.is_uneven:
            return ()
        gradient, n = self.ports.out.gradient, batch_letter(self.scope)
        target = self.scope.beside(
            gradient, "share", Kind.HELPER, "what each entry of a window gets", Place.BESIDE
        )
        counted = entries_counted(self.geometry)
        equation = Equation(
            target,
            {"g": gradient},
            compute=lambda g: g / counted,
            formula=lambda at, *index: f"{at.g[index]}/{self.cells.counted(*index[-2:])}",
            math=Math(f"share[{n}c,i,j] = dL/dout[{n}c,i,j] / entries[i,j]", why=WHY_UNEVEN),
            slips=tuple(slips_of_share(self.geometry)),
        )
        return (equation,)

    @property
    def is_uneven(self) -> bool:
        """Whether some windows reach beyond the padded input, and have fewer entries within."""
        return any(self.geometry.overhang)

    @cached_property
    def cells(self) -> Cells:
        """The windows cell by cell."""
        return Cells(self.geometry)

    @property
    def over_entries(self) -> str:
        """The division by a window's entries at the end of an equation."""
        return " / entries[i,j]" if self.is_uneven else f" / {self.geometry.window_entries}"

    def mean(self) -> Equation:
        (R, S), (s, t) = self.geometry.kernel, self.geometry.stride
        h, n, counted = self.padded.tensor, batch_letter(self.scope), entries_counted(self.geometry)

        def formula(at: Addresses, *index: int) -> str:
            *lead, i, j = index
            top, left = i * s, j * t
            window = at.h[*lead, top : top + R, left : left + S]
            return f"SUM({window})/{self.cells.counted(i, j)}"

        window = f"{n}c,{index_text('i', s)}+a,{index_text('j', t)}+b"
        return Equation(
            self.ports.out.tensor,
            {"h": h},
            compute=lambda h: windows(h, (R, S), (s, t)).sum(axis=(-2, -1)) / counted,
            formula=formula,
            math=Math(
                f"out[{n}c,i,j] = Σ(a,b) {h.title}[{window}]{self.over_entries}",
                why=WHY_UNEVEN * self.is_uneven,
            ),
            slips=tuple(slips_of_mean(self.geometry)),
        )

    def gradient_of_h(self) -> Equation:
        geometry = self.geometry
        (R, S), (p, q), (H, W) = geometry.kernel, geometry.padding, geometry.input_size
        g, n = self.spread.tensor, batch_letter(self.scope)
        entries = 1 if self.is_uneven else geometry.window_entries  # the shares are divided
        divided = "" if self.is_uneven else f"/{entries}"

        def compute(g: Array) -> Array:
            every = windows(g, (R, S))[..., p : p + H, q : q + W, :, :]
            return np.asarray(every.sum(axis=(-2, -1)) / entries)

        def formula(at: Addresses, *index: int) -> str:
            *lead, u, v = index
            u, v = u + p, v + q
            return f"SUM({at.g[*lead, u : u + R, v : v + S]}){divided}"

        window = f"{n}c,{index_text('u', plus=p)}+a,{index_text('v', plus=q)}+b"
        return Equation(
            self.ports.h.gradient,
            {"g": g},
            compute,
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(a,b) {g.title}[{window}]"
                + f" / {entries}" * (not self.is_uneven),
                why="A window gives every entry that it sees the same share of its gradient.",
            ),
            slips=tuple(slips_of_dh(self.geometry, compute)),
        )
