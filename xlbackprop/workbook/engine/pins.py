"""Numbers in the place of formulas that an engine cannot compute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.workbook.engine.cell_list import CellList
from xlbackprop.workbook.engine.contents import give_numbers
from xlbackprop.workbook.engine.engine import Engine
from xlbackprop.workbook.engine.formula_cells import FormulaCells
from xlbackprop.workbook.read.cells import State


def with_arrays(cells: FormulaCells, numbers: Mapping[int, float]) -> dict[int, float]:
    """Return the numbers with saved ones for the rest of each array formula that is concerned."""
    groups = {int(cells.groups[at]) for at in numbers} - {-1}
    rest = np.isin(cells.groups, list(groups)) & (cells.states == State.NUMBER)
    saved = {at: float(cells.numbers[at]) for at in np.flatnonzero(rest).tolist()}
    return saved | dict(numbers)


def pinned(cells: FormulaCells, numbers: Mapping[int, float]) -> tuple[CellList, Array]:
    """Return the cells that get numbers, and these."""
    places = cells.cells.cells[list(numbers)]
    return CellList(cells.cells.sheets, places), np.array(list(numbers.values()))


def pin(engine: Engine, cells: FormulaCells, numbers: Mapping[int, float]) -> None:
    """Put numbers into an engine in the place of formulas, of whole arrays where it is one."""
    by_sheet: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for at, number in numbers.items():
        sheet, row, column = cells.place(at)
        by_sheet[sheet].append((row, column, number))
    for group in {int(cells.groups[at]) for at in numbers} - {-1}:
        sheet, array = cells.array(group)
        corners = array.top + 1, array.left + 1, array.bottom + 1, array.right + 1
        engine.give({"clear": [[engine.sheet(sheet), *corners]]})
    for sheet, placed in by_sheet.items():
        rows, columns, values = (np.array(one) for one in zip(*placed, strict=True))
        give_numbers(engine, sheet, rows, columns, values)
