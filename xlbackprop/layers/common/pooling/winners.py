"""Which entries of a plane are the maximum of a window, for a page that shows them in bold."""

from __future__ import annotations

from collections.abc import Mapping

from xlbackprop.contract.emphasis import Emphasis
from xlbackprop.equation import Index, Tensor
from xlbackprop.formula.grid import View
from xlbackprop.layers.common.windows.geometry import Geometry


def winners(h: Tensor, winner: Tensor, geometry: Geometry) -> Emphasis:
    """Return the emphasis of the entries of h that `winner` points to in some window."""
    (s, t), (p, q), columns = geometry.stride, geometry.padding, geometry.kernel[1]

    def condition(views: Mapping[str, View], index: Index) -> str:
        found = views["winner"][index].fixed
        top = views["winner"][(*index, 0, 0)].fixed
        here, corner = views["h"][(*index, 0, 0)], views["h"][(*index, 0, 0)].fixed
        # The row and the column of h that each window's winner is in, against those of the cell.
        rows = f"{s}*(ROW({found})-ROW({top}))+INT({found}/{columns})-{p}"
        along = f"{t}*(COLUMN({found})-COLUMN({top}))+MOD({found},{columns})-{q}"
        row, column = f"ROW({here})-ROW({corner})", f"COLUMN({here})-COLUMN({corner})"
        return f"SUMPRODUCT(({rows}={row})*({along}={column}))>0"

    return Emphasis(h, {"h": h, "winner": winner}, condition, "winner of its window")
