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

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Equation, Math, Shape
from xlbackprop.grid import Addresses
from xlbackprop.layers.common.planes import Pair, as_pair, scaled, spread_out, windows
from xlbackprop.layers.common.pooling import Pooling, PoolOptions
from xlbackprop.layers.contract import LayerEquations, Scope, layer


@layer("avg_pool2d", short="avgpool")
@dataclass(frozen=True)
class AvgPool2d(PoolOptions):
    """h (C,H,W) or (N,C,H,W)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        return _AveragePooling(self, scope, shape).equations()


class _AveragePooling(Pooling):
    """Average pooling of known geometry: its helper blocks and its equations."""

    def equations(self) -> LayerEquations:
        # Each stands in for its helper block until there is one.
        self.h_padded, self.dL_dout_spread = self.h, self.dL_dout
        return LayerEquations(
            inputs=(self.h,),
            out=self.out,
            forward=tuple(self.forward()),
            dL_dout=self.dL_dout,
            backward=tuple(self.backward()),
            gradients=(self.dL_dh,),
            about=self.about(),
            note="The zeros of the padding count in the means." if any(self.padding) else "",
        )

    def forward(self) -> Iterator[Equation]:
        if self.framed != self.size:
            padded = spread_out(
                self.scope,
                "h_padded",
                "P",
                self.h,
                "input in a frame of zeros",
                size=self.framed,
                offset=self.padding,
            )
            self.h_padded = padded.target
            yield padded
        yield self.mean()

    def backward(self) -> Iterator[Equation]:
        if self.canvas != self.out_size:
            spread = spread_out(
                self.scope,
                "dL_dout_spread",
                "G",
                self.dL_dout,
                "dL/dout within zeros",
                size=self.canvas,
                offset=as_pair(r - 1 for r in self.kernel),
                step=self.stride,
            )
            self.dL_dout_spread = spread.target
            yield spread
        yield self.gradient_of_h()

    @property
    def canvas(self) -> Pair:
        """The size of G: a window at every cell of the padded input, H+2p+R-1."""
        return as_pair(n + r - 1 for n, r in zip(self.framed, self.kernel, strict=True))

    @property
    def entries(self) -> int:
        return self.kernel[0] * self.kernel[1]

    def mean(self) -> Equation:
        (R, S), (s, t), entries, n = self.kernel, self.stride, self.entries, self.n

        def formula(at: Addresses, *index: int) -> str:
            *lead, i, j = index
            i, j = i * s, j * t
            return f"SUM({at.h[*lead, i : i + R, j : j + S]})/{entries}"

        window = f"{n}c,{scaled(s, 'i')}+a,{scaled(t, 'j')}+b"
        return Equation(
            self.out,
            {"h": self.h_padded},
            compute=lambda h: windows(h, (R, S), (s, t)).sum(axis=(-2, -1)) / entries,
            formula=formula,
            math=Math(f"out[{n}c,i,j] = Σ(a,b) {self.h_padded.title}[{window}] / {entries}"),
        )

    def gradient_of_h(self) -> Equation:
        (R, S), (p, q), (H, W), n = self.kernel, self.padding, self.size, self.n

        def compute(g: Array) -> Array:
            every = windows(g, (R, S))[..., p : p + H, q : q + W, :, :]
            return np.asarray(every.sum(axis=(-2, -1)) / self.entries)

        def formula(at: Addresses, *index: int) -> str:
            *lead, u, v = index
            u, v = u + p, v + q
            return f"SUM({at.g[*lead, u : u + R, v : v + S]})/{self.entries}"

        window = f"{n}c,{scaled(1, 'u', p)}+a,{scaled(1, 'v', q)}+b"
        return Equation(
            self.dL_dh,
            {"g": self.dL_dout_spread},
            compute,
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(a,b) {self.dL_dout_spread.title}[{window}] / {self.entries}",
                why="A window gives every entry that it sees the same share of its gradient.",
            ),
        )
