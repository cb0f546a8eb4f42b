"""Cells that are to hold a gradient, and in which nothing stands yet.

A blank cell claims something where it stands in a block of right gradients, or where texts that
name gradients leave no other place for one. All other blank cells are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.find.gradients.claims.moves import cell_at, moved
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.right_cells import RightCells
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.texts.labels import derivative
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.plane import OUTSIDE

# Right gradients that have to stand under a text before its blank cells are taken for others.
_FEWEST = 2
# Where a text stands to a cell, as in Targets: over its block or beside it, above it, left of it.
_BLOCK, _ABOVE, _LEFT = range(3)


def name_blanks(named: Named, right: RightCells) -> None:
    """Name the blank cells that are to hold a gradient for which there is no other cell."""
    blanks = _Blanks(named, right)
    for reason, found in (
        (Reason.LABEL, blanks.under_texts()),
        (Reason.LABEL, blanks.beside_siblings()),
        (Reason.PLACE, blanks.in_blocks()),
    ):
        for cell, target in found:
            if target not in blanks.taken and blanks.has_begun(target):
                blanks.taken.add(target)
                named.give(cell, target, reason)


class _Blanks:
    """The blank cells of a sheet, and the gradients that have no cell yet."""

    def __init__(self, named: Named, right: RightCells) -> None:
        self._named, self._targets, self._labels = named, named.targets, named.labels
        self._right = right
        self._cells = named.flow.cells
        self._is_blank = named.sheets.page.codes[:, 0] == Code.BLANK
        self._called = [cell for cell in right.meant if self._targets.is_called[cell]]
        self.taken = set(named.target.values())
        self._steps = {int(named.flow.steps[at]) for at in self.taken}

    def has_begun(self, target: int) -> bool:
        """Whether some gradient of a target's step is there: the last step may have none."""
        return int(self._named.flow.steps[target]) in self._steps

    def in_blocks(self) -> Iterator[tuple[int, int]]:
        """Yield the blank cells among right ones, and the targets that these say."""
        for place in self._right.beside():
            for move in sorted(self._right.agreed(place)):
                cell = self._blank(*place)
                yield from self._of(cell, moved(self._labels, cell, move) if cell else OUTSIDE)

    def under_texts(self) -> Iterator[tuple[int, int]]:
        """Yield the blank cells of blocks under a text by which right ones there are named."""
        for (sheet, top, left, by), right in self._by_text().items():
            block = {
                (down, along): cells
                for (_, line, down, along, name), cells in self._targets.by_name.items()
                if (line, name) == (_BLOCK, by)
            }
            fitting = [
                not self._meant_by(cell).isdisjoint(block.get(place, ()))
                for place, cell in right.items()
            ]
            if all(fitting) and len(fitting) >= min(_FEWEST, len(block)):
                for (down, along), cells in block.items():
                    yield from self._of(self._blank(sheet, top + down, left + along), *cells)

    def beside_siblings(self) -> Iterator[tuple[int, int]]:
        """Yield the blank cells that stand to their text as right ones to a text in its line."""
        labels, seen = self._labels, set[tuple[int, int, int, int]]()
        for cell in self._called:
            sheet, row, column = labels.place(cell)
            for line, (far, text) in ((_ABOVE, labels.above(cell)), (_LEFT, labels.left(cell))):
                at = row - far if line == _ABOVE else column - far
                if not text or derivative(text) is None or (sheet, line, at, far) in seen:
                    continue
                seen.add((sheet, line, at, far))
                for other, own in labels.texts(sheet, is_row=line == _ABOVE, at=at):
                    place = (at + far, other) if line == _ABOVE else (other, at + far)
                    blank, said = self._blank(sheet, *place), derivative(own)
                    if blank and said and said.is_quotient:
                        key = (sheet, line, far, 0, said.by)
                        yield from self._of(blank, *self._targets.by_name.get(key, ()))

    def _meant_by(self, cell: int) -> set[int]:
        """Return the cells that a right one may be the gradient of."""
        return {int(self._cells[at]) for at in self._right.meant[cell]}

    def _by_text(self) -> dict[tuple[int, int, int, str], dict[tuple[int, int], int]]:
        """Return the right cells of each block with a text that names its gradients."""
        found: dict[tuple[int, int, int, str], dict[tuple[int, int], int]] = {}
        for cell in self._called:
            text, down, along = self._labels.heading(cell)
            said = derivative(text) if text else None
            if said is not None and said.is_quotient:
                sheet, row, column = self._labels.place(cell)
                own = found.setdefault((sheet, row - down, column - along, said.by), {})
                own[down, along] = cell
        return found

    def _blank(self, sheet: int, row: int, column: int) -> int:
        """Return the blank cell of a place, OUTSIDE where something stands there."""
        cell = cell_at(self._labels, (sheet, row, column))
        return cell if self._is_blank[cell] and cell not in self._named.none else OUTSIDE

    def _of(self, cell: int, *others: int) -> Iterator[tuple[int, int]]:
        """Yield a blank cell, and by which of some others its gradient is, if it has one."""
        for other in others if cell != OUTSIDE else ():
            for target in self._targets.at(other, cell)[:1]:
                if np.isfinite(self._named.flow.values[target, 0]):
                    yield cell, target
