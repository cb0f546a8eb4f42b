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

from dataclasses import dataclass
from functools import cached_property

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, flag, pair, sides
from xlbackprop.contract.sums import sum_equations, whole_sum
from xlbackprop.equation import Equation, Math, Shape
from xlbackprop.layers.common.convolution.conv2d_slips import slips_of_dh, slips_of_dw, slips_of_out
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.filter_layer import (
    FilterLayer,
    filter_ports,
    filters_text,
)
from xlbackprop.layers.common.convolution.filter_slips import wrong_gradient_slip
from xlbackprop.layers.common.text import index_text, padding_text, pair_text, size_text
from xlbackprop.layers.common.windows.geometry import Geometry, Padding, Pair
from xlbackprop.layers.common.windows.helper_blocks import (
    Helper,
    Prepared,
    dilated,
    half_turn,
    padded,
    spread,
)
from xlbackprop.layers.common.windows.images import image_size

WHY_TURNED = (
    "The filter's entry [a,b] meets an input cell in the window that starts a rows above it and b"
    " columns to its left: the further on in the filter, the further back in the output. With the"
    " filter turned by 180°, both are read in the same direction."
)
WHY_TURNED_IN_A_ROW = (
    "The filter's entry [b] meets an input cell in the window that starts b cells to its left: the"
    " further on in the filter, the further back in the output. With the filter read from its end,"
    " both are read in the same direction."
)


@layer("conv2d", short="conv")
@dataclass(frozen=True)
class Conv2d:
    """h (C,H,W) or (N,C,H,W); w (filters, C/groups, R, S); b (filters,)."""

    filters: int = count()
    kernel: Pair = pair(minimum=1)
    stride: Pair = pair(minimum=1, default=1)
    padding: Padding = sides()
    dilation: Pair = pair(minimum=1, default=1)
    groups: int = count(default=1)
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        size, channels = image_size(scope, shape), shape[-3]
        self._check_groups(scope, channels)
        geometry = Geometry.padded_by(size, self.kernel, self.stride, self.padding, self.dilation)
        self._check_fit(scope, geometry)
        correlation = CrossCorrelation(geometry, channels, self.filters, self.groups, shape[:-3])
        ports = filter_ports(
            scope, shape, correlation.filters_shape, "kcab", correlation.output_shape
        )
        convolution = _Convolution(scope, correlation, ports, self.bias)
        return convolution.equations(about=self._about(geometry))

    def _check_groups(self, scope: Scope, channels: int) -> None:
        if channels % self.groups or self.filters % self.groups:
            raise scope.refuse(
                "groups",
                self.groups,
                f"must divide both the {channels} input channels and the {self.filters} filters",
            )

    def _check_fit(self, scope: Scope, geometry: Geometry) -> None:
        window, padded = geometry.dilated_kernel, geometry.padded_size
        if window[0] > padded[0] or window[1] > padded[1]:
            raise scope.refuse(
                "kernel",
                self.kernel,
                f"covers {size_text(window)} cells (dilation included), more than the input's"
                f" {size_text(padded)} (padding included)",
            )

    def _about(self, geometry: Geometry) -> str:
        parts = [filters_text(self.filters, size_text(self.kernel))]
        parts += [f"stride {pair_text(self.stride)}", f"padding {padding_text(geometry)}"]
        parts += [f"dilation {pair_text(self.dilation)}"] * (self.dilation != (1, 1))
        parts += [f"{self.groups} groups"] * (self.groups > 1)
        parts += ["no bias"] * (not self.bias)
        return ", ".join(parts)


