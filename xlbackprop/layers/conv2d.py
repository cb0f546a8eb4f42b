"""Two-dimensional convolution, as neural networks mean it: cross-correlation, filter not turned.

With stride s, padding p and dilation d (each per axis), D = d(R-1)+1 the size of the dilated
filter and S' = s(Ho-1)+1 the size of the spread-out gradient:

    out[k,i,j]     = Σ(c,a,b) P[c, si+a, sj+b] · W[k,c,a,b] + b[k]
    dL/dw[k,c,a,b] = Σ(i,j)   P[c, da+i, db+j] · Z[k,i,j]
    dL/db[k]       = Σ(i,j)   dL/dout[k,i,j]
    dL/dh[c,u,v]   = Σ(k,a,b) G[k, u+p+a, v+p+b] · R[k,c,a,b]

P (`h_padded`) is h in its frame of zeros, W (`w_dilated`) is w with d-1 zeros between its
entries, R (`w_rotated`) is W turned by 180 degrees. Z is dL/dout with s-1 zeros between its
entries; G (`dL_dout_spread`) is Z at offset D-1 within zeros of size H+2p+D-1. The filter is
turned for dL/dh because an input cell met the filter's last entry in the first window that
reached it, and its first entry in the last.

Each helper block is left out where it would equal what it is made from. The formulas are those
of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, flag, pair
from xlbackprop.contract.sums import Terms, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Math, Place, Shape
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.convolution import Convolution
from xlbackprop.layers.common.convolution_slips import slips_of_dh, slips_of_dw, slips_of_out
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

WHY_TURNED = (
    "The filter's entry [a,b] meets an input cell in the window that starts a rows above it and b"
    " columns to its left: the further on in the filter, the further back in the output. With the"
    " filter turned by 180°, both are read in the same direction."
)


@layer("conv2d", short="conv")
@dataclass(frozen=True)
class Conv2d:
    """h (C,H,W) or (N,C,H,W); w (filters, C/groups, R, S); b (filters,)."""

    filters: int = count()
    kernel: Pair = pair(minimum=1)
    stride: Pair = pair(minimum=1, default=1)
    padding: Pair = pair(minimum=0, default=0)
    dilation: Pair = pair(minimum=1, default=1)
    groups: int = count(default=1)
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        return _Convolution(self, scope, shape).equations()


class _Convolution(Convolution):
    """A convolution of known geometry: first its sizes, then its tensors, then its equations."""

    def __init__(self, options: Conv2d, scope: Scope, shape: Shape) -> None:
        super().__init__(scope, shape)
        self.options = options
        self._check_groups()
        self.reach = as_pair(
            d * (r - 1) + 1 for r, d in zip(options.kernel, options.dilation, strict=True)
        )  # D
        self.framed = as_pair(
            n + 2 * p for n, p in zip(self.size, options.padding, strict=True)
        )  # H+2p
        self._check_fit()
        sizes = zip(self.framed, self.reach, options.stride, strict=True)
        self.out_size = as_pair((n - d) // s + 1 for n, d, s in sizes)  # Ho
        self.spread = as_pair(
            s * (n - 1) + 1 for n, s in zip(self.out_size, options.stride, strict=True)
        )  # S'
        self._make_tensors()

    def _check_groups(self) -> None:
        if self.channels % self.options.groups or self.options.filters % self.options.groups:
            raise self.scope.refuse(
                "groups",
                self.options.groups,
                f"must divide both the {self.channels} input channels"
                f" and the {self.options.filters} filters",
            )

    def _check_fit(self) -> None:
        if self.reach[0] > self.framed[0] or self.reach[1] > self.framed[1]:
            raise self.scope.refuse(
                "kernel",
                list(self.options.kernel),
                f"covers {size_text(self.reach)} cells (dilation included), more than the input's"
                f" {size_text(self.framed)} (padding included)",
            )

    def _make_tensors(self) -> None:
        w_shape = (self.options.filters, self.channels_per_group, *self.options.kernel)
        self.make_tensors(w_shape, "kcab", self.options.filters, self.out_size)
        # Each stands in for its helper block until there is one.
        self.h_padded, self.w_dilated, self.w_rotated = self.h, self.w, self.w
        self.dL_dout_spread = self.dL_dout

    @property
    def channels_per_group(self) -> int:
        return self.channels // self.options.groups

    @property
    def filters_per_group(self) -> int:
        return self.options.filters // self.options.groups

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
            note="Convolution is cross-correlation here, as in PyTorch: the filter slides as it is,"
            " and is turned by 180° only on the way back, for dL/dh.",
        )

    def forward(self) -> Iterator[Equation]:
        if self.framed != self.size:
            padded = self.pad()
            self.h_padded = padded.target
            yield padded
        if self.reach != self.options.kernel:
            dilated = self.dilate()
            self.w_dilated = self.w_rotated = dilated.target
            yield dilated
        yield from self.correlate()

    def backward(self) -> Iterator[Equation]:
        if self.canvas != self.out_size:
            spread = self.spread_out()
            self.dL_dout_spread = spread.target
            yield spread
        yield from self.gradient_of_w()
        if self.options.bias:
            yield from self.gradient_of_b(axis=0)
        if self.options.kernel != (1, 1):
            rotated = half_turn(
                self.scope,
                "w_rotated",
                "R",
                self.w_dilated,
                f"{self.w_dilated.title} turned by 180°",
                why="On the way back to h, the filter is met from its end.",
            )
            self.w_rotated = rotated.target
            yield rotated
        yield from self.gradient_of_h()

    # The helper blocks.

    @property
    def canvas(self) -> Pair:
        """The size of G: a window at every cell of the padded input, H+2p+D-1."""
        return as_pair(n + d - 1 for n, d in zip(self.framed, self.reach, strict=True))

    def pad(self) -> Equation:
        return spread_out(
            self.scope,
            "h_padded",
            "P",
            self.h,
            "input in a frame of zeros",
            size=self.framed,
            offset=self.options.padding,
        )

    def dilate(self) -> Equation:
        return spread_out(
            self.scope,
            "w_dilated",
            "W",
            self.w,
            "filters with zeros between",
            size=self.reach,
            step=self.options.dilation,
            place=Place.BELOW,
            steps="dilation",
        )

    def spread_out(self) -> Equation:
        return spread_out(
            self.scope,
            "dL_dout_spread",
            "G",
            self.dL_dout,
            "dL/dout within zeros",
            size=self.canvas,
            offset=as_pair(d - 1 for d in self.reach),
            step=self.options.stride,
            unframed=VALID,
        )

    # The forward pass.

    def correlate(self) -> list[Equation]:
        (s, t), (D, E) = self.options.stride, self.reach

        def partial(part: slice, h: Array, w: Array) -> Array:
            every = windows(self.grouped(h)[:, :, part], (D, E), (s, t))
            total = np.einsum("ngcijab,gkcab->ngkij", every, self.grouped_filters(w)[:, :, part])
            return np.asarray(total.reshape(self.out.shape))

        def term(at: Addresses, c: int, *index: int) -> str:
            *n, k, i, j = index
            channel = k // self.filters_per_group * self.channels_per_group + c
            i, j = i * s, j * t
            return sumproduct(at.h[*n, channel, i : i + D, j : j + E], at.w[k, c].fixed)

        sources = {"h": self.h_padded, "w": self.w_dilated}
        terms = Terms(self.channels_per_group, sources, partial, term, "channel")
        finish = self.add_bias() if self.options.bias else None
        slips = slips_of_out(self, whole_sum(terms, finish))
        return sum_equations(self.scope, self.out, terms, self.math_of_out(), finish, slips)

    def math_of_out(self) -> Math:
        n, (s, t) = self.n, self.options.stride
        c = "c" if self.options.groups == 1 else "c+c₀"
        h = f"{self.h_padded.title}[{n}{c},{scaled(s, 'i')}+a,{scaled(t, 'j')}+b]"
        bias = " + b[k]" if self.options.bias else ""
        return Math(
            f"out[{n}k,i,j] = Σ(c,a,b) {h} · {self.w_dilated.title}[k,c,a,b]{bias}"
            f"{self.first_channel('k')}",
            why="This is cross-correlation, as in PyTorch: the filter lies on the window as it is."
            " What mathematics calls convolution would turn it by 180° first.",
        )

    def first_channel(self, of: str) -> str:
        """Return what equations say of c₀: the first channel in the group of k, or of c."""
        per_group = self.channels_per_group
        return "" if self.options.groups == 1 else f", c₀ = {per_group}·{of}’s group"

    # The backward pass.

    def gradient_of_w(self) -> list[Equation]:
        (d, e), (R, S) = self.options.dilation, self.options.kernel
        height, width = self.spread
        # With no zeros between its entries, dL/dout itself slides over the input.
        is_spread = self.spread != self.out_size
        top, left = (self.reach[0] - 1, self.reach[1] - 1) if is_spread else (0, 0)
        upstream = self.dL_dout_spread if is_spread else self.dL_dout

        def partial(part: slice, h: Array, g: Array) -> Array:
            every = windows(self.grouped(h)[part], (height, width), (d, e))[..., :R, :S, :, :]
            inner = self.grouped(g)[part][..., top : top + height, left : left + width]
            total = np.einsum("ngcabij,ngkij->gkcab", every, inner)
            return np.asarray(total.reshape(self.w.shape))

        def term(at: Addresses, n: int, k: int, c: int, a: int, b: int) -> str:
            lead = (n,) * len(self.batch)
            channel = k // self.filters_per_group * self.channels_per_group + c
            a, b = a * d, b * e
            gradient = at.g[*lead, k, top : top + height, left : left + width].fixed
            return sumproduct(at.h[*lead, channel, a : a + height, b : b + width], gradient)

        n, a, b = self.n, scaled(d, "a"), scaled(e, "b")
        g = f"{upstream.title}[{n}k,{scaled(1, 'i', top)},{scaled(1, 'j', left)}]"
        c = "c" if self.options.groups == 1 else "c+c₀"
        math = Math(
            f"dL/dw[k,c,a,b] = Σ({n}i,j) {self.h_padded.title}[{n}{c},{a}+i,{b}+j] · {g}"
            f"{self.first_channel('k')}",
            why="The weight has a part in every output of its filter, each time beside another"
            " entry of the input. Nothing is turned.",
        )
        sources = {"h": self.h_padded, "g": upstream}
        terms = Terms(self.samples, sources, partial, term, "sample")
        slips = slips_of_dw(self, whole_sum(terms))
        return sum_equations(self.scope, self.dL_dw, terms, math, slips=slips)

    def gradient_of_h(self) -> list[Equation]:
        (p, q), (D, E), (H, W) = self.options.padding, self.reach, self.size
        per_group = self.channels_per_group

        def partial(part: slice, g: Array, r: Array) -> Array:
            every = windows(self.grouped(g)[:, :, part], (D, E))[..., p : p + H, q : q + W, :, :]
            total = np.einsum("ngkuvab,gkcab->ngcuv", every, self.grouped_filters(r)[:, part])
            return np.asarray(total.reshape(self.h.shape))

        def term(at: Addresses, f: int, *index: int) -> str:
            *n, c, u, v = index
            k = c // per_group * self.filters_per_group + f
            u, v = u + p, v + q
            return sumproduct(at.g[*n, k, u : u + D, v : v + E], at.r[k, c % per_group].fixed)

        n, u, v = self.n, scaled(1, "u", p), scaled(1, "v", q)
        k, c = ("k", "c") if self.options.groups == 1 else ("k of c’s group", "c-c₀")
        g = f"{self.dL_dout_spread.title}[{n}k,{u}+a,{v}+b]"
        math = Math(
            f"dL/dh[{n}c,u,v] = Σ({k},a,b) {g} · {self.w_rotated.title}[k,{c},a,b]"
            f"{self.first_channel('c')}",
            why="" if self.options.kernel == (1, 1) else WHY_TURNED,
        )
        sources = {"g": self.dL_dout_spread, "r": self.w_rotated}
        terms = Terms(self.filters_per_group, sources, partial, term, "filter")
        slips = slips_of_dh(self, whole_sum(terms))
        return sum_equations(self.scope, self.dL_dh, terms, math, slips=slips)

    # What the page and the arrays need to know.

    def about(self) -> str:
        o = self.options
        parts = [f"{o.filters} filter{'s' * (o.filters > 1)} {size_text(o.kernel)}"]
        parts += [f"stride {pair_text(o.stride)}", f"padding {pair_text(o.padding)}"]
        parts += [f"dilation {pair_text(o.dilation)}"] * (o.dilation != (1, 1))
        parts += [f"{o.groups} groups"] * (o.groups > 1)
        parts += ["no bias"] * (not o.bias)
        return ", ".join(parts)

    def grouped(self, x: Array) -> Array:
        """Return (…,C,H,W) as (N, groups, C/groups, H, W), with N = 1 where there is no batch."""
        channels, *size = x.shape[-3:]
        return x.reshape(self.samples, self.options.groups, channels // self.options.groups, *size)

    def grouped_filters(self, w: Array) -> Array:
        """Return (K,C/groups,R,S) as (groups, K/groups, C/groups, R, S)."""
        return w.reshape(self.options.groups, self.filters_per_group, *w.shape[1:])
