"""Sizes and indices as people write them, for titles, equations and hints."""

from __future__ import annotations

from xlbackprop.layers.common.windows.geometry import Geometry, Pair


def size_text(size: Pair) -> str:
    """Return a size as people write it: `3×2`."""
    return f"{size[0]}×{size[1]}"


def pair_text(both: Pair) -> str:
    """Return what holds of both axes as people write it: `2` where it is the same, else `2, 1`."""
    return str(both[0]) if both[0] == both[1] else f"{both[0]}, {both[1]}"


def padding_text(geometry: Geometry) -> str:
    """Return the padding as people write it: `1`, or `1 above, 2 below, 0 left, 0 right`."""
    if geometry.after == geometry.padding:
        return pair_text(geometry.padding)
    (top, left), (bottom, right) = geometry.padding, geometry.after
    return f"{top} above, {bottom} below, {left} left, {right} right"


def frame_text(geometry: Geometry) -> str:
    """Return what stands around the input: `2 rings of zeros around h`."""
    if geometry.after == geometry.padding and geometry.padding[0] == geometry.padding[1]:
        return f"{geometry.padding[0]} rings of zeros around h"
    (top, left), (bottom, right) = geometry.padding, geometry.after
    parts = {"above h": top, "below it": bottom, "on its left": left, "on its right": right}
    counted = [f"{number} {place}" for place, number in parts.items() if number]
    return f"zeros around h, {', '.join(counted)}"


def zeros_text(offset: Pair) -> str:
    """Return how many zeros stand before a block: `2 rows of zeros above and 1 columns before`."""
    rows, columns = offset
    if not rows:
        return f"{columns} zeros before"
    return f"{rows} rows of zeros above and {columns} columns before"


def index_text(letter: str, factor: int = 1, plus: int = 0) -> str:
    """Return an index as people write it: `i`, `2i`, `2i+1`."""
    return (letter if factor == 1 else f"{factor}{letter}") + (f"{plus:+d}" if plus else "")
