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

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.slips import altered, scaled
from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.planes import (
    VALID,
    Pair,
    as_pair,
    pair_text,
    placed,
    spread_out,
    windows,
)
from xlbackprop.layers.common.planes import scaled as scaled_index
from xlbackprop.layers.common.pooling import Pooling, PoolOptions
from xlbackprop.layers.common.sliding import cut, frame_slips, overhanging


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
                unframed=VALID,
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

        window = f"{n}c,{scaled_index(s, 'i')}+a,{scaled_index(t, 'j')}+b"
        return Equation(
            self.out,
            {"h": self.h_padded},
            compute=lambda h: windows(h, (R, S), (s, t)).sum(axis=(-2, -1)) / entries,
            formula=formula,
            math=Math(f"out[{n}c,i,j] = Σ(a,b) {self.h_padded.title}[{window}] / {entries}"),
            slips=tuple(self.slips_of_mean()),
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

        window = f"{n}c,{scaled_index(1, 'u', p)}+a,{scaled_index(1, 'v', q)}+b"
        return Equation(
            self.dL_dh,
            {"g": self.dL_dout_spread},
            compute,
            formula,
            Math(
                f"dL/dh[{n}c,u,v] = Σ(a,b) {self.dL_dout_spread.title}[{window}] / {self.entries}",
                why="A window gives every entry that it sees the same share of its gradient.",
            ),
            slips=tuple(self.slips_of_dh(compute)),
        )

    # What goes wrong.

    def slips_of_mean(self) -> Iterator[Slip]:
        """Yield the slips of the forward pass: h is the padded input."""
        kernel, out_size, entries = self.kernel, self.out_size, self.entries
        inside = placed(np.ones(self.size), self.framed, self.padding)

        def mean(h: Array, step: Pair) -> Array:
            return np.asarray(overhanging(h, kernel, out_size, step).sum(axis=(-2, -1)) / entries)

        if entries > 1:
            yield scaled(
                "average not divided",
                f"Divide the sum of each window by its number of entries, {entries}.",
                lambda h: mean(h, self.stride),
                entries,
            )
            yield Slip(
                "maximum for mean",
                "Take the mean of each window, not its largest entry.",
                lambda h: windows(h, kernel, self.stride).max(axis=(-2, -1)),
            )
        if self.stride != (1, 1) and max(out_size) > 1:
            yield Slip(
                "stride forgotten",
                f"Move the window by {pair_text(self.stride)} cells from one output to the next.",
                lambda h: mean(h, (1, 1)),
            )
        if any(self.padding):
            yield Slip(
                "padding forgotten",
                f"Begin with the window in the corner of the padded input: it has"
                f" {pair_text(self.padding)} rings of zeros around h.",
                lambda h: mean(cut(h, self.padding, self.size), self.stride),
            )
            yield Slip(
                "zeros of the padding not counted",
                f"Divide by {entries} at the edges, too: here the zeros of the padding count.",
                lambda h: mean(h, self.stride) / mean(inside, self.stride),
            )

    def slips_of_dh(self, compute: Callable[[Array], Array]) -> Iterator[Slip]:
        """Yield the slips of dL/dh: g is dL/dout within zeros."""
        last = as_pair(r - 1 for r in self.kernel)
        if self.entries > 1:
            yield scaled(
                "average not divided",
                f"Divide each window's gradient by its number of entries, {self.entries}: each of"
                " them moves the mean by that part only.",
                compute,
                self.entries,
            )

        def moved(g: Array, offset: Pair, step: Pair = self.stride) -> Array:
            return placed(cut(g, last, self.out_size, self.stride), self.canvas, offset, step)

        if self.stride != (1, 1) and max(self.out_size) > 1:
            yield altered(
                "stride forgotten",
                f"Put zeros between the entries of dL/dout, so that they stand"
                f" {pair_text(self.stride)} cells apart.",
                compute,
                g=lambda g: moved(g, last, (1, 1)),
            )
        if last != (0, 0):
            hint = (
                f"Frame dL/dout with {last[0]} rows and {last[1]} columns of zeros, so that"
                " each input gets its part from every window that saw it."
            )
            yield from frame_slips(compute, "g", moved, last, VALID, hint)
