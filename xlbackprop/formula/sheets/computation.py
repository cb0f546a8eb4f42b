"""The formulas of a workbook evaluated, once or on many draws of other numbers."""

from __future__ import annotations

from copy import copy

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.groups import Group, group
from xlbackprop.formula.sheets.order import put_in_order
from xlbackprop.formula.sheets.plane import Indices, Plane
from xlbackprop.formula.sheets.steps import Evaluation

# Numbers that all formulas take together, in one draw: beyond that, it takes too long.
MOST_NUMBERS = 400_000_000


class Computation:
    """The formulas of a workbook, ready to be evaluated. Raises NotKnown where they cannot be."""

    def __init__(self, contents: Contents) -> None:
        self.plane = Plane(contents.sheets)
        grouped = group(contents, self.plane)
        if sum(one.cost for one in grouped.groups) > MOST_NUMBERS:
            raise NotKnown("formulas that refer to too many cells")
        self._contents, self.groups = contents, grouped.groups
        self.unknown = dict(grouped.unknown)
        self._put_in_order()

    def _put_in_order(self) -> None:
        self._order = put_in_order(self.groups, self.plane)
        self.unknown |= dict.fromkeys(self._order.circular.tolist(), "a circular reference")

    def without(self, cells: Indices) -> Computation:
        """Return what is left where the formulas of some cells do not count: they are given.

        Where these were all that led from one step to the next, formulas of one shape are evaluated
        at once again.
        """
        is_left = np.ones(self.plane.size, dtype=np.bool_)
        is_left[cells] = False
        result = copy(self)
        kept = ((own, is_left[own.cells]) for own in self.groups)
        result.groups = tuple(
            own if mask.all() else own.where(np.flatnonzero(mask).astype(np.int32))
            for own, mask in kept
            if mask.any()
        )
        result.unknown = {cell: why for cell, why in self.unknown.items() if "circular" not in why}
        result._put_in_order()
        return result

    def in_order(self) -> list[Group]:
        """Return the formulas, those of one shape together, each after what it refers to."""
        return [
            self.groups[step.group].where(step.cells)
            if step.cells is not None
            else self.groups[step.group]
            for step in self._order.steps
        ]

    def page(self) -> Board:
        """Return what the cells hold as the workbook is."""
        return self.draws(np.empty(0, np.int32), np.empty((1, 0)))

    def draws(self, inputs: Indices, rows: Array) -> Board:
        """Return what the cells hold after some were given numbers, a row for each draw."""
        board = Board(self._contents, self.plane, len(rows))
        board.codes[list(self.unknown)] = Code.UNKNOWN
        board.numbers[list(self.unknown)] = np.nan
        is_input = np.zeros(self.plane.size, dtype=np.bool_)
        is_input[inputs] = True
        board.give(inputs, rows)
        for own in self.in_order():
            Evaluation(board, own).run()
            if inputs.size and is_input[own.cells].any():
                board.give(inputs, rows)
        return board
