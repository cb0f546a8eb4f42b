"""The windows of a pooling layer cell by cell, as formulas need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from xlbackprop.layers.common.windows.geometry import Geometry


@dataclass(frozen=True)
class Cells:
    """Which cells of the input a window sees, and which windows see a cell."""

    geometry: Geometry

    def window(self, i: int, j: int) -> tuple[slice, slice]:
        """Return the rows and columns of the input that window [i, j] sees, padding left out."""
        return self._seen(i, 0), self._seen(j, 1)

    def position(self, i: int, j: int, u: int, v: int) -> int:
        """Return where input cell [u, v] stands in window [i, j], row by row from 0."""
        (s, t), (p, q) = self.geometry.stride, self.geometry.padding
        return (u + p - i * s) * self.geometry.kernel[1] + v + q - j * t

    def counted(self, i: int, j: int) -> int:
        """Return how many entries window [i, j] has within the padded input."""
        return self._counted(i, 0) * self._counted(j, 1)

    def windows_with(self, u: int, v: int) -> Iterator[tuple[int, int]]:
        """Yield [i, j] of every window that sees the input cell [u, v]."""
        return product(self._seeing(u, 0), self._seeing(v, 1))

    def _seen(self, k: int, axis: int) -> slice:
        start = k * self.geometry.stride[axis] - self.geometry.padding[axis]
        stop = start + self.geometry.kernel[axis]
        return slice(max(start, 0), min(stop, self.geometry.input_size[axis]))

    def _counted(self, k: int, axis: int) -> int:
        start = k * self.geometry.stride[axis]
        end = self.geometry.padded_size[axis] - self.geometry.overhang[axis]
        return min(self.geometry.kernel[axis], end - start)

    def _seeing(self, x: int, axis: int) -> range:
        x += self.geometry.padding[axis]
        r, s = self.geometry.kernel[axis], self.geometry.stride[axis]
        first = -((r - 1 - x) // s)  # (x-R+1)/s, rounded up
        return range(max(first, 0), min(x // s + 1, self.geometry.output_size[axis]))
