"""Planes as whole arrays: the two last axes, within zeros, turned, and in windows."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlbackprop.equation import Array
from xlbackprop.layers.common.geometry import Pair, Placement


def windows(x: Array, size: Pair, step: Pair = (1, 1)) -> Array:
    """Return the windows of the two last axes: (…, rows, columns, height, width), a view."""
    every: Array = sliding_window_view(x, size, axis=(-2, -1))
    return every[..., :: step[0], :: step[1], :, :]


def turned(x: Array) -> Array:
    """Return planes turned by 180 degrees: the last row first, and each row backwards."""
    return x[..., ::-1, ::-1]


def placed(x: Array, placement: Placement) -> Array:
    """Return planes of zeros that hold those of x; what overhangs is cut off."""
    zeros = np.zeros((*x.shape[:-2], *placement.size))
    from_, to = [], []
    for axis in (0, 1):
        at = placement.offset[axis] + placement.step[axis] * np.arange(x.shape[axis - 2])
        inside = (at >= 0) & (at < placement.size[axis])
        from_.append(np.flatnonzero(inside))
        to.append(at[inside])
    zeros[..., to[0][:, None], to[1]] = x[..., from_[0][:, None], from_[1]]
    return zeros


def taken_out(x: Array, placement: Placement, size: Pair) -> Array:
    """Return the planes of that size that were placed in zeros, a view: the way back."""
    sides = zip(placement.offset, placement.step, size, strict=True)
    rows, columns = (slice(o, o + s * (n - 1) + 1, s) for o, s, n in sides)
    return x[..., rows, columns]
