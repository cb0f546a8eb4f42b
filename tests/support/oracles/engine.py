"""IronCalc: a second engine that recalculates a workbook, ignoring what was saved in it."""

from __future__ import annotations

from pathlib import Path

import ironcalc
import numpy as np

from tests.support.oracles.workbook import Places, array_from


def recalculated_arrays(path: Path, places: Places) -> dict[str, np.ndarray]:
    """Return every tensor's array after IronCalc has evaluated all formulas anew."""
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    sheets = {sheet["name"]: i for i, sheet in enumerate(model.get_worksheets_properties())}

    def value(sheet: str, row: int, column: int) -> float:
        place = (sheets[sheet], row, column)
        assert model.get_cell_type(*place) == ironcalc.CellType.Number, place
        return float(model.get_cell_value(*place))

    return {name: array_from(blocks, value) for name, blocks in places.items()}
