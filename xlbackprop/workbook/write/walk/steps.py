"""When each tensor is computed, and how its numbers are hidden until then."""

from __future__ import annotations

from typing import Any

from xlbackprop.workbook.write.contents import Contents

# Numbers and errors are not to be seen, whatever the cell's own format.
HIDDEN: dict[str, Any] = {"num_format": ";;;", "font_color": "#FFFFFF", "bg_color": "#FFFFFF"}


def steps_of(contents: Contents) -> dict[str, int]:
    """Return the number of each computed tensor in the order of the equations, from 1."""
    equations = contents.network.equations
    return {one.target.name: number for number, one in enumerate(equations, start=1)}
