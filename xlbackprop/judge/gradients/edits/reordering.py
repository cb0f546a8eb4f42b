"""The same numbers in another order: a matrix transposed, a filter rotated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.tree import Call, Expression, Reference, functions_in
from xlbackprop.judge.gradients.edits.edit import Change
from xlbackprop.judge.gradients.edits.slips import TRANSPOSED, UNTURNED
from xlbackprop.judge.gradients.edits.truth import Truth
from xlbackprop.judge.gradients.edits.written import Path, Spot, Values, Written, exchanged, paths

_RANK = 22
# Longer rows and columns of matrices are not tried as their columns and rows.
_MOST = 64


@dataclass(frozen=True)
class Reordering:
    """Tries the numbers of a formula's ranges in another order."""

    formula: Written
    values: Values
    truth: Truth

    def changes(self) -> Iterator[Change]:
        """Yield the changes that mend the formula."""
        tree = self.formula.tree
        for path, part in paths(tree):
            match part:
                case Call("TRANSPOSE", (inner,)):
                    yield from self._rewritten(exchanged(tree, path, inner), part, inner)
                case Reference(slot) if not self.formula.spots[slot].is_cell:
                    turned = Call("TRANSPOSE", (part,))
                    yield from self._rewritten(exchanged(tree, path, turned), part, turned)
                    yield from self._turned(slot)
                    yield from self._of_product(path, part)

    def _of_product(self, path: Path, part: Reference) -> Iterator[Change]:
        """Yield that a row of a square matrix stands where its column belongs, or the other way.

        Of a product of matrices, each cell has one row and one column.
        """
        formula, spot = self.formula, self.formula.spots[part.slot]
        size = max(spot.height, spot.width)
        if "MMULT" not in functions_in(formula.tree) or min(spot[3:]) > 1 or size > _MOST:
            return
        for at in range(size):
            down, along = (at, -at) if spot.width == 1 else (-at, at)
            top, left = spot.top + down, spot.left + along
            if min(top, left) < 0:
                continue
            other = spot._replace(top=top, left=left, height=spot.width, width=spot.height)
            turned = Call("TRANSPOSE", (Reference(len(formula.spots)),))
            tree = exchanged(formula.tree, path, turned)
            yield from self._rewritten(tree, part, turned, other)

    def _rewritten(
        self, tree: Expression, wrong: Expression, right: Expression, *further: Spot
    ) -> Iterator[Change]:
        mended = self.formula.having(tree, *further)
        try:
            if self.truth.holds(self.values.result(mended)[None])[0]:
                yield Change(TRANSPOSED, _RANK, mended, wrong, right)
        except NotKnown:
            return

    def _turned(self, slot: int) -> Iterator[Change]:
        """Yield that a range's numbers belong in another order, of which there is no range."""
        spot = self.formula.spots[slot]
        numbers = self.values.of([spot])
        orders = {UNTURNED: numbers[:, ::-1, ::-1]}
        if spot.height == spot.width:
            orders[TRANSPOSED] = numbers.swapaxes(1, 2)
        for slip, own in orders.items():
            if self._is_right({slot: own}):
                yield Change(slip, _RANK + 2, self.formula, Reference(slot), None, says="turned")

    def _is_right(self, instead: Mapping[int, Array]) -> bool:
        try:
            found = self.values.results(self.formula, self.formula.tree, instead)
        except NotKnown:
            return False
        return bool(self.truth.holds(found)[0])
