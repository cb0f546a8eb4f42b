"""The part of a gradient that comes back to a cell on its own sheet, beside what comes by copies.

A block's input that a residual connection takes past it, too, has two gradients that are added
later, or never: what comes back through the block, and what comes back through the copy.
"""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.tree import Reference

_CLOSE = 1e-9


def parts_beside_copies(graph: Graph, cells: Indices, received: Array) -> tuple[Indices, Array]:
    """Return which of some cells have copies on other sheets and other users too, and their part.

    `received` is dL/d(cell) of all cells of the plane, (cells, draws); a part is a row of it, less
    what the copies on other sheets pass on.
    """
    sheets, *_ = graph.plane.places
    by_copies = np.zeros(received.shape)
    for group in graph.groups:
        if isinstance(group.tree, Reference) and group.places[0].size == (1, 1):
            of = graph.windows(group)[:, 0]
            is_elsewhere = (of != OUTSIDE) & (sheets[group.cells] != sheets[of])
            np.add.at(by_copies, of[is_elsewhere], received[group.cells[is_elsewhere]])
    own = cells[(by_copies[cells] != 0).any(axis=1)]
    part = received[own] - by_copies[own]
    # A cell that nothing but copies use keeps a last digit.
    size = np.abs(received[own]) + np.abs(by_copies[own])
    is_part = (np.abs(part) > _CLOSE * size).any(axis=1)
    return own[is_part], part[is_part]
