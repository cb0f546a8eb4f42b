"""A workbook to a page: all that stands on its sheets, its formulas evaluated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from xlbackprop.find.locate.page.page import Page, read_page
from xlbackprop.find.sheets import wanted_sheet
from xlbackprop.progress import each
from xlbackprop.workbook import description
from xlbackprop.workbook.engine.cell_list import list_cells
from xlbackprop.workbook.engine.recalculation import Recalculation, engine_name, start
from xlbackprop.workbook.engine.settings import EngineName, Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.workbook import Workbook, open_workbook


def read_page_of(
    path: Path, engine: EngineName | str, limits: Limits, sheet: str | None = None
) -> Page:
    """Return all that stands in a workbook, or on one sheet of it, its formulas evaluated."""
    with (
        as_xlsx(path, limits) as file,
        open_workbook(file, path) as workbook,
        start(file, engine_name(engine), limits) as running,
    ):
        return page_of(workbook, running, sheet)


def page_of(workbook: Workbook, running: Recalculation, sheet: str | None = None) -> Page:
    """Return all that stands on a workbook's sheets, but for this program's own description.

    With `sheet` it is that sheet alone. Raises WorkbookError where there is none of that name.
    """
    wanted = wanted_sheet(workbook, sheet) if sheet is not None else None
    sheets = [sheet for sheet in workbook.sheets if sheet != description.SHEET]
    cells = {sheet: workbook.cells(sheet) for sheet in each("reading the workbook", sheets)}
    page = read_page(cells, workbook.names)
    if running.name is not EngineName.NONE:
        page = _recalculated(page, workbook, running)
    return page if wanted is None else page.on(wanted)


def _recalculated(page: Page, workbook: Workbook, running: Recalculation) -> Page:
    """Return the page with the numbers that its formulas give, where the engine can tell."""
    at = np.flatnonzero(page.has_formula)
    if not at.size:
        return page
    try:
        cells = list_cells([page.places(page.keys[at])])
        values = running.page_values(workbook, page.sheets, cells)
    except EngineStopped:
        return page
    numbers = page.numbers.copy()
    numbers[at] = np.where(values.kinds == State.NUMBER, values.numbers, numbers[at])
    return replace(page, numbers=numbers)
