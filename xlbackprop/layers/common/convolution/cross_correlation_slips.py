"""The slips that any cross-correlation invites, beside the geometry they get wrong.

Each is what the page would show with another stride, dilation or padding than the layer's. What
to tell people is the layer's to say, since one layer's output is another's gradient. The letters
are those of the terms in `cross_correlation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Finish
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.convolution.cross_correlation import CrossCorrelation
from xlbackprop.layers.common.convolution.filter_slips import filter_slips
from xlbackprop.layers.common.text import pair_text, size_text
from xlbackprop.layers.common.windows.geometry import Geometry, Pair, Placement, as_pair
from xlbackprop.layers.common.windows.helper_blocks import VALID
from xlbackprop.layers.common.windows.planes import correlated, filtered, placed, taken_out, turned
from xlbackprop.layers.common.windows.sliding import PlacedSource, overhanging

Compute = Callable[..., Array]


def output_slips(
    correlation: CrossCorrelation,
    compute: Compute,
    axes: tuple[str, str],
    *,
    stride: str,
    padding: str,
    finish: Finish | None = None,
) -> Iterator[Slip]:
    """Yield the slips of the output: compute(x, f, and what `finish` takes).

    `axes` says what the filters' first two axes are; `stride` and `padding` are the hints.
    """
    geometry = correlation.geometry

    def output(x: Array, f: Array, step: Pair, **others: Array) -> Array:
        window = as_pair(f.shape[-2:])
        every = overhanging(correlation.grouped(x), window, geometry.output_size, step)
        total = filtered(every, correlation.grouped_filters(f))
        total = total.reshape(correlation.output_shape)
        return finish.compute(total, **others) if finish else total

    yield from filter_slips(compute, "f", correlation.filters_shape, axes)
    if geometry.has_gaps:
        yield Slip("stride forgotten", stride, lambda x, f, **b: output(x, f, (1, 1), **b))
    if geometry.dilated_kernel != geometry.kernel:
        yield Slip(
            "dilation forgotten",
            f"Leave gaps between the cells that a filter meets: with dilation"
            f" {pair_text(geometry.dilation)} it reaches over"
            f" {size_text(geometry.dilated_kernel)}.",
            lambda x, f, **b: output(x, _undilated(geometry, f), geometry.stride, **b),
        )
    yield from _padding_slips(geometry, compute, padding)


def gradient_of_filters(
    correlation: CrossCorrelation, x: Array, z: Array, step: Pair, dilation: Pair
) -> Array:
    """Return the filters' gradient with any step between weights, and any between z's entries."""
    kernel, size = correlation.geometry.kernel, correlation.geometry.output_size
    every = overhanging(correlation.grouped(x), size, kernel, step, dilation)
    total = correlated(every, correlation.grouped(z))
    return np.asarray(total.reshape(correlation.filters_shape))


def filters_slips(
    correlation: CrossCorrelation, compute: Compute, *, stride: str, padding: str
) -> Iterator[Slip]:
    """Yield the slips of the filters' gradient: compute(x, z)."""
    geometry = correlation.geometry
    output = output_in(geometry, compute, "z")

    def gradient(x: Array, z: Array, step: Pair, dilation: Pair) -> Array:
        return gradient_of_filters(correlation, x, output.planes(z), step, dilation)

    if geometry.has_gaps:
        yield Slip(
            "stride forgotten", stride, lambda x, z: gradient(x, z, geometry.dilation, (1, 1))
        )
    if geometry.dilated_kernel != geometry.kernel:
        yield Slip(
            "dilation forgotten",
            f"From one weight to the next, move by {pair_text(geometry.dilation)} cells of the"
            " input: the dilation counts for dL/dw, too.",
            lambda x, z: gradient(x, z, (1, 1), geometry.stride),
        )
    yield from _padding_slips(geometry, compute, padding)


def planes_slips(
    correlation: CrossCorrelation,
    compute: Compute,
    axes: tuple[str, str],
    *,
    stride: str,
    frame: str,
    padding: str,
) -> Iterator[Slip]:
    """Yield the slips of the planes' gradient: compute(g, r, and what finishes the sum)."""
    geometry = correlation.geometry
    output = output_in(geometry, compute, "g")
    yield from filter_slips(compute, "r", correlation.filters_shape, axes)
    if geometry.has_gaps:
        yield output.misplaced("stride forgotten", stride, step=(1, 1))
    if geometry.dilated_kernel != geometry.kernel:
        yield altered(
            "dilation forgotten",
            f"Leave gaps in the rotated filter, too: with dilation {pair_text(geometry.dilation)}"
            f" it reaches over {size_text(geometry.dilated_kernel)} cells.",
            compute,
            r=lambda r: _without_gaps(geometry, r),
        )
    yield from output.frame_slips(VALID, frame)
    if any(geometry.padding):
        both = zip(geometry.full_padding, geometry.padding, strict=True)
        beyond = as_pair(m + p for m, p in both)
        yield output.misplaced("padding not cut off", padding, offset=beyond)


def output_in(geometry: Geometry, compute: Compute, letter: str) -> PlacedSource:
    """Return the source that holds the output's entries, as they are or within zeros."""
    return PlacedSource(compute, letter, geometry.spread, geometry.output_size)


def _padding_slips(geometry: Geometry, compute: Compute, hint: str) -> Iterator[Slip]:
    planes = PlacedSource(compute, "x", geometry.padded, geometry.input_size)
    yield from planes.frame_slips("padding forgotten", hint)


def _undilated(geometry: Geometry, f: Array) -> Array:
    """Return filters without the zeros between their entries."""
    return taken_out(f, geometry.dilated, geometry.kernel)


def _without_gaps(geometry: Geometry, r: Array) -> Array:
    """Return turned filters whose entries stand side by side at the end, for lack of dilation."""
    compact = _undilated(geometry, turned(r))
    return turned(placed(compact, Placement(geometry.dilated_kernel)))
