"""Cells of any tensors in one list: what an engine is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.places import Places

# What the engine cannot compute, though others may; besides these, a kind is a State.
UNABLE = 5


@dataclass(frozen=True)
class CellList:
    """Cells of a workbook: for each the number of its sheet, its row and its column, from 0."""

    sheets: tuple[str, ...]
    cells: NDArray[np.int32]  # (number of cells, 3)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cells)

    def where(self, mask: Mask) -> CellList:
        """Return the cells at which a flat mask is true."""
        return replace(self, cells=self.cells[mask])


@dataclass(frozen=True)
class Values:
    """What the cells of a list hold; the arrays are of its length."""

    kinds: NDArray[np.int8]  # a State, or UNABLE
    numbers: Array  # NaN where there is no number
    texts: dict[int, str]  # texts and error values by position; none in a draw


def list_cells(places: Sequence[Places]) -> CellList:
    """Return the entries of some tensors, one after the other in C order."""
    sheets = tuple(dict.fromkeys(sheet for own in places for sheet in own.sheets))
    parts = [np.empty((0, 3), dtype=np.int32)]
    for own in places:
        numbers = np.array([sheets.index(sheet) for sheet in own.sheets], dtype=np.int32)
        columns = numbers[own.sheet], own.rows, own.columns
        parts.append(np.stack([column.ravel() for column in columns], axis=1).astype(np.int32))
    return CellList(sheets, np.concatenate(parts))
