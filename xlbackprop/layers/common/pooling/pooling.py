"""What pooling layers share: their options, the geometry of their windows, and their tensors.

With kernel R, stride s and padding p (each per axis), window i reaches from row si-p of the input
to row si-p+R-1, and there are Ho = ⌊(H+2p-R)/s⌋+1 of them, as in torch.nn.MaxPool2d. The stride
is the kernel where none is given, so that the windows lie side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.options import flag, pair, sides
from xlbackprop.equation import Shape
from xlbackprop.layers.common.text import padding_text, pair_text, size_text
from xlbackprop.layers.common.windows.geometry import Geometry, Padding, Pair, as_pair
from xlbackprop.layers.common.windows.images import image_size


@dataclass(frozen=True)
class PoolOptions:
    """The options of a pooling layer."""

    kernel: Pair = pair(minimum=1)
    stride: Pair | None = pair(minimum=1, optional=True)
    padding: Padding = sides()
    ceil_mode: bool = flag(default=False)

    def geometry(self, scope: Scope, shape: Shape) -> Geometry:
        """Return the geometry over inputs of a shape.

        Raises SpecError where the padding is too wide or the kernel too large.
        """
        size = image_size(scope, shape)
        stride, ceil_mode = self.stride or self.kernel, self.ceil_mode
        geometry = Geometry.padded_by(size, self.kernel, stride, self.padding, ceil_mode=ceil_mode)
        most = as_pair(r // 2 for r in self.kernel)
        if any(
            p > m
            for side in (geometry.padding, geometry.after)
            for p, m in zip(side, most, strict=True)
        ):
            raise scope.refuse(
                "padding",
                self.padding,
                f"must be at most half the kernel, {pair_text(most)} here",
            )
        padded = geometry.padded_size
        if self.kernel[0] > padded[0] or self.kernel[1] > padded[1]:
            raise scope.refuse(
                "kernel",
                self.kernel,
                f"is larger than the input's {size_text(padded)} (padding included)",
            )
        return geometry


@dataclass(frozen=True)
class PoolPorts:
    """The input and the output of a pooling layer."""

    h: Port
    out: Port


def pool_ports(scope: Scope, shape: Shape, geometry: Geometry) -> PoolPorts:
    """Return h of a shape, and out."""
    out_shape = (*shape[:-2], *geometry.output_size)
    return PoolPorts(scope.input("h", shape), scope.output("out", out_shape))


def about_pool(geometry: Geometry) -> str:
    """Return the sheet's line about the layer: `windows 2×2, stride 2, padding 0`."""
    parts = f"stride {pair_text(geometry.stride)}, padding {padding_text(geometry)}"
    parts += ", rounded up" * any(geometry.overhang)
    return f"windows {size_text(geometry.kernel)}, {parts}"
