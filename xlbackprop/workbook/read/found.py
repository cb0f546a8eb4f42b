"""A network's tensors as a workbook has them: where their blocks are, and what is in the cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Equation, Index, Mask, Tensor
from xlbackprop.equation.indices import indices
from xlbackprop.errors import WorkbookError
from xlbackprop.formula.grid import Addresses, Block
from xlbackprop.formula.places import Places
from xlbackprop.progress import each
from xlbackprop.workbook.read.cells import Cells, State
from xlbackprop.workbook.read.numerals import is_seen
from xlbackprop.workbook.read.workbook import Workbook

_FEW_CELLS, _MOST_CLAIMED_FOR_ONE_STORED = 20_000, 10


class Origin(IntEnum):
    """Where a cell's value is from."""

    STORED = 0  # typed, or saved by the program that computed it
    COMPUTED = 1  # recalculated from the cell's formula
    STALE = 2  # recalculated, and not what was saved
    UNABLE = 3  # as it was saved, since the engine cannot compute it


@dataclass(frozen=True)
class Recalculated:
    """What an engine made of a tensor's formulas; the arrays have the tensor's shape."""

    origins: NDArray[np.int8]
    saved: Array  # the numbers that the file holds
    texts: Mapping[Index, str]  # texts and error values; why, where the engine is unable
    untried: Mask  # formulas that cannot be tried on other numbers

    @property
    def transposed(self) -> Recalculated:
        """The same of the matrix with rows and columns exchanged."""
        texts = {index[::-1]: text for index, text in self.texts.items()}
        return Recalculated(self.origins.T, self.saved.T, texts, self.untried.T)


@dataclass(frozen=True)
class Found:
    """One tensor as the workbook has it; the arrays have the tensor's shape."""

    tensor: Tensor
    places: Places
    numbers: Array  # NaN where there is no number
    states: NDArray[np.int8]
    has_formula: NDArray[np.bool_]
    _positions: NDArray[np.int64]
    _cells: Mapping[str, Cells]  # of all sheets
    _blocks: Mapping[str, tuple[Block, ...]]  # of all tensors, on a page of ours; else none
    recalculated: Recalculated | None = None

    @cached_property
    def is_blank(self) -> Mask:
        """Where nothing is to be seen, and nothing was entered: a text without letters, too."""
        typed = ~self.has_formula
        blank = np.asarray((self.states == int(State.BLANK)) & typed)
        for index in indices((self.states == int(State.TEXT)) & typed):
            blank[index] = not is_seen(self.text(index) or "")
        return blank

    @cached_property
    def is_date(self) -> Mask:
        """Where a number was entered that is shown as a date."""
        dates = np.zeros(self.states.shape, dtype=np.bool_)
        for number, sheet in enumerate(self.places.sheets):
            if self._cells[sheet].dates.size:
                here = self.places.sheet == number
                dates |= here & np.isin(self._positions, self._cells[sheet].dates)
        return dates & ~self.has_formula

    def origin(self, index: Index) -> Origin:
        """Return where an entry's value is from."""
        return Origin(self.recalculated.origins[index] if self.recalculated else Origin.STORED)

    def text(self, index: Index) -> str | None:
        """Return the text or error value of an entry, or None where it holds neither."""
        if self.recalculated and self.origin(index) in (Origin.COMPUTED, Origin.STALE):
            return self.recalculated.texts.get(index)
        position = int(self._positions[index])
        return self._stored(index).texts.get(position) if position >= 0 else None

    def formula(self, index: Index) -> str | None:
        """Return an entry's formula with its equals sign, or None where it has none."""
        if not self._cells:
            return None  # numbers that are in no file
        position, stored = int(self._positions[index]), self._stored(index)
        if position >= 0:
            formula = stored.formula(position)
        else:  # the value of an array formula that nobody has saved yet
            row, column = self.places.rows[index], self.places.columns[index]
            formula = stored.array_formula(int(row), int(column))
        return None if formula is None else f"={formula}"

    def sheet_cells(self, sheet: str) -> Cells | None:
        """Return all that the workbook stores on a sheet, or None where it is not known."""
        return self._cells.get(sheet)

    @property
    def transposed(self) -> Found:
        """The square matrix that the same cells are with rows and columns exchanged."""
        places, again = self.places, self.recalculated
        return replace(
            self,
            places=Places(places.sheets, places.sheet.T, places.rows.T, places.columns.T),
            numbers=self.numbers.T,
            states=self.states.T,
            has_formula=self.has_formula.T,
            _positions=self._positions.T,
            recalculated=again and again.transposed,
        )

    def addresses(self, equation: Equation) -> Addresses | None:
        """Return what the equation's formulas refer to in this workbook.

        There is no telling (None) in a workbook that this program did not lay out.
        """
        return Addresses(equation, self._blocks) if self._blocks else None

    def _stored(self, index: Index) -> Cells:
        sheet, _ = self.places.at(index)
        return self._cells[sheet]


