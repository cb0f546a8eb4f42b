"""What stands for an entry in an explanation: its name, its cell, its number."""

from __future__ import annotations

import math
from collections.abc import Mapping

from xlbackprop.equation import Array, Index, Tensor
from xlbackprop.equation.indices import entry_name
from xlbackprop.explainer.explanation import number_text
from xlbackprop.formula.addresses import pasted
from xlbackprop.formula.tree import Entry
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Status
from xlbackprop.workbook.read.cells import State


class Leaves:
    """The names, cells and numbers of entries, as seen from one cell of a judged workbook.

    `values` are the right numbers, `line` is the cell's equation.
    """

    def __init__(
        self, review: Review, values: Mapping[str, Array], tensor: Tensor, index: Index, line: str
    ) -> None:
        self._review, self._values, self._line = review, values, line
        found = review.found.get(tensor.name)
        self.sheet: str | None = None
        self.own_cell: str | None = None
        if found:
            self.sheet, self.own_cell = found.places.at(index)

    def name(self, entry: Entry) -> str:
        """Return what the equation calls an entry: `G[0,2,3]`, or `conv1.out[0,1,1]`."""
        tensor = self._review.tensors[entry.tensor]
        name = tensor.name if tensor.name in self._line else tensor.title
        return entry_name(name, entry.index)

    def cell(self, entry: Entry) -> str:
        """Return where an entry stands, with its sheet where that is another."""
        found = self._review.found.get(entry.tensor)
        if found is None:
            return entry_name(entry.tensor, entry.index)
        sheet, cell = found.places.at(entry.index)
        return cell if sheet == self.sheet else pasted(sheet, cell)

    def number(self, entry: Entry) -> str:
        """Return an entry's right number to six digits, and ? where it cannot be known."""
        return number_text(self._values[entry.tensor].item(entry.index))

    def found(self, name: str, index: Index) -> float | str | None:
        """Return what the workbook has: a number, a text or an error, or nothing."""
        found = self._review.found.get(name)
        if found is None or found.states[index] == State.BLANK:
            return None
        number = finite(found.numbers[index])
        return found.text(index) if number is None else number

    def is_wrong(self, entry: Entry) -> bool:
        """Return whether what the workbook has for an entry was judged to be anything but right."""
        judgement = self._review.judgements.get(entry.tensor)
        return judgement is not None and judgement.statuses[entry.index] != Status.RIGHT


def finite(number: float) -> float | None:
    """Return a number, or None for what is not known or an error."""
    return float(number) + 0.0 if math.isfinite(number) else None  # no negative zero
