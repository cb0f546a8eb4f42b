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

from dataclasses import dataclass
from functools import cached_property

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, flag, pair
from xlbackprop.contract.sums import sum_equations, whole_sum
from xlbackprop.equation import Equation, Math, Shape
from xlbackprop.layers.common.convolution.conv_transpose2d_slips import (
    slips_of_dh,
    slips_of_dw,
    slips_of_out,
)
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.filter_layer import (
    FilterLayer,
    filter_ports,
    filters_text,
)
from xlbackprop.layers.common.convolution.filter_slips import wrong_gradient_slip
from xlbackprop.layers.common.text import index_text, pair_text, size_text
from xlbackprop.layers.common.windows.geometry import Geometry, Pair
from xlbackprop.layers.common.windows.helper_blocks import (
    Helper,
    Prepared,
    half_turn,
    padded,
    spread,
)
from xlbackprop.layers.common.windows.images import image_size

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
        size = image_size(scope, shape)
        self._check_output_padding(scope)
        geometry = Geometry.of_transposed(
            size, self.kernel, self.stride, self.padding, self.output_padding
        )
        self._check_fit(scope, geometry)
        correlation = CrossCorrelation(geometry, self.filters, shape[-3], batch=shape[:-3])
        ports = filter_ports(
            scope, shape, correlation.filters_shape, "ckab", correlation.planes_shape
        )
        convolution = _TransposedConvolution(scope, correlation, ports, self.bias)
        return convolution.equations(about=self._about())

    def _check_output_padding(self, scope: Scope) -> None:
        output_padding, stride = self.output_padding, self.stride
        if output_padding[0] >= stride[0] or output_padding[1] >= stride[1]:
            raise scope.refuse(
                "output_padding",
                output_padding,
                f"must be smaller than the stride, {pair_text(stride)} here",
            )

    def _check_fit(self, scope: Scope, geometry: Geometry) -> None:
        if min(geometry.input_size) < 1:
            raise scope.refuse(
                "padding",
                self.padding,
                f"cuts this off each side of {size_text(geometry.padded_size)} cells, and leaves"
                " none",
            )

    def _about(self) -> str:
        parts = [filters_text(self.filters, size_text(self.kernel))]
        parts += [f"stride {pair_text(self.stride)}", f"padding {pair_text(self.padding)}"]
        more = f"output padding {pair_text(self.output_padding)}"
        parts += [more] * (self.output_padding != (0, 0))
        parts += ["no bias"] * (not self.bias)
        return ", ".join(parts)


class _TransposedConvolution(FilterLayer):
    """The helper blocks and the equations.

    To the cross-correlation that it is the way back of, h is what comes out, and out the planes.
    """

    def equations(self, about: str) -> LayerEquations:
        return self.layer_equations(
            forward=[*self.spread.equations, *self.rotated.equations, *self.output()],
            backward=[
                *self.padded.equations,
                *self.gradient_of_w(),
                *self.gradient_of_b(axis=1),
                *self.gradient_of_h(),
            ],
            about=about,
            note="The convolution itself, as PyTorch means it, is the way back here: for dL/dh the"
            " filter slides as it is, and for out it is turned by 180°.",
        )

    # The helper blocks.

    @cached_property
    def spread(self) -> Prepared:
        helper = Helper("h_spread", "X", "input within zeros")
        return spread(self.scope, helper, self.ports.h.tensor, self.geometry)

    @cached_property
    def rotated(self) -> Prepared:
        helper = Helper("w_rotated", "R", "w turned by 180°")
        why = "An output entry meets the filter from its end."
        return half_turn(self.scope, helper, self.ports.w.tensor, why)

    @cached_property
    def padded(self) -> Prepared:
        helper = Helper("dL_dout_padded", "D", "dL/dout in a frame of zeros")
        return padded(self.scope, helper, self.ports.out.gradient, self.geometry)

    # The forward pass.

    def output(self) -> list[Equation]:
        n, (p, q) = self.n, self.geometry.padding
        index = f"{n}c,{index_text('i', plus=p)}+a,{index_text('j', plus=q)}+b"
        math = Math(
            f"out[{n}k,i,j] = Σ(c,a,b) {self.spread.tensor.title}[{index}]"
            f" · {self.rotated.tensor.title}[c,k,a,b]{self.plus_bias}",
            why="" if self.geometry.kernel == (1, 1) else WHY_TURNED,
        )
        terms = self.correlation.planes_terms(self.spread.tensor, self.rotated.tensor, "channel")
        compute = whole_sum(terms, self.bias)
        slips = slips_of_out(self.correlation, compute, has_bias=self.has_bias)
        return sum_equations(self.scope, self.ports.out.tensor, terms, math, self.bias, slips)

    # The backward pass.

    def gradient_of_w(self) -> list[Equation]:
        correlation = self.correlation
        # With no zeros between its entries, h itself slides over the gradient.
        h = self.spread.tensor if correlation.is_within_zeros else self.ports.h.tensor
        n, (top, left) = self.n, correlation.offset_of_output
        index = f"{n}c,{index_text('i', plus=top)},{index_text('j', plus=left)}"
        math = Math(
            f"dL/dw[c,k,a,b] = Σ({n}i,j) {self.padded.tensor.title}[{n}k,a+i,b+j]"
            f" · {h.title}[{index}]"
        )
        terms = correlation.filters_terms(self.padded.tensor, h)
        slips = slips_of_dw(correlation, whole_sum(terms))
        return sum_equations(self.scope, self.ports.w.gradient, terms, math, slips=slips)

    def gradient_of_h(self) -> list[Equation]:
        n, (s, t) = self.n, self.geometry.stride
        index = f"{n}k,{index_text('u', s)}+a,{index_text('v', t)}+b"
        math = Math(
            f"dL/dh[{n}c,u,v] = Σ(k,a,b) {self.padded.tensor.title}[{index}] · w[c,k,a,b]",
            why="What an input entry stamped onto the output is what comes back to it: the filter"
            " slides over dL/dout as it is, which is cross-correlation.",
        )
        terms = self.correlation.output_terms(self.padded.tensor, self.ports.w.tensor, "filter")
        dL_dw, dL_dh = self.ports.w.gradient, self.ports.h.gradient
        slips = (
            *slips_of_dh(self.correlation, whole_sum(terms)),
            *wrong_gradient_slip(dL_dw, dL_dh),
        )
        return sum_equations(self.scope, dL_dh, terms, math, slips=slips)
