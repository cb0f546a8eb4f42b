"""The slips of conv_transpose2d, beside the geometry they get wrong.

As for conv2d, each is what another stride or padding, or a filter turned at the wrong time, would
give. The names of the arrays are the equations' letters: r is w turned, h the input or the input
within zeros, g dL/dout or dL/dout in its frame.
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
    pair_text,
    placed,
    turned,
)
from xlbackprop.layers.common.sliding import cut, frame_slips, slide

if TYPE_CHECKING:
    from xlbackprop.layers.conv_transpose2d import _TransposedConvolution

Compute = Callable[..., Array]

_AXES = ("channels", "filters")


def slips_of_out(layer: _TransposedConvolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of the forward pass: compute(h, r, b)."""
    options = layer.options
    if options.bias:
        yield from bias_slips(compute)
    if options.kernel != (1, 1):
        yield turned_slip(
            UNTURNED,
            "Turn each filter by 180° before you slide it over the spread-out input: a transposed"
            " convolution meets its filter backwards.",
            compute,
            "r",
        )
    yield from filter_slips(compute, "r", layer.w.shape, _AXES)
    yield from _slips_of_spread(layer, compute)


def _slips_of_spread(layer: _TransposedConvolution, compute: Compute) -> Iterator[Slip]:
    options, last = layer.options, as_pair(r - 1 for r in layer.options.kernel)

    def spread_as(h: Array, offset: Pair, step: Pair = options.stride) -> Array:
        return placed(_unspread(layer, h), layer.canvas, offset, step)

    if options.stride != (1, 1) and max(layer.size) > 1:
        yield altered(
            "stride forgotten",
            f"Put zeros between the entries of the input, so that they stand"
            f" {pair_text(options.stride)} cells apart, as the stride says.",
            compute,
            h=lambda h: spread_as(h, last, (1, 1)),
        )
    if last != (0, 0):
        hint = (
            f"Frame the spread-out input with {last[0]} rows and {last[1]} columns of zeros, so"
            " that every window that holds one of its entries counts."
        )
        yield from frame_slips(compute, "h", spread_as, last, VALID, hint)
    if any(options.padding):
        shifted = as_pair(n + p for n, p in zip(last, options.padding, strict=True))
        yield altered(
            "padding not cut off",
            f"Leave out the first {pair_text(options.padding)} rows and columns of the result: the"
            " padding of a transposed convolution is cut off.",
            compute,
            h=lambda h: spread_as(h, shifted),
        )


def slips_of_dw(layer: _TransposedConvolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dw: compute(g, h)."""
    options = layer.options

    def backward(g: Array, h: Array, step: Pair) -> Array:
        x, f = layer.by_sample(g), layer.by_sample(_unspread(layer, h))
        return slide("nkabij,ncij->ckab", x, f, options.kernel, dilation=step)

    hint = (
        "Slide the input over dL/dout as it is: neither it nor the result is turned for dL/dw; only"
        " the forward pass needs the filter rotated."
    )
    if options.kernel != (1, 1):
        yield Slip("dL/dw rotated", hint, lambda g, h: turned(compute(g=g, h=h)))
    if options.stride != (1, 1) and max(layer.size) > 1:
        yield Slip(
            "stride forgotten",
            f"Each entry of the input meets dL/dout {pair_text(options.stride)} cells after the one"
            " before, as in the forward pass.",
            lambda g, h: backward(g, h, (1, 1)),
        )
    yield from _slips_of_frame(layer, compute)


def slips_of_dh(layer: _TransposedConvolution, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dh: compute(g, w)."""
    options = layer.options
    if options.kernel != (1, 1):
        yield turned_slip(
            "filter rotated in dL/dh",
            "Slide the filter over dL/dout as it is: the way back through a transposed convolution"
            " is a plain one, and the filter was turned in the forward pass only.",
            compute,
            "w",
        )
    yield from filter_slips(compute, "w", layer.w.shape, _AXES)

    def backward(g: Array, w: Array) -> Array:
        total = slide("nkuvab,ckab->ncuv", layer.by_sample(g), w, layer.size)
        return np.asarray(total.reshape(layer.h.shape))

    if options.stride != (1, 1) and max(layer.size) > 1:
        yield Slip(
            "stride forgotten",
            f"Move the window by {pair_text(options.stride)} cells of dL/dout from one input to the"
            " next, as the stride says.",
            backward,
        )
    yield from _slips_of_frame(layer, compute)
    yield from wrong_gradient_slip(layer.dL_dw, layer.dL_dh)


def _slips_of_frame(layer: _TransposedConvolution, compute: Compute) -> Iterator[Slip]:
    padding = layer.options.padding
    if not any(padding):
        return

    def framed_with(g: Array, offset: Pair) -> Array:
        return placed(cut(g, padding, layer.out_size), layer.stamped, offset)

    hint = (
        f"Frame dL/dout with {pair_text(padding)} rings of zeros, for the outputs that the"
        " padding has cut off."
    )
    yield from frame_slips(compute, "g", framed_with, padding, "padding forgotten", hint)


def _unspread(layer: _TransposedConvolution, h: Array) -> Array:
    """Return the input from itself, or from the block that holds it within zeros."""
    if as_pair(h.shape[-2:]) == layer.size:
        return h
    offset = as_pair(r - 1 for r in layer.options.kernel)
    return cut(h, offset, layer.size, layer.options.stride)
