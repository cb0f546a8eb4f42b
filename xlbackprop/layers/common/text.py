"""Sizes and indices as people write them, for titles, equations and hints."""

from __future__ import annotations

from xlbackprop.layers.common.geometry import Pair


def size_text(size: Pair) -> str:
    """Return a size as people write it: `3×2`."""
    return f"{size[0]}×{size[1]}"


def pair_text(both: Pair) -> str:
    """Return what holds of both axes as people write it: `2` where it is the same, else `2, 1`."""
    return str(both[0]) if both[0] == both[1] else f"{both[0]}, {both[1]}"


def index_text(letter: str, factor: int = 1, plus: int = 0) -> str:
    """Return an index as people write it: `i`, `2i`, `2i+1`."""
    return (letter if factor == 1 else f"{factor}{letter}") + (f"{plus:+d}" if plus else "")
