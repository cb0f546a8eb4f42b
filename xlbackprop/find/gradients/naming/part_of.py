"""Cells that their place names as gradients, among such as are parts of gradients: parts, too."""

from __future__ import annotations

from xlbackprop.find.gradients.claims.moves import SIDES, cell_at
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.flow import OWN_SHEET
from xlbackprop.find.gradients.findings import Reason


def name_parts(named: Named) -> None:
    """Take for parts, as those beside them are, the cells that nothing but their place names."""
    flow = named.flow
    if not flow.parts:
        return
    left = {
        cell: flow.parts[int(flow.cells[target])]
        for cell, target in named.target.items()
        if named.reason[cell] is Reason.PLACE and int(flow.cells[target]) in flow.parts
    }
    while beside := [cell for cell in left if _is_beside_part(named, cell)]:
        for cell in beside:
            named.target[cell] = left.pop(cell)


def _is_beside_part(named: Named, cell: int) -> bool:
    sheet, row, column = named.labels.place(cell)
    near = (cell_at(named.labels, (sheet, row + down, column + along)) for down, along in SIDES)
    own = (named.target.get(one) for one in near)
    return any(at is not None and named.flow.steps[at] == OWN_SHEET for at in own)
