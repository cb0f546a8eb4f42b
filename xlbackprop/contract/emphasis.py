"""Cells that a page shows in bold as long as something holds: active units, winners of windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xlbackprop.equation import Index, Tensor
from xlbackprop.formula.grid import View


@dataclass(frozen=True)
class Emphasis:
    """Cells of `tensor` that stand out where a condition holds.

    `condition(views, index)` is the text of a formula, without "=", for the first cell of the block
    `index`, relative to it; `views` has the addresses of the sources by their letters.
    """

    tensor: Tensor
    sources: Mapping[str, Tensor]
    condition: Callable[[Mapping[str, View], Index], str]
    meaning: str  # a word or two for the legend


def above_zero(tensor: Tensor, meaning: str) -> Emphasis:
    """Return the emphasis of the cells that are positive."""
    first = (0,) * len(tensor.block_shape)
    return Emphasis(
        tensor,
        {"own": tensor},
        lambda views, index: f"{views['own'][(*index, *first)]}>0",
        meaning,
    )
