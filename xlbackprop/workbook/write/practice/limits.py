"""Two cells for each tensor to practise: its largest entry, and what a rounded number may be off.

Further blocks show whether what was typed is one number throughout, a copy of another tensor, or
hardly an update of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Tensor
from xlbackprop.formula.grid import Range, View, view_from
from xlbackprop.network import Network
from xlbackprop.network.earlier import earlier_of
from xlbackprop.tolerance import is_one_number, largest_of, largest_rounding
from xlbackprop.workbook.write.practice import rounding
from xlbackprop.workbook.write.sheets.stacked_sheet import Blocks, StackedSheet


@dataclass(frozen=True)
class Limit:
    """The cell of a tensor's largest entry, and that of what a rounded number may be off."""

    largest: Range
    most: Range


@dataclass(frozen=True)
class LimitWriter:
    """Writes the cells of each tensor: numbers are typed on `pages`, what is right is `answers`."""

    sheet: StackedSheet
    network: Network
    pages: Mapping[str, Blocks]
    answers: Mapping[str, Blocks]
    saved: Mapping[str, Array]
    name: str

    def write(self, tensor: Tensor) -> Limit:
        """Write a tensor's cells, and the blocks that they need."""
        limit = Limit(self.sheet.place_cell(), self.sheet.place_cell())
        right, answers = self.saved[tensor.name], self.sheet.range(self.answers[tensor.name])
        self.sheet.write_cell(limit.largest, rounding.largest_formula(answers), largest_of(right))
        earlier = earlier_of(self.network, tensor.name)
        copies = [self._copied(tensor, one, limit, rounded=True) for one in earlier.before]
        typed = ""
        if tensor.size > 1:
            typed = self._typed(tensor)
            copies += [self._copied(tensor, one, limit) for one in earlier.others]
        text = rounding.limit_formula(answers, limit.largest, typed, copies)
        # Nothing is typed as yet, which is the same in all cells.
        is_alike = tensor.size > 1 and not is_one_number(right)
        self.sheet.write_cell(limit.most, text, 0.0 if is_alike else largest_rounding(right))
        return limit

    def _typed(self, tensor: Tensor) -> str:
        typed, nothing = self._view(tensor, self.pages), np.full(tensor.shape, rounding.NOTHING)
        return self.sheet.stack(tensor, nothing, lambda *i: rounding.typed_formula(typed[i]))

    def _copied(self, tensor: Tensor, other: Tensor, limit: Limit, *, rounded: bool = False) -> str:
        typed, right = self._view(tensor, self.pages), self._view(tensor, self.answers)
        earlier = self._view(other, self.answers)
        return self.sheet.stack(
            tensor,
            np.full(tensor.shape, rounding.NOT_COPIED),
            lambda *i: rounding.copied_formula(
                typed[i], earlier[i], right[i], limit.largest, rounded=rounded
            ),
        )

    def _view(self, tensor: Tensor, blocks: Mapping[str, Blocks]) -> View:
        return view_from(self.name, tensor, blocks[tensor.name])
