"""The slips of conv_transpose2d, and what to tell who makes them.

The letters are those of the terms in `cross_correlation`, to which the output is the planes and
the input what comes out: g and z are the input within zeros or as it is, r is w turned, x dL/dout
in its frame, f is w.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.cross_correlation_slips import (
    filters_slips,
    output_slips,
    planes_slips,
)
from xlbackprop.layers.common.convolution.filter_slips import bias_slips, turned_slip
from xlbackprop.layers.common.text import pair_text
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.helper_blocks import UNTURNED
from xlbackprop.layers.common.windows.planes import turned

Compute = Callable[..., Array]

_AXES = ("channels", "filters")


def slips_of_out(
    correlation: CrossCorrelation, compute: Compute, *, has_bias: bool
) -> Iterator[Slip]:
    """Yield the slips of the forward pass: compute(g, r), with b where there is a bias."""
    geometry = correlation.geometry
    if has_bias:
        yield from bias_slips(compute)
    if geometry.kernel != (1, 1):
        yield turned_slip(
            UNTURNED,
            "Turn each filter by 180° before you slide it over the spread-out input: a transposed"
            " convolution meets its filter backwards.",
            compute,
            "r",
        )
    rows, columns = geometry.full_padding
    yield from planes_slips(
        correlation,
        compute,
        _AXES,
        stride="Put zeros between the entries of the input, so that they stand"
        f" {pair_text(geometry.stride)} cells apart, as the stride says.",
        frame=f"Frame the spread-out input with {rows} rows and {columns} columns of zeros, so"
        " that every window that holds one of its entries counts.",
        padding=f"Leave out the first {pair_text(geometry.padding)} rows and columns of the result:"
        " the padding of a transposed convolution is cut off.",
    )


def slips_of_dw(correlation: CrossCorrelation, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dw: compute(x, z)."""
    geometry = correlation.geometry
    if geometry.kernel != (1, 1):
        yield Slip(
            "dL/dw rotated",
            "Slide the input over dL/dout as it is: neither it nor the result is turned for dL/dw;"
            " only the forward pass needs the filter rotated.",
            lambda x, z: turned(compute(x=x, z=z)),
        )
    yield from filters_slips(
        correlation,
        compute,
        stride=f"Each entry of the input meets dL/dout {pair_text(geometry.stride)} cells after the"
        " one before, as in the forward pass.",
        padding=_hint_of_padding(geometry),
    )


def slips_of_dh(correlation: CrossCorrelation, compute: Compute) -> Iterator[Slip]:
    """Yield the slips of dL/dh: compute(x, f)."""
    geometry = correlation.geometry
    if geometry.kernel != (1, 1):
        yield turned_slip(
            "filter rotated in dL/dh",
            "Slide the filter over dL/dout as it is: the way back through a transposed convolution"
            " is a plain one, and the filter was turned in the forward pass only.",
            compute,
            "f",
        )
    yield from output_slips(
        correlation,
        compute,
        _AXES,
        stride=f"Move the window by {pair_text(geometry.stride)} cells of dL/dout from one input to"
        " the next, as the stride says.",
        padding=_hint_of_padding(geometry),
    )


def _hint_of_padding(geometry: Geometry) -> str:
    return (
        f"Frame dL/dout with {pair_text(geometry.padding)} rings of zeros, for the outputs that the"
        " padding has cut off."
    )
