"""When each tensor is computed, and the cells that say how far the walk has come."""

from __future__ import annotations

from typing import Any

from xlbackprop.formula.addresses import cell
from xlbackprop.formula.grid import Range
from xlbackprop.layout import LEGEND_ROW
from xlbackprop.workbook.write.contents import Contents

# On the Overview: the number that one turns up.
COUNTER_ROW, COUNTER_COLUMN = 3, 2
COUNTER = Range(cell(COUNTER_ROW, COUNTER_COLUMN)).fixed
# In the margin of each page: a copy of the counter, since neither Excel 2007 nor Google Sheets
# lets conditional formats look at another sheet.
HERE_ROW, HERE_COLUMN = LEGEND_ROW, 0
HERE = Range(cell(HERE_ROW, HERE_COLUMN)).fixed

# Numbers and errors are not to be seen, whatever the cell's own format.
HIDDEN: dict[str, Any] = {"num_format": ";;;", "font_color": "#FFFFFF", "bg_color": "#FFFFFF"}


def steps_of(contents: Contents) -> dict[str, int]:
    """Return the number of each computed tensor in the order of the equations, from 1."""
    equations = contents.network.equations
    return {one.target.name: number for number, one in enumerate(equations, start=1)}
