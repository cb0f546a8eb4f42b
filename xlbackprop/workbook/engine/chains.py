"""What formulas among some cells refer to others of them, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.formula.tokens import names_in, split
from xlbackprop.workbook.engine.coverage import Corners
from xlbackprop.workbook.engine.dependencies import is_dynamic
from xlbackprop.workbook.engine.formula_cells import FormulaCells

# So many cells are each held against so many others: beyond that it would take too long to tell.
_MOST_PAIRS = 5_000_000


def first_of(cells: FormulaCells, chosen: Sequence[int], among: Sequence[int]) -> list[int]:
    """Return those of the chosen cells whose formulas refer to no other one among some cells."""
    if len(chosen) * len(among) > _MOST_PAIRS:
        return []
    others = cells.cells.cells[list(among)]
    return [at for at in chosen if not _refers(cells, at, others)]


def resting_on(cells: FormulaCells, sources: Collection[int], last: Collection[int]) -> Mask:
    """Return which cells rest on some, however far back; but not on what rests on the `last`."""
    found = np.zeros(len(cells), dtype=np.bool_)
    new = list(sources)
    while new:
        others = cells.cells.cells[new]
        waiting = [at for at in range(len(cells)) if not found[at] and at not in last]
        new = [at for at in waiting if _is_dynamic(cells, at) or _refers(cells, at, others)]
        found[new] = True
    return found


def _refers(cells: FormulaCells, at: int, others: NDArray[np.int32]) -> bool:
    """Return whether a formula refers to one of some cells other than its own."""
    sheet, row, column = others.T
    is_other = (others != cells.cells.cells[at]).any(axis=1)
    for on, (top, left, bottom, right) in _rectangles(cells, at):
        inside = (sheet == on) & (row >= top) & (row <= bottom)
        if (inside & (column >= left) & (column <= right) & is_other).any():
            return True
    return False


def _rectangles(cells: FormulaCells, at: int) -> Iterator[tuple[int, Corners]]:
    sheets = {sheet.lower(): number for number, sheet in enumerate(cells.cells.sheets)}
    for formula in (cells.formula(at), *_meanings(cells, at)):
        try:
            _, addresses = split(formula)
        except ValueError:
            continue
        for address in addresses:
            own = int(cells.cells.cells[at, 0])
            yield sheets.get(address.sheet.lower(), -1) if address.sheet else own, address[1:5]


def _meanings(cells: FormulaCells, at: int) -> Iterator[str]:
    if cells.names:
        try:
            words = {name.lower() for name in names_in(split(cells.formula(at))[0])}
        except ValueError:
            return
        yield from (meaning for name, meaning in cells.names.items() if name in words)


def _is_dynamic(cells: FormulaCells, at: int) -> bool:
    """Return whether a formula may refer to cells that it does not name."""
    try:
        return is_dynamic(split(cells.formula(at))[0])
    except ValueError:
        return True
