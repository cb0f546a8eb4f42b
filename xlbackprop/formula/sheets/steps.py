"""One group of cells evaluated: as arrays, and one by one where these do not tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.evaluate import evaluate_from
from xlbackprop.formula.functions import FUNCTIONS, Gives
from xlbackprop.formula.functions.values import NotKnown, Rectangle, single
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.order import portions
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.singly import Cells, evaluate_singly
from xlbackprop.formula.tree import functions_in

# Numbers that are gathered at a time.
_TOGETHER = 4_000_000
# Values that are looked at one by one for a group; beyond that, it is not known here.
_MOST_SINGLY = 500_000


class Evaluation:
    """A group on a board; `look_up` is called between steps."""

    def __init__(self, board: Board, group: Group, look_up: Callable[[], None]) -> None:
        self._board, self._group, self._look_up = board, group, look_up
        self._left = _MOST_SINGLY

    def run(self) -> None:
        """Put on the board what the group's cells come to."""
        group, board = self._group, self._board
        if group.gives is Gives.ANYTHING:
            everything = np.ones((len(group.cells), board.draws), dtype=np.bool_)
            self._one_by_one(0, everything)
            return
        for part in portions(group, len(group.cells), _TOGETHER // board.draws):
            self._look_up()
            cells = group.cells[part]
            try:
                values = self._values(part, len(cells))
            except NotKnown:
                return  # unknown is what they are already
            if group.gives is Gives.BOOLEAN:
                board.codes[cells] = np.where(values != 0, Code.TRUE, Code.FALSE)
                board.numbers[cells] = np.nan
            else:
                board.codes[cells], board.numbers[cells] = Code.NUMBER, values
            unclear = np.isnan(values)
            if unclear.any():
                board.codes[cells[unclear.any(axis=1)]] = np.where(
                    unclear[unclear.any(axis=1)],
                    Code.UNKNOWN,
                    board.codes[cells[unclear.any(axis=1)]],
                )
                self._one_by_one(part.start, unclear & ~self._rests_on_unknown(part))

    def _values(self, part: slice, cells: int) -> Array:
        values = evaluate_from(self._group.tree, References(self._board, self._group, part))
        if values.shape[1:3] != (1, 1):
            raise NotKnown("a rectangle in a single cell")
        return np.broadcast_to(values[:, 0, 0], (cells, self._board.draws))

    def _rests_on_unknown(self, part: slice) -> Mask:
        """Return where a cell cannot be known because another is not, whatever the others are."""
        board, group = self._board, self._group
        unknown = np.zeros((part.stop - part.start, board.draws), dtype=np.bool_)
        if self._chooses:
            return unknown
        for slot in group.used:
            codes = board.codes[group.places[slot].of(board.plane, part)]
            unknown |= (codes == Code.UNKNOWN).any(axis=(1, 2))
        return unknown

    @cached_property
    def _chooses(self) -> bool:
        """Whether what one cell holds may decide that others do not matter."""
        return any(FUNCTIONS[name].singly is not None for name in functions_in(self._group.tree))

    def _one_by_one(self, first: int, which: Mask) -> None:
        """Evaluate some cells in some draws by all the rules; `first` is the first cell's place."""
        group, each = self._group, 1 + self._group.cost // len(self._group.cells)
        for cell, draw in np.argwhere(which).tolist():
            self._left -= each
            if self._left < 0:
                return
            self._look_up()
            number = first + cell
            place = int(group.rows[number]), int(group.columns[number])
            try:
                value = single(evaluate_singly(group.tree, self._cells_of(number, draw), place))
            except NotKnown:
                continue
            self._board.put(int(group.cells[number]), draw, value)

    def _cells_of(self, number: int, draw: int) -> Cells:
        def cells(slot: int) -> Rectangle:
            place = self._group.places[slot]
            window = place.of(self._board.plane, slice(number, number + 1))[0]
            return self._board.values(window, draw)

        return cells


class References:
    """What the references of some cells of a group hold.

    With `each`, what is the same for all cells is there for each of them.
    """

    def __init__(self, board: Board, group: Group, part: slice, *, each: bool = False) -> None:
        self._board, self._group, self._part, self._each = board, group, part, each
        self._windows: dict[int, Indices] = {}

    def values(self, slot: int) -> Array:
        """Return the numbers of a slot."""
        numbers, window = self._board.numbers, self.window(slot)
        if numbers.shape[1] == 1:
            return np.take(numbers.reshape(-1), window)[..., None]
        return np.take(numbers, window, axis=0)

    def is_blank(self, slot: int) -> Mask | None:
        """Return where a slot's cells are blank; None where none is."""
        blank = np.take(self._board.codes, self.window(slot), axis=0) == Code.BLANK
        return blank if blank.any() else None

    def place(self, axis: int) -> Array:
        """Return the row (0) or column (1) of each cell, from 1."""
        of_axis = (self._group.rows, self._group.columns)[axis][self._part]
        return of_axis[:, None, None, None] + np.float64(1)

    def window(self, slot: int) -> Indices:
        """Return the cells of a slot, of shape (some of the cells or 1, rows, columns)."""
        if slot not in self._windows:
            found = self._group.places[slot].of(self._board.plane, self._part)
            cells = self._part.stop - self._part.start
            shape = (cells, *found.shape[1:]) if self._each else found.shape
            self._windows[slot] = np.broadcast_to(found, shape)
        return self._windows[slot]
