"""Planes as whole arrays: the two last axes, within zeros, turned, and in windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlbackprop.equation import Array
from xlbackprop.layers.common.windows.geometry import Pair, Placement

# Numbers that are copied at a time, to be multiplied as matrices; a single row may have so many.
_TOGETHER, _MOST = 60_000, 4_000_000


def windows(x: Array, size: Pair, step: Pair = (1, 1)) -> Array:
    """Return the windows of the two last axes: (…, rows, columns, height, width), a view."""
    every: Array = sliding_window_view(x, size, axis=(-2, -1))
    return every[..., :: step[0], :: step[1], :, :]


def filtered(every: Array, filters: Array) -> Array:
    """Return what filters make of all windows: (n,g,k,i,j).

    `every` are the windows of each group's planes, (n,g,c,i,j,a,b), `filters` (g,k,c,a,b).
    """
    n, g, _, i, j, _, _ = every.shape
    columns = every.transpose(0, 1, 2, 5, 6, 3, 4)
    if columns[..., :1, :].size > _MOST:
        return np.asarray(np.einsum("ngcijab,gkcab->ngkij", every, filters))
    number = filters.shape[1]
    flat, result = filters.reshape(g, number, -1), np.empty((n, g, number, i, j))
    for rows in _rows(columns):
        part = columns[..., rows, :].reshape(n, g, flat.shape[2], -1)
        result[..., rows, :] = (flat @ part).reshape(n, g, number, -1, j)
    return result


def correlated(every: Array, z: Array) -> Array:
    """Return the sums of products of windows and planes, over all samples: (g,k,c,a,b).

    `every` are the windows of each group's planes, (n,g,c,a,b,i,j), `z` the planes, (n,g,k,i,j).
    """
    n, g, c, a, b, _, _ = every.shape
    if every[..., :1, :].size > _MOST:
        return np.asarray(np.einsum("ngcabij,ngkij->gkcab", every, z))
    number, positions = z.shape[2], c * a * b
    total = np.zeros((g, number, positions))
    for rows in _rows(every):
        part = every[..., rows, :].reshape(n, g, positions, -1)
        total += (z[..., rows, :].reshape(n, g, number, -1) @ part.swapaxes(-1, -2)).sum(axis=0)
    return total.reshape(g, number, c, a, b)


def _rows(every: Array) -> Iterator[slice]:
    """Yield slices of the last axis but one, such that a copy of each stays in the cache."""
    number = max(1, _TOGETHER // max(1, every[..., :1, :].size))
    for start in range(0, every.shape[-2], number):
        yield slice(start, start + number)


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
