"""What cannot be seen through: cells whose formulas are not known here, and what feeds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.places import Blind
from xlbackprop.formula.sheets.plane import Indices, Plane


def blind_of_groups(groups: Sequence[Group], cells: Indices, plane: Plane) -> list[Blind]:
    """Return the cells of some groups that have formulas, but no place in the order."""
    if not cells.size:
        return []
    is_in = np.zeros(plane.size, dtype=np.bool_)
    is_in[cells] = True
    found = []
    for group in groups:
        (which,) = np.nonzero(is_in[group.cells])
        if which.size:
            found.append(blind_of(group.where(which.astype(np.int32))))
    return found


def blind_of(group: Group) -> Blind:
    """Return all cells of a group."""
    return Blind(group.cells, tuple(group.places[slot] for slot in group.used))


def feeding(blind: Iterable[Blind], reached: Mask, plane: Plane) -> Mask | None:
    """Return which cells feed those that are reached; None where these may be any."""
    found = np.zeros(plane.size, dtype=np.bool_)
    for one in blind:
        (which,) = np.nonzero(reached[one.cells])
        if not which.size:
            continue
        if one.places is None:
            return None
        for place in one.places:
            for cells in place.stored(plane, which):
                found[cells] = True
    return found


def resting_on(groups: Sequence[Group], cells: Mask, plane: Plane) -> Mask:
    """Return which cells rest on some, these included; `groups` come in their order."""
    found = cells.copy()
    for group in groups:
        formulas, filled = group.once, group.filled
        hit = np.zeros(len(formulas.cells), dtype=np.bool_)
        for slot in formulas.used:
            hit |= found[formulas.places[slot].of(plane, slice(None))].any(axis=(1, 2))
        found[filled[hit]] = True
    return found
