"""The slips of conv2d, beside the geometry they get wrong.

Each is what the page would show with another stride, dilation or padding than the layer's, a
filter turned where it should not be or not turned where it should, and so on. The names of the
arrays are the equations' letters: h is the padded input, w the dilated filters, r those turned,
g the gradient or the gradient within zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.filter_slips import (
    bias_slips,
    filter_slips,
    turned_slip,
    wrong_gradient_slip,
)
from xlbackprop.layers.common.planes import (
    UNTURNED,
    VALID,
    Pair,
    as_pair,
    frames,
    pair_text,
    placed,
    turned,
)
from xlbackprop.layers.common.sliding import cut, frame_slips, slide

if TYPE_CHECKING:
    from xlbackprop.layers.conv2d import _Convolution

Compute = Callable[..., Array]

_AXES = ("filters", "channels")


def slips_of_out(layer: _Convolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of the forward pass: compute(h, w, b)."""
    options, whole = layer.options, layer.options.kernel
    if options.bias:
        yield from bias_slips(compute)
    if whole != (1, 1):
        yield turned_slip(
            "filter rotated in the forward pass",
            "Slide the filter as it is: the layer is a cross-correlation, and the filter is turned"
            " only on the way back, for dL/dh.",
            compute,
            "w",
        )
    yield from filter_slips(compute, "w", layer.w.shape, _AXES)

    def forward(h: Array, w: Array, b: Array | float, step: Pair, dilation: Pair) -> Array:
        x, f = layer.grouped(h), layer.grouped_filters(w)
        total = slide("ngcijab,gkcab->ngkij", x, f, layer.out_size, step, dilation)
        bias = b[:, None, None] if isinstance(b, np.ndarray) else 0
        return np.asarray(total.reshape(layer.out.shape) + bias)

    if options.stride != (1, 1) and max(layer.out_size) > 1:
        yield Slip(
            "stride forgotten",
            f"Move the window by {pair_text(options.stride)} cells from one output to the next,"
            " as the stride says.",
            lambda h, w, b=0: forward(h, w, b, (1, 1), (1, 1)),
        )
    if layer.reach != whole:
        yield Slip(
            "dilation forgotten",
            f"Leave gaps between the cells that a filter meets: with dilation"
            f" {pair_text(options.dilation)} it reaches over {layer.reach[0]}×{layer.reach[1]}.",
            lambda h, w, b=0: forward(h, _undilated(layer, w), b, options.stride, (1, 1)),
        )
    yield from _slips_of_padding(layer, compute)


def _slips_of_padding(layer: _Convolution, compute: Compute) -> Iterator[Slip]:
    if layer.framed == layer.size:
        return

    def framed_with(h: Array, offset: Pair) -> Array:
        return placed(cut(h, layer.options.padding, layer.size), layer.framed, offset)

    hint = (
        f"Begin with the window in the corner of the padded input: it has"
        f" {pair_text(layer.options.padding)} rings of zeros around h."
    )
    yield from frame_slips(
        compute, "h", framed_with, layer.options.padding, "padding forgotten", hint
    )


