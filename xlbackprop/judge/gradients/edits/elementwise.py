"""An activation's derivative that is missing within an array: entry by entry, before a sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlbackprop.formula.tree import Expression, Operation, Reference
from xlbackprop.judge.gradients.edits.around import DERIVATIVES
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import NO_DERIVATIVE
from xlbackprop.judge.gradients.edits.written import Spot, Written, exchanged, paths, slots_in

_RANK = 30


@dataclass(frozen=True)
class Elementwise:
    """Tries the derivatives of ranges as factors of arrays in a formula.

    `leads_to` are the cells to which what the gradient is by leads, the nearest first: one of them
    is the first of the range.
    """

    formula: Written
    leads_to: Sequence[Spot]

    def changes(self) -> Iterator[Change]:
        """Yield the changes that multiply an array by the derivative of a range of its size."""
        new = Reference(len(self.formula.spots))
        for path, part in paths(self.formula.tree):
            size = self._size(part)
            for first in self.leads_to if size else ():
                spot = first._replace(height=size[0], width=size[1])
                for form in DERIVATIVES:
                    factor = form.tree(new)
                    tree = exchanged(self.formula.tree, path, Operation("*", part, factor))
                    mended = self.formula.having(tree, spot)
                    yield Change(NO_DERIVATIVE, _RANK, mended, None, factor, len(path))

    def _size(self, part: Expression) -> tuple[int, ...]:
        """Return the size of an array that stands there by itself, or is computed by entries."""
        if not isinstance(part, (Reference, Operation)):
            return ()
        spots = [self.formula.spots[slot] for slot in slots_in(part)]
        sizes = {(one.height, one.width) for one in spots if not one.is_cell}
        return sizes.pop() if len(sizes) == 1 else ()