def read_tensors(
    workbook: Workbook,
    tensors: Mapping[str, Tensor],
    places: Mapping[str, Places],
    blocks: Mapping[str, tuple[Block, ...]] = MappingProxyType({}),
) -> dict[str, Found]:
    """Return the tensors that have places as the workbook has them; each sheet is read once.

    `blocks` are those of a workbook that this program laid out.
    """
    used = {sheet for own in places.values() for sheet in own.sheets}
    sheets = [sheet for sheet in workbook.sheets if sheet in used]
    cells = {sheet: workbook.cells(sheet) for sheet in each("reading the workbook", sheets)}
    _refuse_empty_claims(places, sum(own.seen for own in cells.values()))
    return {
        name: _read_tensor(tensor, places[name], cells, blocks)
        for name, tensor in tensors.items()
        if name in places
    }


def read_places(
    tensors: Mapping[str, Tensor], places: Mapping[str, Places], cells: Mapping[str, Cells]
) -> dict[str, Found]:
    """Return tensors of sheets that have been read, as the workbook has them."""
    return {name: _read_tensor(own, places[name], cells, {}) for name, own in tensors.items()}


def _refuse_empty_claims(places: Mapping[str, Places], stored: int) -> None:
    """Refuse a small file that says it holds a huge network: computing it would cost a lot."""
    claimed = sum(own.rows.size for own in places.values())
    if claimed > _FEW_CELLS and claimed > _MOST_CLAIMED_FOR_ONE_STORED * stored:
        raise WorkbookError(
            f"it describes a network of {claimed:,} cells and stores {stored:,}: it is cut short"
        )


def _read_tensor(
    tensor: Tensor,
    places: Places,
    cells: Mapping[str, Cells],
    blocks: Mapping[str, tuple[Block, ...]],
) -> Found:
    positions = np.full(tensor.size, -1)
    numbers = np.full(tensor.size, np.nan)
    states = np.full(tensor.size, State.BLANK, dtype=np.int8)
    has_formula = np.zeros(tensor.size, dtype=np.bool_)
    on, rows, columns = (a.ravel() for a in (places.sheet, places.rows, places.columns))
    for number, sheet in enumerate(places.sheets):
        (here,) = np.nonzero(on == number)
        at = cells[sheet].find(rows[here], columns[here])
        positions[here] = at
        has_formula[here] = cells[sheet].arrays.of(rows[here], columns[here]) >= 0
        here, at = here[at >= 0], at[at >= 0]
        numbers[here] = cells[sheet].numbers[at]
        states[here] = cells[sheet].states[at]
        has_formula[here] |= cells[sheet].has_formula[at]
    return Found(
        tensor,
        places,
        numbers.reshape(tensor.shape),
        states.reshape(tensor.shape),
        has_formula.reshape(tensor.shape),
        positions.reshape(tensor.shape),
        cells,
        blocks,
    )
