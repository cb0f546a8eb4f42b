"""The windows of a pooling layer as whole arrays: what they see, what they give back, their ties.

What belongs to a window's entries is the last axis, R·S long, row by row: (…, Ho, Wo, R·S).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.layers.common.windows.geometry import Geometry, Placement, as_pair
from xlbackprop.layers.common.windows.planes import placed, windows


def entries_counted(geometry: Geometry) -> Array:
    """Return how many entries each window has within the padded input: (Ho, Wo).

    They are R·S but in windows that overhang.
    """
    size = as_pair(n - o for n, o in zip(geometry.padded_size, geometry.overhang, strict=True))
    inside = placed(np.ones(size), Placement(geometry.padded_size))
    return np.asarray(windows(inside, geometry.kernel, geometry.stride).sum(axis=(-2, -1)))


@dataclass(frozen=True)
class Windows:
    """Windows over planes (…, H, W) in a frame of minus infinity."""

    geometry: Geometry

    def seen(self, h: Array) -> Array:
        """Return the entries that each window sees."""
        return np.stack(list(self._views(self._framed(h))), axis=-1)

    def ties(self, h: Array) -> Mask:
        """Return which entries are their window's maximum, but for rounding."""
        cells = self.seen(h)
        maximum = cells.max(axis=-1, keepdims=True)
        return np.asarray(np.isclose(cells, maximum, rtol=1e-9, atol=1e-12))

    def at(self, positions: Array) -> Mask:
        """Return which entry of each window stands at the position given for it."""
        return np.asarray(positions[..., None] == np.arange(self.geometry.window_entries))

    def routed(self, winner: Array, g: Array) -> Array:
        """Return what reaches each entry of the planes from windows that give g to their winner."""
        # Without the zero, an error among the winners would be lost in the comparison.
        return self.given_back(self.at(winner) * (g + 0 * winner)[..., None])

    def given_back(self, parts: Array) -> Array:
        """Return what the windows give to each entry of the planes, from their parts, summed."""
        planes = np.zeros((*parts.shape[:-3], *self.geometry.padded_size))
        for view, part in zip(self._views(planes), np.moveaxis(parts, -1, 0), strict=True):
            np.add(view, part, out=view)
        return self._unframed(planes)

    def given_back_last(self, picks: Mask, g: Array) -> Array:
        """Return what each entry gets from the last window, row by row, that picks it."""
        planes = np.zeros((*g.shape[:-2], *self.geometry.padded_size))
        (s, t), (height, width) = self.geometry.stride, self.geometry.kernel
        for i, j in np.ndindex(self.geometry.output_size):
            window = planes[..., s * i : s * i + height, t * j : t * j + width]
            picked = picks[..., i, j, :].reshape(window.shape)
            np.copyto(window, g[..., i, j, None, None], where=picked)
        return self._unframed(planes)

    def clusters(self, ties: Mask) -> NDArray[np.int64]:
        """Return a number for each entry of the planes, the same for those that ties connect."""
        shape = (*ties.shape[:-3], *self.geometry.padded_size)
        last = int(np.prod(shape))
        numbers, before = np.arange(last).reshape(shape), np.zeros(shape)
        while (numbers != before).any():
            before = numbers.copy()
            tied = np.where(ties, np.stack(list(self._views(before)), axis=-1), last)
            least = tied.min(axis=-1)
            for view, is_tied in zip(self._views(numbers), np.moveaxis(ties, -1, 0), strict=True):
                np.minimum(view, least, out=view, where=is_tied)
        return self._unframed(numbers)

    def _views(self, planes: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield, for each position in a window, the view of what all windows see there."""
        (s, t), (height, width) = self.geometry.stride, self.geometry.output_size
        for a, b in product(*map(range, self.geometry.kernel)):
            yield planes[..., a : a + s * height : s, b : b + t * width : t]

    def _framed(self, h: Array) -> Array:
        framed = np.full((*h.shape[:-2], *self.geometry.padded_size), -np.inf)
        self._unframed(framed)[...] = h
        return framed

    def _unframed(self, planes: NDArray[Any]) -> NDArray[Any]:
        (p, q), (rows, columns) = self.geometry.padding, self.geometry.input_size
        return planes[..., p : p + rows, q : q + columns]
