"""Cells that their place names as gradients, among such as are parts of gradients: parts, too."""

from __future__ import annotations

import numpy as np

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.targets import Targets
from xlbackprop.find.gradients.differentiation.flow import OWN_SHEET
from xlbackprop.find.gradients.findings import Reason

_SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


def name_parts(named: Named, targets: Targets) -> None:
    """Take for parts, as those beside them are, the cells that nothing but their place names."""
    flow = named.choice.flow
    if not flow.parts:
        return
    left = {
        cell: flow.parts[int(flow.cells[target])]
        for cell, target in named.target.items()
        if named.reason[cell] is Reason.PLACE and int(flow.cells[target]) in flow.parts
    }
    while beside := [cell for cell in left if _is_beside_part(named, targets, cell)]:
        for cell in beside:
            named.target[cell] = left.pop(cell)


def _is_beside_part(named: Named, targets: Targets, cell: int) -> bool:
    sheet, row, column = targets.labels.place(cell)
    near = (
        targets.labels.plane.indices(sheet, np.array([row + down]), np.array([column + along]))[0]
        for down, along in _SIDES
    )
    own = (named.target.get(int(one)) for one in near)
    return any(at is not None and named.choice.flow.steps[at] == OWN_SHEET for at in own)