class _Convolution(FilterLayer):
    """The helper blocks and the equations."""

    def equations(self, about: str) -> LayerEquations:
        return self.layer_equations(
            forward=[*self.padded.equations, *self.dilated.equations, *self.output()],
            backward=[
                *self.spread.equations,
                *self.gradient_of_w(),
                *self.gradient_of_b(axis=0),
                *self.rotated.equations,
                *self.gradient_of_h(),
            ],
            about=about,
            note="Convolution is cross-correlation here, as in PyTorch: the filter slides as it is,"
            " and is turned by 180° only on the way back, for dL/dh.",
        )

    # The helper blocks.

    @cached_property
    def padded(self) -> Prepared:
        helper = Helper("h_padded", "P", "input in a frame of zeros")
        return padded(self.scope, helper, self.ports.h.tensor, self.geometry)

    @cached_property
    def dilated(self) -> Prepared:
        helper = Helper("w_dilated", "W", "filters with zeros between")
        return dilated(self.scope, helper, self.ports.w.tensor, self.geometry)

    @cached_property
    def spread(self) -> Prepared:
        helper = Helper("dL_dout_spread", "G", "dL/dout within zeros")
        return spread(self.scope, helper, self.ports.out.gradient, self.geometry)

    @cached_property
    def rotated(self) -> Prepared:
        source = self.dilated.tensor
        helper = Helper("w_rotated", "R", f"{source.title} turned by 180°")
        why = "On the way back to h, the filter is met from its end."
        return half_turn(self.scope, helper, source, why)

    # The forward pass.

    def output(self) -> list[Equation]:
        terms = self.correlation.output_terms(self.padded.tensor, self.dilated.tensor, "channel")
        slips = slips_of_out(self.correlation, whole_sum(terms, self.bias), self.bias)
        math = self.math_of_output()
        return sum_equations(self.scope, self.ports.out.tensor, terms, math, self.bias, slips)

    def math_of_output(self) -> Math:
        n, (s, t) = self.n, self.geometry.stride
        index = f"{n}{self.channel},{index_text('i', s)}+a,{index_text('j', t)}+b"
        return Math(
            f"out[{n}k,i,j] = Σ(c,a,b) {self.padded.tensor.title}[{index}]"
            f" · {self.dilated.tensor.title}[k,c,a,b]{self.plus_bias}{self.first_channel('k')}",
            why="This is cross-correlation, as in PyTorch: the filter lies on the window as it is."
            " What mathematics calls convolution would turn it by 180° first.",
        )

    # The backward pass.

    def gradient_of_w(self) -> list[Equation]:
        correlation = self.correlation
        # With no zeros between its entries, dL/dout itself slides over the input.
        is_spread = correlation.is_within_zeros
        upstream = self.spread.tensor if is_spread else self.ports.out.gradient
        (d, e), (top, left) = self.geometry.dilation, correlation.offset_of_output
        n = self.n
        h = f"{n}{self.channel},{index_text('a', d)}+i,{index_text('b', e)}+j"
        g = f"{n}k,{index_text('i', plus=top)},{index_text('j', plus=left)}"
        math = Math(
            f"dL/dw[k,c,a,b] = Σ({n}i,j) {self.padded.tensor.title}[{h}] · {upstream.title}[{g}]"
            f"{self.first_channel('k')}",
            why="The weight has a part in every output of its filter, each time beside another"
            " entry of the input. Nothing is turned.",
        )
        terms = correlation.filters_terms(self.padded.tensor, upstream)
        slips = slips_of_dw(correlation, whole_sum(terms))
        return sum_equations(self.scope, self.ports.w.gradient, terms, math, slips=slips)

    def gradient_of_h(self) -> list[Equation]:
        n, (p, q) = self.n, self.geometry.padding
        k, c = ("k", "c") if self.correlation.groups == 1 else ("k of c’s group", "c-c₀")
        g = f"{n}k,{index_text('u', plus=p)}+a,{index_text('v', plus=q)}+b"
        math = Math(
            f"dL/dh[{n}c,u,v] = Σ({k},a,b) {self.spread.tensor.title}[{g}]"
            f" · {self.rotated.tensor.title}[k,{c},a,b]{self.first_channel('c')}",
            why=self._why_turned(),
        )
        terms = self.correlation.planes_terms(self.spread.tensor, self.rotated.tensor, "filter")
        dL_dw, dL_dh = self.ports.w.gradient, self.ports.h.gradient
        slips = (
            *slips_of_dh(self.correlation, whole_sum(terms)),
            *wrong_gradient_slip(dL_dw, dL_dh),
        )
        return sum_equations(self.scope, dL_dh, terms, math, slips=slips)

    def _why_turned(self) -> str:
        rows, columns = self.geometry.kernel
        if rows == 1:
            return WHY_TURNED_IN_A_ROW if columns > 1 else ""
        return WHY_TURNED

    # How equations speak of groups.

    @property
    def channel(self) -> str:
        """The index of the input's channel that is a filter's own channel c."""
        return "c" if self.correlation.groups == 1 else "c+c₀"

    def first_channel(self, of: str) -> str:
        """Return what equations say of c₀: the first channel in the group of k, or of c."""
        per_group = self.correlation.channels_per_group
        return "" if self.correlation.groups == 1 else f", c₀ = {per_group}·{of}’s group"
