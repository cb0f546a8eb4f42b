"""Layers of rows, (C,L) or (N,C,L), made from the layers of images whose planes have one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from xlbackprop.contract.layer import LayerEquations, Scope
from xlbackprop.contract.options import count, ends, flag
from xlbackprop.equation import Shape, Tensor
from xlbackprop.layers.common.dropped_axes import DroppedAxes, scope_for
from xlbackprop.layers.common.windows.geometry import Padding, Pair

Ends = Pair | str  # the zeros at both ends of a row, or "same"


class LayerOfImages(Protocol):
    """A layer that takes one input, (C,H,W) or (N,C,H,W)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's ports and equations."""
        ...


def row_length(scope: Scope, shape: Shape) -> int:
    """Return the length of inputs (C,L) or (N,C,L). Raises SpecError for any other shape."""
    if len(shape) - scope.has_batch != 2:
        raise scope.refuse("input", shape, "expected channels, length")
    return shape[-1]


def in_one_row(options: object, layer: LayerOfImages, scope: Scope, shape: Shape) -> LayerEquations:
    """Return the equations of a layer of images for rows: planes of height 1.

    `options` are those of the layer of rows, which refusals show.
    """
    row_length(scope, shape)
    *lead, length = shape
    part = layer.equations(scope_for(options, scope), (*lead, 1, length))
    return DroppedAxes(_axes_of_rows).layer(part)


def _axes_of_rows(tensor: Tensor) -> int:
    """Return how many axes of a tensor count rows: one, but for a bias and its like."""
    return int("i" in tensor.axes or "a" in tensor.axes)


def ends_of_row(padding: Ends) -> Padding:
    """Return a row's padding as that of a plane with one row."""
    return padding if isinstance(padding, str) else ((0, 0), padding)


def both(number: int) -> Pair:
    """Return a step of a row as that of a plane with one row, where any step down is the same."""
    return number, number


def padding_of_row_text(padding: Ends) -> str:
    """Return the padding of a row as people write it: `padding 1`, `padding 1 left, 2 right`."""
    if isinstance(padding, str):
        return f"padding {padding}"
    left, right = padding
    return f"padding {left}" if left == right else f"padding {left} left, {right} right"


@dataclass(frozen=True)
class PoolOfRowsOptions:
    """The options of a pooling layer over rows."""

    kernel: int = count()
    stride: int | None = count(optional=True)
    padding: Ends = ends()
    ceil_mode: bool = flag(default=False)

    def pooled(
        self, of_planes: Callable[..., LayerOfImages], scope: Scope, shape: Shape
    ) -> LayerEquations:
        """Return the equations of the pooling layer of images, for rows."""
        stride = self.stride or self.kernel
        options = of_planes(
            (1, self.kernel), both(stride), ends_of_row(self.padding), self.ceil_mode
        )
        about = (
            f"windows of width {self.kernel}, stride {stride}, {padding_of_row_text(self.padding)}"
        )
        about += ", rounded up" * self.ceil_mode
        return replace(in_one_row(self, options, scope, shape), about=about)
