"""What pooling layers share: their options, the geometry of their windows, and their tensors.

With kernel R, stride s and padding p (each per axis), window i reaches from row si-p of the input
to row si-p+R-1, and there are Ho = ⌊(H+2p-R)/s⌋+1 of them, as in torch.nn.MaxPool2d. The stride
is the kernel where none is given, so that the windows lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.options import pair
from xlbackprop.equation import Kind, Shape
from xlbackprop.layers.common.planes import Pair, as_pair, pair_text, size_text


@dataclass(frozen=True)
class PoolOptions:
    """The options of a pooling layer."""

    kernel: Pair = pair(minimum=1)
    stride: Pair | None = pair(minimum=1, optional=True)
    padding: Pair = pair(minimum=0, default=0)


class Pooling:
    """A pooling layer of known geometry: first its sizes, then its tensors."""

    def __init__(self, options: PoolOptions, scope: Scope, shape: Shape) -> None:
        if len(shape) - scope.has_batch != 3:
            raise scope.refuse("input", shape, "expected channels, height, width")
        self.scope, self.kernel, self.padding = scope, options.kernel, options.padding
        self.stride = options.stride or options.kernel
        self.size = as_pair(shape[-2:])
        self.framed = as_pair(n + 2 * p for n, p in zip(self.size, self.padding, strict=True))
        self._check_fit()
        sizes = zip(self.framed, self.kernel, self.stride, strict=True)
        self.out_size = as_pair((n - r) // s + 1 for n, r, s in sizes)  # Ho
        self._make_tensors(shape)

    def _check_fit(self) -> None:
        most = as_pair(r // 2 for r in self.kernel)
        if self.padding[0] > most[0] or self.padding[1] > most[1]:
            raise self.scope.refuse(
                "padding",
                self.padding,
                f"must be at most half the kernel, {pair_text(most)} here",
            )
        if self.kernel[0] > self.framed[0] or self.kernel[1] > self.framed[1]:
            raise self.scope.refuse(
                "kernel",
                self.kernel,
                f"is larger than the input's {size_text(self.framed)} (padding included)",
            )

    def _make_tensors(self, shape: Shape) -> None:
        axes, tensor = self.scope.axes(shape), self.scope.tensor
        out_shape = (*shape[:-2], *self.out_size)
        self.h = tensor("h", shape, axes, Kind.GIVEN, "input")
        self.out = tensor("out", out_shape, axes, Kind.FORWARD, "output")
        self.dL_dout = self.scope.gradient(self.out, "upstream gradient")
        self.dL_dh = self.scope.gradient(self.h, "gradient for the layer before")

    def about(self) -> str:
        """Return the sheet's line about the layer: `windows 2×2, stride 2, padding 0`."""
        parts = f"stride {pair_text(self.stride)}, padding {pair_text(self.padding)}"
        return f"windows {size_text(self.kernel)}, {parts}"

    @property
    def n(self) -> str:
        """The batch's letter with its comma, in an equation's indices; empty without a batch."""
        return "n," * self.scope.has_batch

    def window(self, i: int, j: int) -> tuple[slice, slice]:
        """Return the rows and columns of the input that window [i, j] sees, padding left out."""
        return self._reach(i, 0), self._reach(j, 1)

    def _reach(self, k: int, axis: int) -> slice:
        start = k * self.stride[axis] - self.padding[axis]
        return slice(max(start, 0), min(start + self.kernel[axis], self.size[axis]))

    def position(self, i: int, j: int, u: int, v: int) -> int:
        """Return where input cell [u, v] stands in window [i, j], row by row from 0."""
        (s, t), (p, q) = self.stride, self.padding
        return (u + p - i * s) * self.kernel[1] + v + q - j * t

    def windows_with(self, u: int, v: int) -> Iterator[tuple[int, int]]:
        """Yield [i, j] of every window that sees the input cell [u, v]."""
        return product(self._seen_by(u, 0), self._seen_by(v, 1))

    def _seen_by(self, x: int, axis: int) -> range:
        x, r, s = x + self.padding[axis], self.kernel[axis], self.stride[axis]
        first = -((r - 1 - x) // s)  # (x-R+1)/s, rounded up
        return range(max(first, 0), min(x // s + 1, self.out_size[axis]))