def slips_of_dw(layer: _Convolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dw: compute(h, g)."""
    options, kernel = layer.options, layer.options.kernel

    def backward(h: Array, g: Array, step: Pair, dilation: Pair) -> Array:
        x, f = layer.grouped(h), layer.grouped(_unspread(layer, g))
        total = slide("ngcabij,ngkij->gkcab", x, f, kernel, step, dilation)
        return np.asarray(total.reshape(layer.w.shape))

    hint = (
        "Slide dL/dout over the input as it is: neither it nor the result is turned for dL/dw; only"
        " dL/dh needs the filter rotated."
    )
    if kernel != (1, 1):
        yield Slip("dL/dw rotated", hint, lambda h, g: turned(compute(h=h, g=g)))
    if layer.out_size != (1, 1):
        yield Slip(
            "dL/dout rotated in dL/dw",
            hint,
            lambda h, g: backward(h, turned(_unspread(layer, g)), options.dilation, options.stride),
        )
    if options.stride != (1, 1) and max(layer.out_size) > 1:
        yield Slip(
            "stride forgotten",
            f"Each entry of dL/dout meets the input {pair_text(options.stride)} cells after the one"
            " before, as in the forward pass: leave gaps of the stride between them.",
            lambda h, g: backward(h, g, options.dilation, (1, 1)),
        )
    if layer.reach != kernel:
        yield Slip(
            "dilation forgotten",
            f"From one weight to the next, move by {pair_text(options.dilation)} cells of the"
            " input: the dilation counts for dL/dw, too.",
            lambda h, g: backward(h, g, (1, 1), options.stride),
        )
    yield from _slips_of_padding(layer, compute)


def slips_of_dh(layer: _Convolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dh: compute(g, r)."""
    options = layer.options
    if options.kernel != (1, 1):
        yield turned_slip(
            UNTURNED,
            "Turn each filter by 180° before you slide it over dL/dout: take the rows from last to"
            " first and each row backwards (w_rotated on the page), and multiply with that.",
            compute,
            "r",
        )
    if options.kernel[0] == options.kernel[1] > 1:
        yield altered(
            "filter transposed instead of rotated",
            "Turn the filter by 180°: its last row comes first, and each row runs backwards. To"
            " swap rows and columns is something else.",
            compute,
            r=lambda r: turned(r).swapaxes(-1, -2),
        )
    yield from filter_slips(compute, "r", layer.w.shape, _AXES)
    yield from _slips_of_spread(layer)
    yield from wrong_gradient_slip(layer.dL_dw, layer.dL_dh)


def _slips_of_spread(layer: _Convolution) -> Iterator[Slip]:
    options, last = layer.options, as_pair(d - 1 for d in layer.reach)

    def backward(g: Array, r: Array, offset: Pair, step: Pair, crop: Pair) -> Array:
        z = layer.grouped(_unspread(layer, g))
        inside = as_pair(o - p for o, p in zip(offset, crop, strict=True))
        extent = as_pair(n + d for n, d in zip(layer.size, last, strict=True))
        x, f = placed(z, extent, inside, step), layer.grouped_filters(r)
        return slide("ngkuvab,gkcab->ngcuv", x, f, layer.size).reshape(layer.h.shape)

    if options.stride != (1, 1) and max(layer.out_size) > 1:
        yield Slip(
            "stride forgotten",
            f"Put zeros between the entries of dL/dout before you slide the filter over it, so that"
            f" they stand {pair_text(options.stride)} cells apart, as the stride says.",
            lambda g, r: backward(g, r, last, (1, 1), options.padding),
        )
    if layer.reach != options.kernel:
        compact = layer.reach

        def undilated(r: Array) -> Array:
            return turned(placed(_undilated(layer, turned(r)), compact, (0, 0)))

        yield Slip(
            "dilation forgotten",
            f"Leave gaps in the rotated filter, too: with dilation {pair_text(options.dilation)} it"
            f" reaches over {layer.reach[0]}×{layer.reach[1]} cells.",
            lambda g, r: backward(g, undilated(r), last, options.stride, options.padding),
        )
    if last != (0, 0):
        for name, offset in frames(last, VALID).items():
            yield Slip(
                name,
                f"Frame dL/dout with {last[0]} rows and {last[1]} columns of zeros (a full"
                " convolution), so that every window that holds one entry of it counts.",
                lambda g, r, offset=offset: backward(g, r, offset, options.stride, options.padding),
            )
    if any(options.padding):
        yield Slip(
            "padding not cut off",
            f"Leave out the first {pair_text(options.padding)} rows and columns of the result: they"
            " belong to the padding, and h begins after them.",
            lambda g, r: backward(g, r, last, options.stride, (0, 0)),
        )


def _undilated(layer: _Convolution, w: Array) -> Array:
    """Return filters without the zeros between their entries."""
    return cut(w, (0, 0), layer.options.kernel, layer.options.dilation)


def _unspread(layer: _Convolution, g: Array) -> Array:
    """Return dL/dout from itself, or from the block that holds it within zeros."""
    if as_pair(g.shape[-2:]) == layer.out_size:
        return g
    offset = as_pair(d - 1 for d in layer.reach)
    return cut(g, offset, layer.out_size, layer.options.stride)
