"""One group of cells evaluated: as arrays, and one by one where these do not tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.evaluate import evaluate_from
from xlbackprop.formula.functions import FUNCTIONS, Gives
from xlbackprop.formula.functions.values import (
    NA,
    Error,
    NotKnown,
    Operand,
    Rectangle,
    Value,
    single,
)
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import go_on
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.order import portions
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.singly import Cells, evaluate_singly
from xlbackprop.formula.tree import functions_in

# Numbers that are gathered at a time.
_TOGETHER = 4_000_000
# Where a single formula takes more numbers than these, it is evaluated by itself.
_ALONE = 40_000
# Values that are looked at one by one for a group; beyond that, it is not known here.
_MOST_SINGLY = 500_000


class Evaluation:
    """A group on a board; `look_up` is called between steps."""

    def __init__(self, board: Board, group: Group, look_up: Callable[[], None] = go_on) -> None:
        self._board, self._group, self._look_up = board, group.once, look_up
        self._filled = group.filled
        self._left = _MOST_SINGLY

    def run(self) -> None:
        """Put on the board what the group's cells come to."""
        group, board = self._group, self._board
        if group.gives is Gives.ANYTHING:
            everything = np.ones((*self._filled.shape, board.draws), dtype=np.bool_)
            self._one_by_one(0, everything)
            return
        for part in portions(group, len(group.cells), self._together):
            self._look_up()
            cells = self._filled[part]
            try:
                values = self._values(part, cells.shape)
            except NotKnown:
                return  # unknown is what they are already
            unclear = np.isnan(values)
            codes = np.full(values.shape, Code.NUMBER, dtype=np.int8)
            if group.gives is Gives.BOOLEAN:
                codes = np.where(values != 0, np.int8(Code.TRUE), np.int8(Code.FALSE))
                values = np.full(values.shape, np.nan)
            codes[unclear] = Code.UNKNOWN
            board.codes[cells], board.numbers[cells] = codes, values
            if unclear.any():
                resting = self._rests_on_unknown(part)[:, None, None]
                self._one_by_one(part.start, unclear & ~resting)

    @property
    def _together(self) -> int:
        """How many cells' numbers are taken at a time: where rectangles are large, one formula's.

        A single rectangle need not be gathered.
        """
        each = self._group.cost // max(1, len(self._group.cells))
        is_large = each * self._board.draws > _ALONE
        return each if is_large else _TOGETHER // self._board.draws

    def _values(self, part: slice, shape: tuple[int, ...]) -> Array:
        """Return what formulas fill their cells with: (formulas, rows, columns, draws)."""
        values = evaluate_from(self._group.tree, References(self._board, self._group, part))
        if self._group.is_array:  # what is too much is left out
            values = values[:, : shape[1], : shape[2]]
        elif values.shape[1:3] != (1, 1):
            raise NotKnown("a rectangle in a single cell")
        return np.broadcast_to(values, (*shape, self._board.draws))

    def given(self) -> Array:
        """Return what the group's formulas give, as numbers, without putting it on the board.

        Its shape is (cells, draws). Raises NotKnown.
        """
        values = self._values(slice(0, len(self._group.cells)), self._filled.shape)
        return values.reshape(-1, self._board.draws)

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
        """Evaluate some formulas in some draws by all the rules.

        `first` is the first one's place; `which` are the cells that count, of (formulas, rows,
        columns, draws).
        """
        group, each = self._group, 1 + self._group.cost // len(self._group.cells)
        for formula, draw in np.argwhere(which.any(axis=(1, 2))).tolist():
            self._left -= each
            if self._left < 0:
                return
            self._look_up()
            number = first + formula
            place = int(group.rows[number]), int(group.columns[number])
            try:
                operand = evaluate_singly(group.tree, self._cells_of(number, draw), place)
                values = self._values_of(operand)
            except NotKnown:
                continue
            for row, column in np.argwhere(which[formula, :, :, draw]).tolist():
                self._board.put(int(self._filled[number, row, column]), draw, values(row, column))

    def _values_of(self, operand: Operand) -> Callable[[int, int], Value]:
        """Return what an array formula fills its cells with, by row and column."""
        if not isinstance(operand, Rectangle) or not self._group.is_array:
            value = single(operand)
            return lambda row, column: value  # noqa: ARG005
        size = operand.size

        def value_at(row: int, column: int) -> Value:
            row, column = (0 if size[0] == 1 else row), (0 if size[1] == 1 else column)
            is_there = row < size[0] and column < size[1]
            value = operand.rows[row][column] if is_there else Error(NA)
            return 0.0 if value is None else value

        return value_at

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
        numbers = self._board.numbers
        if not self._each:
            view = self._group.places[slot].view(self._board.plane, self._part, numbers)
            if view is not None:
                return view
        window = self.window(slot)
        if numbers.shape[1] == 1:
            return np.take(numbers.reshape(-1), window)[..., None]
        return np.take(numbers, window, axis=0)

    def is_blank(self, slot: int) -> Mask | None:
        """Return where a slot's cells are blank; None where none is."""
        blank = np.take(self._board.codes, self.window(slot), axis=0) == Code.BLANK
        return blank if blank.any() else None

    def is_passed_over(self, slot: int) -> Mask | None:
        """Return where a slot's cells hold a text, TRUE or nothing; None where none does."""
        codes = np.take(self._board.codes, self.window(slot), axis=0)
        passed_over = (codes != Code.NUMBER) & (codes < Code.UNKNOWN)
        return passed_over if passed_over.any() else None

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
            self._windows[slot] = found if found.shape == shape else np.broadcast_to(found, shape)
        return self._windows[slot]
