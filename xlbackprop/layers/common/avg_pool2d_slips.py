"""The slips of avg_pool2d, beside the geometry they get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import scaled
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.geometry import Geometry, Pair
from xlbackprop.layers.common.helper_blocks import VALID
from xlbackprop.layers.common.planes import placed, taken_out, windows
from xlbackprop.layers.common.sliding import PlacedSource, overhanging
from xlbackprop.layers.common.text import pair_text


def slips_of_mean(geometry: Geometry) -> Iterator[Slip]:
    """Yield the slips of the forward pass: h is the padded input."""
    entries, stride = geometry.window_entries, geometry.stride

    def mean(h: Array, step: Pair = stride) -> Array:
        every = overhanging(h, geometry.kernel, geometry.output_size, step)
        return np.asarray(every.sum(axis=(-2, -1)) / entries)

    if entries > 1:
        yield scaled(
            "average not divided",
            f"Divide the sum of each window by its number of entries, {entries}.",
            mean,
            entries,
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
            lambda h: mean(h, (1, 1)),
        )
    if any(geometry.padding):
        inside = mean(placed(np.ones(geometry.input_size), geometry.padded))
        yield Slip(
            "padding forgotten",
            f"Begin with the window in the corner of the padded input: it has"
            f" {pair_text(geometry.padding)} rings of zeros around h.",
            lambda h: mean(taken_out(h, geometry.padded, geometry.input_size)),
        )
        yield Slip(
            "zeros of the padding not counted",
            f"Divide by {entries} at the edges, too: here the zeros of the padding count.",
            lambda h: mean(h) / inside,
        )


def slips_of_dh(geometry: Geometry, compute: Callable[[Array], Array]) -> Iterator[Slip]:
    """Yield the slips of dL/dh: g is dL/dout within zeros."""
    entries = geometry.window_entries
    output = PlacedSource(compute, "g", geometry.spread, geometry.output_size)
    if entries > 1:
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
    rows, columns = geometry.full_padding
    hint = (
        f"Frame dL/dout with {rows} rows and {columns} columns of zeros, so that each input gets"
        " its part from every window that saw it."
    )
    yield from output.frame_slips(VALID, hint)
