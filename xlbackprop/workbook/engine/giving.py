"""What an engine is given of a workbook: its sheets, cells, array formulas and names."""

from __future__ import annotations

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS, on_sheet, read_area
from xlbackprop.formula.implicit import with_intersections
from xlbackprop.workbook.engine.contents import give_arrays, give_cells, give_formula
from xlbackprop.workbook.engine.dependencies import Needed
from xlbackprop.workbook.engine.engine import Engine
from xlbackprop.workbook.engine.transfer import FEW_WORDS, Transfer
from xlbackprop.workbook.read.workbook import Workbook

# So many cells are given at once, so that an engine is at work before all are put together.
_AT_ONCE = 20_000
# A sheet beside the workbook's own, on which stands what names mean.
_MEANINGS = "xlbackprop.names"


def give(engine: Engine, transfer: Transfer) -> None:
    """Give an engine what is needed of a workbook."""
    workbook, needed = transfer.workbook, transfer.needed
    # A formula is read when it is given: the sheets that it refers to must be there by then.
    others = workbook.sheets if len(workbook.sheets) <= FEW_WORDS else ()
    for sheet in (*transfer.places, *others, *needed.cells):
        engine.sheet(sheet)
    for sheet, mask in needed.cells.items():
        batch, at = workbook.cells(sheet).batch, np.flatnonzero(mask)
        for start in range(0, len(at), _AT_ONCE):
            give_cells(engine, sheet, batch, at[start : start + _AT_ONCE])
    for sheet, numbers in needed.arrays.items():
        formulas = workbook.cells(sheet).arrays.formulas
        give_arrays(engine, sheet, (formulas[number] for number in sorted(numbers)))
    if needed.names:
        _give_names(engine, workbook, needed)


def _give_names(engine: Engine, workbook: Workbook, needed: Needed) -> None:
    """Give names; one for anything but cells becomes one for a cell that holds it."""
    listed, several = [], set[str]()
    for row, ((sheet, name), meaning) in enumerate(needed.names.items()):
        area, stands_for = read_area(meaning), meaning
        if area is None:
            give_formula(engine, _MEANINGS, row, 0, meaning.removeprefix("="))
            stands_for = on_sheet(_MEANINGS, f"$A${row + 1}")
        elif area.sheet in workbook.sheets:
            engine.sheet(area.sheet)
            several |= {name} if area.height * area.width > 1 else set()
        listed.append((name, engine.sheet(sheet) if sheet else None, stands_for))
    engine.give({"names": listed})
    for sheet, positions in needed.by_name.items():
        _give_one_cell_of(engine, several, workbook, sheet, positions)


def _give_one_cell_of(
    engine: Engine, names: set[str], workbook: Workbook, sheet: str, positions: list[int]
) -> None:
    """Give formulas in which such a name stands for one of its cells once more, as such."""
    cells = workbook.cells(sheet)
    for position in positions if names else ():
        row, column = int(cells.rows[position]), int(cells.columns[position])
        formula = cells.formula(position) or ""
        meant = with_intersections(formula, names)
        if meant != formula and row * MAX_COLUMNS + column not in cells.arrays.places:
            give_formula(engine, sheet, row, column, meant)
