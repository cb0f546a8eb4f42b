"""Transposed convolution: the way back through a convolution, as a layer of its own.

With stride s, padding p and output padding o (each per axis), and S' = s(H-1)+1 the size of the
spread-out input, the output has s(H-1)-2p+R+o rows:

    out[k,i,j]     = Σ(c,a,b) X[c, i+p+a, j+p+b] · R[c,k,a,b] + b[k]
    dL/dw[c,k,a,b] = Σ(i,j)   D[k, a+i, b+j] · Z[c,i,j]
    dL/db[k]       = Σ(i,j)   dL/dout[k,i,j]
    dL/dh[c,u,v]   = Σ(k,a,b) D[k, su+a, sv+b] · w[c,k,a,b]

Z is h with s-1 zeros between its entries; X (`h_spread`) is Z at offset R-1 within zeros, o more
of them at the end. R (`w_rotated`) is w turned by 180 degrees: each input entry stamps w, times
itself, onto the output, so an output entry meets the filter backwards. The padding crops the
output, hence D (`dL_dout_padded`): dL/dout in the frame of p zeros that was cut away.

Forward, this is what dL/dh is to a convolution of the same options, and backward what a
convolution is forward. Each helper block is left out where it would equal what it is made from.
The filters are (channels, filters, R, S), as in torch.nn.ConvTranspose2d. Dumoulin and Visin, "A
guide to convolution arithmetic for deep learning" (2016), chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, flag, pair
from xlbackprop.contract.sums import Terms, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Math, Shape
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.convolution import Convolution
from xlbackprop.layers.common.planes import (
    VALID,
    Pair,
    as_pair,
    half_turn,
    pair_text,
    scaled,
    size_text,
    spread_out,
    windows,
)
from xlbackprop.layers.common.transposed_slips import slips_of_dh, slips_of_dw, slips_of_out

WHY_TURNED = (
    "Each input entry stamps the filter, times itself, onto the output. Seen from an output entry,"
    " the stamps that reach it started above it and to its left: it meets the filter backwards, as"
    " if it were turned by 180°."
)


@layer("conv_transpose2d", short="convt")
@dataclass(frozen=True)
class ConvTranspose2d:
    """h (C,H,W) or (N,C,H,W); w (C, filters, R, S); b (filters,)."""

    filters: int = count()
    kernel: Pair = pair(minimum=1)
    stride: Pair = pair(minimum=1, default=1)
    padding: Pair = pair(minimum=0, default=0)
    output_padding: Pair = pair(minimum=0, default=0)
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        return _TransposedConvolution(self, scope, shape).equations()


class _TransposedConvolution(Convolution):
    """A transposed convolution of known geometry: its sizes, its tensors, its equations."""

    def __init__(self, options: ConvTranspose2d, scope: Scope, shape: Shape) -> None:
        super().__init__(scope, shape)
        self.options = options
        self._check_output_padding()
        self.spread = as_pair(
            s * (n - 1) + 1 for n, s in zip(self.size, options.stride, strict=True)
        )  # S'
        sizes = zip(self.spread, options.kernel, options.output_padding, strict=True)
        self.stamped = as_pair(n + r - 1 + o for n, r, o in sizes)  # the output before cropping
        self.out_size = as_pair(
            n - 2 * p for n, p in zip(self.stamped, options.padding, strict=True)
        )
        self._check_fit()
        self._make_tensors()

    def _check_output_padding(self) -> None:
        output_padding, stride = self.options.output_padding, self.options.stride
        if output_padding[0] >= stride[0] or output_padding[1] >= stride[1]:
            raise self.scope.refuse(
                "output_padding",
                output_padding,
                f"must be smaller than the stride, {pair_text(stride)} here",
            )

    def _check_fit(self) -> None:
        if min(self.out_size) < 1:
            raise self.scope.refuse(
                "padding",
                self.options.padding,
                f"cuts this off each side of {size_text(self.stamped)} cells, and leaves none",
            )

    def _make_tensors(self) -> None:
        w_shape = (self.channels, self.options.filters, *self.options.kernel)
        self.make_tensors(w_shape, "ckab", self.options.filters, self.out_size)
        # Each stands in for its helper block until there is one.
        self.h_spread, self.w_rotated, self.dL_dout_padded = self.h, self.w, self.dL_dout

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.h,),
            parameters=self.parameters(bias=self.options.bias),
            out=self.out,
            forward=tuple(self.forward()),
            dL_dout=self.dL_dout,
            backward=tuple(self.backward()),
            gradients=(self.dL_dh,),
            about=self.about(),
            note="The convolution itself, as PyTorch means it, is the way back here: for dL/dh the"
            " filter slides as it is, and for out it is turned by 180°.",
        )

    def forward(self) -> Iterator[Equation]:
        if self.canvas != self.size:
            spread = self.spread_out()
            self.h_spread = spread.target
            yield spread
        if self.options.kernel != (1, 1):
            rotated = half_turn(
                self.scope,
                "w_rotated",
                "R",
                self.w,
                "w turned by 180°",
                "An output entry meets the filter from its end.",
            )
            self.w_rotated = rotated.target
            yield rotated
        yield from self.correlate()

    def backward(self) -> Iterator[Equation]:
        if self.stamped != self.out_size:
            padded = self.pad()
            self.dL_dout_padded = padded.target
            yield padded
        yield from self.gradient_of_w()
        if self.options.bias:
            yield from self.gradient_of_b(axis=1)
        yield from self.gradient_of_h()

    # The helper blocks.

    @property
    def canvas(self) -> Pair:
        """The size of X: a window at every cell of the output before cropping, S'+2(R-1)+o."""
        return as_pair(n + r - 1 for n, r in zip(self.stamped, self.options.kernel, strict=True))

    def spread_out(self) -> Equation:
        return spread_out(
            self.scope,
            "h_spread",
            "X",
            self.h,
            "input within zeros",
            size=self.canvas,
            offset=as_pair(r - 1 for r in self.options.kernel),
            step=self.options.stride,
            unframed=VALID,
        )

    def pad(self) -> Equation:
        return spread_out(
            self.scope,
            "dL_dout_padded",
            "D",
            self.dL_dout,
            "dL/dout in a frame of zeros",
            size=self.stamped,
            offset=self.options.padding,
        )

    # The forward pass.

    def correlate(self) -> list[Equation]:
        (R, S), (p, q), (height, width) = self.options.kernel, self.options.padding, self.out_size

        def partial(part: slice, h: Array, r: Array) -> Array:
            every = windows(self.by_sample(h)[:, part], (R, S))
            every = every[..., p : p + height, q : q + width, :, :]
            total = np.einsum("ncijab,ckab->nkij", every, r[part])
            return np.asarray(total.reshape(self.out.shape))

        def term(at: Addresses, c: int, *index: int) -> str:
            *n, k, i, j = index
            i, j = i + p, j + q
            return sumproduct(at.h[*n, c, i : i + R, j : j + S], at.r[c, k].fixed)

        sources = {"h": self.h_spread, "r": self.w_rotated}
        terms = Terms(self.channels, sources, partial, term, "channel")
        finish = self.add_bias() if self.options.bias else None
        slips = slips_of_out(self, whole_sum(terms, finish))
        return sum_equations(self.scope, self.out, terms, self.math_of_out(), finish, slips)

    def math_of_out(self) -> Math:
        n, (p, q) = self.n, self.options.padding
        index = f"{n}c,{scaled(1, 'i', p)}+a,{scaled(1, 'j', q)}+b"
        bias = " + b[k]" if self.options.bias else ""
        return Math(
            f"out[{n}k,i,j] = Σ(c,a,b) {self.h_spread.title}[{index}]"
            f" · {self.w_rotated.title}[c,k,a,b]{bias}",
            why="" if self.options.kernel == (1, 1) else WHY_TURNED,
        )

    # The backward pass.

    def gradient_of_w(self) -> list[Equation]:
        R, S = self.options.kernel
        height, width = self.spread
        # With no zeros between its entries, h itself slides over the gradient.
        is_spread = self.spread != self.size
        top, left = (R - 1, S - 1) if is_spread else (0, 0)
        h_between = self.h_spread if is_spread else self.h

        def partial(part: slice, g: Array, h: Array) -> Array:
            every = windows(self.by_sample(g)[part], (height, width))[..., :R, :S, :, :]
            inner = self.by_sample(h)[part][..., top : top + height, left : left + width]
            return np.asarray(np.einsum("nkabij,ncij->ckab", every, inner))

        def term(at: Addresses, n: int, c: int, k: int, a: int, b: int) -> str:
            lead = (n,) * len(self.batch)
            h = at.h[*lead, c, top : top + height, left : left + width].fixed
            return sumproduct(at.g[*lead, k, a : a + height, b : b + width], h)

        n = self.n
        h = f"{h_between.title}[{n}c,{scaled(1, 'i', top)},{scaled(1, 'j', left)}]"
        math = Math(f"dL/dw[c,k,a,b] = Σ({n}i,j) {self.dL_dout_padded.title}[{n}k,a+i,b+j] · {h}")
        sources = {"g": self.dL_dout_padded, "h": h_between}
        terms = Terms(self.samples, sources, partial, term, "sample")
        slips = slips_of_dw(self, whole_sum(terms))
        return sum_equations(self.scope, self.dL_dw, terms, math, slips=slips)

    def gradient_of_h(self) -> list[Equation]:
        (s, t), (R, S), (H, W) = self.options.stride, self.options.kernel, self.size

        def partial(part: slice, g: Array, w: Array) -> Array:
            every = windows(self.by_sample(g)[:, part], (R, S), (s, t))[..., :H, :W, :, :]
            total = np.einsum("nkuvab,ckab->ncuv", every, w[:, part])
            return np.asarray(total.reshape(self.h.shape))

        def term(at: Addresses, k: int, *index: int) -> str:
            *n, c, u, v = index
            u, v = u * s, v * t
            return sumproduct(at.g[*n, k, u : u + R, v : v + S], at.w[c, k].fixed)

        n = self.n
        index = f"{n}k,{scaled(s, 'u')}+a,{scaled(t, 'v')}+b"
        math = Math(
            f"dL/dh[{n}c,u,v] = Σ(k,a,b) {self.dL_dout_padded.title}[{index}] · w[c,k,a,b]",
            why="What an input entry stamped onto the output is what comes back to it: the filter"
            " slides over dL/dout as it is, which is cross-correlation.",
        )
        sources = {"g": self.dL_dout_padded, "w": self.w}
        terms = Terms(self.options.filters, sources, partial, term, "filter")
        slips = slips_of_dh(self, whole_sum(terms))
        return sum_equations(self.scope, self.dL_dh, terms, math, slips=slips)

    # What the page and the arrays need to know.

    def about(self) -> str:
        o = self.options
        parts = [f"{o.filters} filter{'s' * (o.filters > 1)} {size_text(o.kernel)}"]
        parts += [f"stride {pair_text(o.stride)}", f"padding {pair_text(o.padding)}"]
        more = f"output padding {pair_text(o.output_padding)}"
        parts += [more] * (o.output_padding != (0, 0))
        parts += ["no bias"] * (not o.bias)
        return ", ".join(parts)
