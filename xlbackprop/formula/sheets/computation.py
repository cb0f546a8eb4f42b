"""The formulas of a workbook evaluated, once or on many draws of other numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.sheets.blind import blind_of, blind_of_groups
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import Contents, go_on
from xlbackprop.formula.sheets.groups import Group, group
from xlbackprop.formula.sheets.narrowed import Narrowing
from xlbackprop.formula.sheets.order import put_in_order
from xlbackprop.formula.sheets.plane import Indices, Plane
from xlbackprop.formula.sheets.steps import Evaluation

# Numbers that all formulas take together, in one draw: beyond that, it takes too long. Then
# somebody means ill, and only what comes cheap is evaluated: a part of so many numbers.
MOST_NUMBERS, CHEAP = 400_000_000, 0.01


class Computation:
    """The formulas of a workbook, ready to be evaluated. Raises NotKnown where they cannot be.

    `look_up` is called between steps: what it raises ends the work.
    """

    def __init__(self, contents: Contents, look_up: Callable[[], None] = go_on) -> None:
        self.plane = Plane(contents.sheets)
        grouped = group(contents, self.plane, look_up)
        self._contents, self.unknown = contents, dict(grouped.unknown)
        narrowing = Narrowing(contents, self.plane)
        own = [narrowing.of(one) if one.is_array else one for one in grouped.groups]
        self.groups, costly = _affordable(own)
        for one in costly:
            self.unknown |= dict.fromkeys(one.cells.tolist(), "references to too many cells")
        self._not_known = (*grouped.blind, *map(blind_of, costly))
        self._put_in_order(look_up)

    def _put_in_order(self, look_up: Callable[[], None] = go_on) -> None:
        order = put_in_order(self.groups, self.plane, look_up)
        self.unknown |= dict.fromkeys(order.circular.tolist(), "a circular reference")
        self._in_order = [
            self.groups[step.group]
            if step.cells is None
            else self.groups[step.group].where(step.cells)
            for step in order.steps
        ]
        # The cells of which no value is known, and what they refer to.
        circular = blind_of_groups(self.groups, order.circular, self.plane)
        self.blind = (*self._not_known, *circular)

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
        result._not_known = tuple(one.where(is_left) for one in self._not_known)
        result._put_in_order()
        return result

    def in_order(self) -> list[Group]:
        """Return the formulas, those of one shape together, each after what it refers to."""
        return self._in_order

    def page(self) -> Board:
        """Return what the cells hold as the workbook is."""
        return self.draws(np.empty(0, np.int32), np.empty((1, 0)))

    def draws(
        self,
        inputs: Indices,
        rows: Array,
        look_up: Callable[[], None] = go_on,
        instead: Board | None = None,
    ) -> Board:
        """Return what the cells hold after some were given numbers, a row for each draw.

        The board is that of earlier draws, `instead` of a new one, where it has as many.
        """
        if instead is not None and instead.draws == len(rows):
            board = instead
            board.start_again()
        else:
            board = Board(self._contents, self.plane, len(rows))
        board.codes[list(self.unknown)] = Code.UNKNOWN
        board.numbers[list(self.unknown)] = np.nan
        is_input = np.zeros(self.plane.size, dtype=np.bool_)
        is_input[inputs] = True
        board.give(inputs, rows)
        for own in self.in_order():
            look_up()
            Evaluation(board, own, look_up).run()
            if inputs.size and is_input[own.cells].any():
                board.give(inputs, rows)
        return board


def _affordable(groups: Sequence[Group]) -> tuple[tuple[Group, ...], list[Group]]:
    """Return the groups that may be evaluated, and those for which there are too many numbers."""
    costs = [group.cost for group in groups]
    left = MOST_NUMBERS if sum(costs) <= MOST_NUMBERS else CHEAP * MOST_NUMBERS
    order = np.argsort(costs, kind="stable")
    kept, costly = list[int](), list[int]()
    for number in order.tolist():
        left -= costs[number]
        (kept if left >= 0 else costly).append(number)
    return tuple(map(groups.__getitem__, sorted(kept))), [groups[number] for number in costly]
