"""Indices of entries: found in arrays as plain whole numbers, and written after a name."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Index, Mask, Shape


def indices(mask: Mask) -> list[Index]:
    """Return the indices at which a mask holds, in C order."""
    return [tuple(index) for index in np.argwhere(mask).tolist()]


def index_at(position: int, shape: Shape) -> Index:
    """Return the index of a position in the flat array."""
    return tuple(int(axis) for axis in np.unravel_index(position, shape))


def entry_name(name: str, index: Index) -> str:
    """Return what an entry is called: `conv1.dL_dh[0,2,3]`, or the name alone of a single cell."""
    return f"{name}[{','.join(map(str, index))}]" if index else name
