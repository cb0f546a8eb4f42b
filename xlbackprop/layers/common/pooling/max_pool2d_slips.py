"""The slips of max_pool2d, beside the geometry they get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.pooling.windows import Windows
from xlbackprop.layers.common.text import pair_text
from xlbackprop.layers.common.windows.geometry import Geometry, Pair
from xlbackprop.layers.common.windows.planes import placed
from xlbackprop.layers.common.windows.sliding import overhanging


def slips_of_maximum(geometry: Geometry) -> Iterator[Slip]:
    """Yield the slips of the forward pass."""
    windows, stride = Windows(geometry), geometry.stride

    def largest(h: Array, step: Pair = stride) -> Array:
        every = overhanging(h, geometry.kernel, geometry.output_size, step)
        return np.asarray(every.max(axis=(-2, -1)))

    def padded(h: Array) -> Array:
        """Return the input in a frame of zeros, which the layer itself does not have."""
        return placed(h, geometry.padded)

    entries = geometry.window_entries
    if entries > 1:
        yield Slip(
            "mean for maximum",
            "Take the largest entry of each window, not the mean.",
            lambda h: np.nan_to_num(windows.seen(h), neginf=0).sum(axis=-1) / entries,
        )
        yield Slip(
            "minimum for maximum",
            "Take the largest entry of each window, not the smallest.",
            lambda h: -windows.seen(-h).max(axis=-1),
        )
    if geometry.has_gaps:
        yield Slip(
            "stride forgotten",
            f"Move the window by {pair_text(stride)} cells from one output to the next.",
            lambda h: largest(padded(h), (1, 1)),
        )
    yield from _slips_of_padding(geometry, largest)


def _slips_of_padding(geometry: Geometry, largest: Callable[[Array], Array]) -> Iterator[Slip]:
    if geometry.is_padded:
        yield Slip(
            "zeros of the padding counted",
            "Leave the padding out of the maximum: where all entries are negative, a zero would"
            " win.",
            lambda h: largest(placed(h, geometry.padded)),
        )
    if any(geometry.padding):
        yield Slip(
            "padding forgotten",
            "Begin with the window in the corner of the padded input: the first windows see"
            " less of h than the others.",
            largest,
        )


def slips_of_winner(kernel: Pair, compute: Callable[[Array], Array]) -> Iterator[Slip]:
    """Yield the slips of the winners' positions."""
    height, width = kernel
    yield Slip(
        "positions counted from 1",
        "Count the positions in a window from 0: the entry at its top left is 0.",
        lambda h: compute(h) + 1,
    )
    if height > 1 and width > 1:
        yield Slip(
            "positions counted by columns",
            "Count the positions row by row: after the first row's last entry comes the second"
            " row's first.",
            lambda h: compute(h) % width * height + compute(h) // width,
        )


def slips_of_dh(geometry: Geometry) -> Iterator[Slip]:
    """Yield the slips of dL/dh: g is dL/dout."""
    entries, windows = geometry.window_entries, Windows(geometry)
    hint = (
        "Give each window's dL/dout to the entry that was its maximum, and nothing to the"
        " others; an entry that won several windows gets their sum"
    )

    def to_all(g: Array) -> Array:
        return windows.given_back(np.repeat(g[..., None], entries, axis=-1))

    if entries > 1:
        yield Slip(
            "gradient spread evenly",
            f"{hint}; an even part for each is for the mean.",
            lambda g, **_: to_all(g) / entries,
        )
        yield Slip("gradient to all entries", f"{hint}.", lambda g, **_: to_all(g))
        yield Slip(
            "gradient to all maxima of a tie",
            f"{hint}; of equal maxima the first gets it, or they share it: not each the whole.",
            lambda g, h, **_: windows.given_back(windows.ties(h) * g[..., None]),
        )
        yield Slip(
            "gradient to the first entry",
            f"{hint}.",
            lambda g, **_: windows.routed(np.zeros(g.shape), g),
        )
    yield Slip(
        "maximum times gradient",
        f"{hint}; its slope is 1, and the maximum itself no factor.",
        lambda winner, g, h: windows.routed(winner, g * windows.seen(h).max(axis=-1)),
    )
    if geometry.stride[0] < geometry.kernel[0] or geometry.stride[1] < geometry.kernel[1]:
        yield Slip(
            "overlapping windows not summed",
            f"{hint}: yours has only the last one's.",
            lambda winner, g, **_: windows.given_back_last(windows.at(winner), g),
        )
