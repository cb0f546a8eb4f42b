"""The cells that hold gradients rightly, and what these say of the cells that stand beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from xlbackprop.find.gradients.claims.conventions import Conventions
from xlbackprop.find.gradients.claims.factors import is_near
from xlbackprop.find.gradients.claims.moves import SIDES, Move, Place, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.loss.losses import Choice, factor
from xlbackprop.find.gradients.texts.labels import Labels


@dataclass(frozen=True)
class RightCells:
    """Right cells, by their places on the sheets.

    `meant` has the targets, by place in the flow, that each may be the gradient of: of some there
    are several, as the gradients of a unit's net and of its output where a ramp is active.
    """

    choice: Choice
    labels: Labels
    meant: Mapping[int, list[int]]

    @cached_property
    def moves(self) -> Mapping[Place, set[Move]]:
        """How one comes from each to what it is the gradient of, by its place."""
        cells = self.choice.flow.cells
        return {
            self.labels.place(cell): {
                move for of in ofs for move in moves_of(self.labels, cell, int(cells[of]))
            }
            for cell, ofs in self.meant.items()
        }

    def only(self, cells: Collection[int]) -> RightCells:
        """Return some of them."""
        return RightCells(self.choice, self.labels, {cell: self.meant[cell] for cell in cells})

    def beside(self) -> list[Place]:
        """Return the places next to them in which none of them stands, in order."""
        around = {
            (sheet, row + down, column + along)
            for sheet, row, column in self.moves
            for down, along in SIDES
        }
        return sorted(place for place in around - self.moves.keys() if min(place) >= 0)

    def of_any_side(self, place: Place) -> set[Move]:
        """Return the moves that any of them right beside a place has."""
        return set().union(*(self._run(place, side)[0] for side in SIDES))

    def agreed(self, place: Place) -> set[Move]:
        """Return the moves that enough of them around a place have.

        That is two on a side, or one on each of two opposite ones, in the row and in the column; in
        a lone row or column, two on each side.
        """
        left, right, up, down = (self._run(place, side) for side in SIDES)
        rows, columns = (
            one[1] | other[1] | (one[0] & other[0]) for one, other in ((left, right), (up, down))
        )
        if not (left[0] or right[0]):
            return up[1] & down[1]
        if not (up[0] or down[0]):
            return left[1] & right[1]
        return rows & columns

    def _run(self, place: Place, side: tuple[int, int]) -> tuple[set[Move], set[Move]]:
        """Return the moves of the next cell on a side, and those that the one behind it has too."""
        (sheet, row, column), (down, along) = place, side
        first = self.moves.get((sheet, row + down, column + along), set())
        second = self.moves.get((sheet, row + 2 * down, column + 2 * along), set())
        return first, first & second


def right_cells(named: Named) -> RightCells:
    """Return the named cells that equal gradients, by the factor that is usual for each formula.

    What only happens to be a multiple, as a softmax's output may, says nothing of others.
    """
    choice, conventions = named.choice, Conventions(named)
    factors = {
        cell: {of: factor(choice, cell, of) for of in match.targets}
        for cell, match in choice.matches.items()
        if named.fits(cell)
    }
    for cell, own in list(factors.items()):
        is_itself = any(is_near(abs(by), abs(conventions.usual)) for by in own.values())
        if not is_itself and conventions.is_something_else(cell):
            del factors[cell]
    owner = choice.study.sheets.graph.owner
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for cell, own in factors.items():
        counted[int(owner[cell])][f"{own[named.target[cell]]:.6g}"] += 1
    usual = {one: float(kind.most_common(1)[0][0]) for one, kind in counted.items()}
    meant = {
        cell: [of for of, by in own.items() if is_near(by, usual[int(owner[cell])])]
        or [named.target[cell]]
        for cell, own in factors.items()
    }
    return RightCells(choice, named.labels, meant)
