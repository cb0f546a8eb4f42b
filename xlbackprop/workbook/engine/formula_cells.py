"""The cells that an engine computes, judged ones first, and what the file has in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.workbook.engine.cell_list import CellList, list_cells
from xlbackprop.workbook.engine.hopeless import HOPELESS_MARKS, hopeless
from xlbackprop.workbook.read.arrays import ArrayFormula, Ints
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.found import Found


@dataclass(frozen=True)
class FormulaCells:
    """Cells with formulas; the arrays have the list's length. The first `judged` are judged."""

    cells: CellList
    judged: int
    states: NDArray[np.int8]  # as saved
    numbers: Array  # as saved; NaN where there is none
    stored: Mapping[str, Cells]  # all cells of each sheet
    names: Mapping[str, str]  # what the formulas call by name, in small letters, and its meaning

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.cells)

    def place(self, number: int) -> tuple[str, int, int]:
        """Return the sheet, row and column of a cell, from 0."""
        sheet, row, column = self.cells.cells[number].tolist()
        return self.cells.sheets[sheet], row, column

    def formula(self, number: int) -> str:
        """Return a cell's formula without its equals sign."""
        sheet, row, column = self.place(number)
        cells = self.stored[sheet]
        position = int(cells.find(np.array([row]), np.array([column]))[0])
        found = cells.formula(position) if position >= 0 else cells.array_formula(row, column)
        return found or ""

    def hopeless(self) -> dict[int, str]:
        """Return which of them no engine can compute, and why."""
        marked = [
            number
            for number, sheet in enumerate(self.cells.sheets)
            if _may_be_hopeless(self.stored[sheet])
        ]
        suspects = np.flatnonzero(np.isin(self.cells.cells[:, 0], marked)).tolist()
        reasons = {number: hopeless(self.formula(number)) for number in suspects}
        return {number: reason for number, reason in reasons.items() if reason}

    @cached_property
    def groups(self) -> Ints:
        """The array formula that each belongs to, by a number of its own; -1 for none."""
        groups = np.full(len(self), -1, dtype=np.int64)
        for number, sheet in enumerate(self.cells.sheets):
            (here,) = np.nonzero(self.cells.cells[:, 0] == number)
            owners = self.stored[sheet].arrays.of(*self.cells.cells[here, 1:].T)
            groups[here] = np.where(owners >= 0, owners * len(self.cells.sheets) + number, -1)
        return groups

    def array(self, group: int) -> tuple[str, ArrayFormula]:
        """Return the sheet and the array formula of such a number."""
        owner, number = divmod(group, len(self.cells.sheets))
        sheet = self.cells.sheets[number]
        return sheet, self.stored[sheet].arrays.formulas[owner]


def formula_cells(
    found: Sequence[Found],
    others: Mapping[str, Ints],
    stored: Mapping[str, Cells],
    names: Mapping[str, str],
) -> FormulaCells:
    """Return the formula cells of tensors, in C order, and those at some positions of sheets."""
    mask = np.concatenate([[], *(one.has_formula.ravel() for one in found)]).astype(np.bool_)
    judged = list_cells([one.places for one in found]).where(mask)
    sheets = tuple(dict.fromkeys([*judged.sheets, *others]))
    places = [judged.cells]
    states = [one.states[one.has_formula] for one in found]
    numbers = [one.numbers[one.has_formula] for one in found]
    for sheet, at in others.items():
        cells = stored[sheet]
        columns = np.full(at.shape, sheets.index(sheet)), cells.rows[at], cells.columns[at]
        places.append(np.stack(columns, axis=1).astype(np.int32))
        states.append(cells.states[at])
        numbers.append(cells.numbers[at])
    return FormulaCells(
        CellList(sheets, np.concatenate(places)),
        len(judged),
        np.concatenate([np.empty(0, np.int8), *states]),
        np.concatenate([np.empty(0), *numbers]),
        stored,
        names,
    )


def _may_be_hopeless(cells: Cells) -> bool:
    if cells.formulas.has_empty:
        return True
    return any(mark in text for text in cells.formula_texts() for mark in HOPELESS_MARKS)
