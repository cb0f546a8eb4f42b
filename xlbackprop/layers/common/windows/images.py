"""What layers ask of inputs that are images: channels, height and width, after the batch."""

from __future__ import annotations

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Shape
from xlbackprop.layers.common.windows.geometry import Pair, as_pair


def image_size(scope: Scope, shape: Shape) -> Pair:
    """Return height and width of inputs (C,H,W) or (N,C,H,W).

    Raises SpecError for any other shape.
    """
    if len(shape) - scope.has_batch != 3:
        raise scope.refuse("input", shape, "expected channels, height, width")
    return as_pair(shape[-2:])


def batch_letter(scope: Scope) -> str:
    """Return the batch's letter with its comma, in an equation's indices; empty without a batch."""
    return "n," * scope.has_batch
