"""The slips of conv2d, and what to tell who makes them.

The letters are those of the terms in `cross_correlation`: x is the padded input, f the dilated
filters, z and g the gradient as it is or within zeros, r the filters turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Finish
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.cross_correlation_slips import (
    filters_slips,
    gradient_of_filters,
    output_in,
    output_slips,
    planes_slips,
)
from xlbackprop.layers.common.convolution.filter_slips import (
    bias_slips,
    turned_slip,
    without_weights,
)
from xlbackprop.layers.common.text import frame_text, pair_text, zeros_text
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.helper_blocks import UNTURNED
from xlbackprop.layers.common.windows.planes import turned

Compute = Callable[..., Array]

_AXES = ("filters", "channels")


def slips_of_out(
    correlation: CrossCorrelation, compute: Compute, finish: Finish | None
) -> Iterator[Slip]:
    """Yield the slips of the forward pass: compute(x, f), with b where there is a bias."""
    geometry = correlation.geometry
    if finish:
        yield from bias_slips(compute)
    if geometry.kernel != (1, 1):
        yield turned_slip(
            "filter rotated in the forward pass",
            "Slide the filter as it is: the layer is a cross-correlation, and the filter is turned"
            " only on the way back, for dL/dh.",
            compute,
            "f",
        )
    yield from output_slips(
        correlation,
        compute,
        _AXES,
        stride=f"Move the window by {pair_text(geometry.stride)} cells from one output to the next,"
        " as the stride says.",
        padding=_hint_of_padding(geometry),
        finish=finish,
    )


def slips_of_dw(correlation: CrossCorrelation, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dw: compute(x, z)."""
    geometry = correlation.geometry
    output = output_in(geometry, compute, "z")

    def with_turned_gradient(x: Array, z: Array) -> Array:
        z = turned(output.planes(z))
        return gradient_of_filters(correlation, x, z, geometry.dilation, geometry.stride)

    hint = (
        "Slide dL/dout over the input as it is: neither it nor the result is turned for dL/dw; only"
        " dL/dh needs the filter rotated."
    )
    if geometry.kernel != (1, 1):
        yield Slip("dL/dw rotated", hint, lambda x, z: turned(compute(x=x, z=z)))
    if geometry.output_size != (1, 1):
        yield Slip("dL/dout rotated in dL/dw", hint, with_turned_gradient)
        yield turned_slip(
            "input rotated in dL/dw",
            "Slide dL/dout over the input as it is: the input is not turned for dL/dw.",
            compute,
            "x",
        )
    yield from filters_slips(
        correlation,
        compute,
        stride=f"Each entry of dL/dout meets the input {pair_text(geometry.stride)} cells after the"
        " one before, as in the forward pass: leave gaps of the stride between them.",
        padding=_hint_of_padding(geometry),
    )


def slips_of_dh(correlation: CrossCorrelation, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dh: compute(g, r)."""
    geometry = correlation.geometry
    if geometry.kernel != (1, 1):
        yield turned_slip(
            UNTURNED,
            "Turn each filter by 180° before you slide it over dL/dout: take the rows from last to"
            " first and each row backwards (w_rotated on the page), and multiply with that.",
            compute,
            "r",
        )
    if geometry.kernel[0] == geometry.kernel[1] > 1:
        yield altered(
            "filter transposed instead of rotated",
            "Turn the filter by 180°: its last row comes first, and each row runs backwards. To"
            " swap rows and columns is something else.",
            compute,
            r=lambda r: turned(r).swapaxes(-1, -2),
        )
    yield without_weights(compute, "r")
    yield from planes_slips(
        correlation,
        compute,
        _AXES,
        stride="Put zeros between the entries of dL/dout before you slide the filter over it, so"
        f" that they stand {pair_text(geometry.stride)} cells apart, as the stride says.",
        frame="Frame dL/dout with zeros on all sides (a full convolution),"
        f" {zeros_text(geometry.full_padding)} it, so that every window that holds one entry of it"
        " counts.",
        padding=f"Leave out the first {pair_text(geometry.padding)} rows and columns of the result:"
        " they belong to the padding, and h begins after them.",
    )


def _hint_of_padding(geometry: Geometry) -> str:
    return (
        f"Begin with the window in the corner of the padded input: it has {frame_text(geometry)}."
    )
