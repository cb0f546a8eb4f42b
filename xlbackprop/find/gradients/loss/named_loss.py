"""The cell that somebody says is L: `W3`, or `Sheet1!W3`."""

from __future__ import annotations

import numpy as np

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.formula.addresses import Address, on_sheet, read_address
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.plane import OUTSIDE


def cell_of_loss(text: str, sheets: Sheets, contents: Contents, sheet: str | None) -> int:
    """Return the cell that a text names, on `sheet` if it names none. Raises WorkbookError."""
    address = read_address(text.strip())
    if address is None or not address.is_cell:
        raise WorkbookError(
            f"--loss takes the cell that holds L, like W3 or Sheet1!W3, not {one_line(text, 40)!r}"
        )
    wanted = address.sheet or sheet
    names = [one.name for one in contents.sheets]
    if wanted and wanted.casefold() not in {name.casefold() for name in names}:
        raise WorkbookError(f"it has no sheet {one_line(wanted, 40)!r}, which --loss names")
    own = [name for name in names if not wanted or name.casefold() == wanted.casefold()]
    cells = {name: _cell(address, sheets, names.index(name)) for name in own}
    computed = {name: cell for name, cell in cells.items() if sheets.is_computed[cell]}
    place = address_of(address.top, address.left)
    if len(computed) > 1:
        several = " or ".join(on_sheet(name, place) for name in list(computed)[:4])
        raise WorkbookError(f"--loss {place} stands on several sheets: say which, {several}")
    if not computed:
        where = on_sheet(wanted, place) if wanted else place
        raise WorkbookError(
            f"--loss {where} holds no formula that gives a number: L is computed from the weights"
        )
    return next(iter(computed.values()))


def _cell(address: Address, sheets: Sheets, number: int) -> int:
    if not sheets.graph.plane.boxes[number].width:
        return OUTSIDE
    place = np.array([address.top]), np.array([address.left])
    return int(sheets.graph.plane.indices(number, *place)[0])
