"""The slips of avg_pool2d, beside the geometry they get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.pooling.windows import entries_counted
from xlbackprop.layers.common.text import frame_text, pair_text, zeros_text
from xlbackprop.layers.common.windows.geometry import Geometry, Pair
from xlbackprop.layers.common.windows.helper_blocks import VALID
from xlbackprop.layers.common.windows.planes import placed, taken_out, windows
from xlbackprop.layers.common.windows.sliding import PlacedSource, overhanging

_BEYOND = "entries beyond the padding counted"


def slips_of_mean(geometry: Geometry) -> Iterator[Slip]:
    """Yield the slips of the forward pass: h is the padded input."""
    entries, stride = geometry.window_entries, geometry.stride
    counted = entries_counted(geometry)

    def total(h: Array, step: Pair = stride) -> Array:
        every = overhanging(h, geometry.kernel, geometry.output_size, step)
        return np.asarray(every.sum(axis=(-2, -1)))

    if entries > 1:
        yield Slip(
            "average not divided",
            f"Divide the sum of each window by its number of entries, {entries}.",
            total,
        )
        yield Slip(
            "maximum for mean",
            "Take the mean of each window, not its largest entry.",
            lambda h: windows(h, geometry.kernel, stride).max(axis=(-2, -1)),
        )
    if geometry.has_gaps:
        yield Slip(
            "stride forgotten",
            f"Move the window by {pair_text(stride)} cells from one output to the next.",
            lambda h: total(h, (1, 1)) / counted,
        )
    if any(geometry.overhang):
        yield Slip(_BEYOND, _hint_of_overhang(), lambda h: total(h) / entries)
    yield from _slips_of_padding(geometry, total)


def _slips_of_padding(geometry: Geometry, total: Callable[[Array], Array]) -> Iterator[Slip]:
    counted = entries_counted(geometry)
    if any(geometry.padding):
        yield Slip(
            "padding forgotten",
            f"Begin with the window in the corner of the padded input: it has"
            f" {frame_text(geometry)}.",
            lambda h: total(taken_out(h, geometry.padded, geometry.input_size)) / counted,
        )
    if any(geometry.padding) or any(geometry.after):
        inside = total(placed(np.ones(geometry.input_size), geometry.padded))
        yield Slip(
            "zeros of the padding not counted",
            f"Divide by {geometry.window_entries} at the edges, too: here the zeros of the padding"
            " count.",
            lambda h: total(h) / inside,
        )


def slips_of_share(geometry: Geometry) -> Iterator[Slip]:
    """Yield the slips of what each entry of a window gets from its gradient g."""
    entries = geometry.window_entries
    yield Slip(
        "average not divided",
        f"Divide each window's gradient by its number of entries, {entries} in most: each of them"
        " moves the mean by that part only.",
        lambda g: g,
    )
    yield Slip(_BEYOND, _hint_of_overhang(), lambda g: g / entries)


def slips_of_dh(geometry: Geometry, compute: Callable[[Array], Array]) -> Iterator[Slip]:
    """Yield the slips of dL/dh: g is dL/dout within zeros."""
    entries = geometry.window_entries
    output = PlacedSource(compute, "g", geometry.spread, geometry.output_size)
    if entries > 1 and not any(geometry.overhang):
        yield scaled(
            "average not divided",
            f"Divide each window's gradient by its number of entries, {entries}: each of"
            " them moves the mean by that part only.",
            compute,
            entries,
        )
    if geometry.has_gaps:
        yield output.misplaced(
            "stride forgotten",
            f"Put zeros between the entries of dL/dout, so that they stand"
            f" {pair_text(geometry.stride)} cells apart.",
            step=(1, 1),
        )
    hint = (
        f"Frame dL/dout with zeros on all sides, {zeros_text(geometry.full_padding)} it, so that"
        " each input gets its part from every window that saw it."
    )
    yield from output.frame_slips(VALID, hint)


def _hint_of_overhang() -> str:
    return (
        "Divide by the number of entries that the window has within the padded input: what lies"
        " beyond that is no entry."
    )
