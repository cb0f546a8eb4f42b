"""Cells of one formula shape, named as most of those that are right there stand to theirs."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial

import numpy as np

from xlbackprop.find.gradients.claims.blocks import blocks
from xlbackprop.find.gradients.claims.moves import Move, moved, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.resting import Ingredients, rests_on_weights
from xlbackprop.find.gradients.claims.right_cells import RightCells
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.formula.sheets.plane import OUTSIDE
from xlbackprop.formula.tree import Reference

# Cells of a block that have to be right before its others are taken for gradients by their place.
_FEWEST = 3
_CLOSE_ON_PAGE = 1e-9


def name_by_votes(named: Named, right: RightCells) -> None:
    """Name the cells that enough others of their formula shape say something of."""
    choice, labels, targets = named.choice, named.labels, named.targets
    graph, last = choice.study.sheets.graph, choice.flow.last
    held = named.held
    votes, ingredients = _Votes(named, right), Ingredients(choice)
    for owner in votes.owners:
        cells = graph.groups[owner].cells
        if isinstance(graph.groups[owner].tree, Reference):
            continue  # copies are right where what they copy is
        is_forward = bool((last[cells] >= 0).any())
        lines = _lines(labels, votes.voters(owner)) if is_forward else None
        for cell in cells[last[cells] < 0].tolist():
            if cell in named.target or cell in named.updated or not _in_line(labels, cell, lines):
                continue
            found = [targets.at(votes.at(cell, one), cell)[:1] for one in votes.best(cell)]
            own = [
                of
                for ofs in found
                for of in ofs
                if of not in held and not ingredients.has(cell, of)
            ]
            if _is_of_dead(choice, cell, is_in_line=votes.has_line(cell)):
                # That of a dead unit may be any of several.
                own = [of for of in own if choice.flow.is_zero[of]]
            if not own or any(_is_alike_on_page(named, cell, of) for of in own):
                continue
            if not rests_on_weights(named, cell):
                named.give(cell, min(own, key=partial(_apart, named, cell)), Reason.PLACE)


def _is_of_dead(choice: Choice, cell: int, *, is_in_line: bool) -> bool:
    """Whether a cell is 0 in all draws, and nothing else can be meant, as where digits are left."""
    own = np.abs(choice.study.own[cell])
    if np.nanmax(own, initial=0.0) > choice.flow.nothing:
        return False
    return bool(own.any()) or not is_in_line


def _is_alike_on_page(named: Named, cell: int, target: int) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse."""
    own, true = named.own[cell, 0], named.flow.values[target, 0]
    return bool(own and abs(abs(own) - abs(true)) <= _CLOSE_ON_PAGE * abs(true))


def _with_unnamed(named: Named) -> set[int]:
    """Return the formula shapes of cells beside L that nothing names yet."""
    sheets, flow = named.sheets, named.flow
    is_open = (flow.last < 0) & (sheets.graph.owner >= 0)
    is_open[list(named.target)] = False
    is_open[list(named.updated)] = False
    return set(np.unique(sheets.graph.owner[is_open]).tolist())


class _Votes:
    """How one comes from right cells to what they are gradients of, by formula shape and line."""

    def __init__(self, named: Named, right: RightCells) -> None:
        self._owner, self._labels = named.graph.owner, named.labels
        self._along, self._own = named.steps_along, named.own
        self._named, self._block = named, dict[int, list[int]]()
        self._counted: defaultdict[tuple[int, ...], Counter[Move]] = defaultdict(Counter)
        self._voters: dict[tuple[int, Move], list[int]] = {}
        self._kinds: dict[tuple[int, Move], set[bool]] = {}  # whether they are weights
        wanted = _with_unnamed(named)
        for cell, ofs in right.meant.items():
            if int(self._owner[cell]) not in wanted:
                continue
            cells = [int(named.flow.cells[of]) for of in ofs]
            moves = {move for of in cells for move in moves_of(named.labels, cell, of)}
            for key in self._keys(cell):
                self._counted[key].update(moves)
            for move in moves:
                self._voters.setdefault((int(self._owner[cell]), move), []).append(cell)
            for of in cells:
                for move in moves_of(named.labels, cell, of):
                    kinds = self._kinds.setdefault((int(self._owner[cell]), move), set())
                    kinds.add(named.is_leaf(of))

    @property
    def owners(self) -> list[int]:
        """The formula shapes of which enough cells are right."""
        return [key[0] for key in self._counted if len(key) == 1 and self._most(key)]

    def voters(self, owner: int) -> list[int]:
        """Return the cells that agree on the most usual way."""
        return self._voters[owner, self._counted[owner,].most_common(1)[0][0]]

    def has_line(self, cell: int) -> bool:
        """Whether enough agree in a cell's own column or row."""
        return any(self._most(key) for key in self._keys(cell)[1:-1])

    def at(self, cell: int, move: Move) -> int:
        """Return the cell to which a way leads; OUTSIDE where it leads from others to none.

        So it is where it leads to a weight, and the voters' to what formulas give, or the other
        way round; and where it leads from cells beside it, on which none agree, to nothing.
        """
        of = moved(self._labels, cell, move)
        if self._named.is_leaf(of) not in self._kinds[int(self._owner[cell]), move]:
            return OUTSIDE
        if not self._most(self._keys(cell)[0]):
            targets = self._named.targets
            for one in self._block_of(cell):
                if one not in self._named.target and not targets.by_cell.get(
                    moved(self._labels, one, move)
                ):
                    return OUTSIDE
        return of

    def best(self, cell: int) -> list[Move]:
        """Return the ways on which most agree: beside a cell, in its column or row, or of all."""
        block, *lines, whole = self._keys(cell)
        key = block if self._most(block) else max(lines, key=self._most)
        if self._along is not None and not self._most(key) and self._own[cell].any():
            return []  # elsewhere, cells of one formula shape are of different tensors
        counted = self._counted[key if self._most(key) else whole]
        number = max(counted.values())
        return [move for move, own in counted.most_common() if own == number]

    def _keys(self, cell: int) -> list[tuple[int, ...]]:
        owner = int(self._owner[cell])
        sheet, row, column = self._labels.place(cell)
        lines = [(owner, sheet, 1, column), (owner, sheet, 0, row)]
        block = owner, min(self._block_of(cell))
        return [block, *(one for one in lines if self._along in (None, one[2])), (owner,)]

    def _block_of(self, cell: int) -> list[int]:
        """Return the cells of a cell's formula shape that hang together with it.

        Beside one another, those of several steps are of different tensors: then itself alone.
        """
        if self._along is not None:
            return [cell]
        if cell not in self._block:
            group = self._named.graph.groups[int(self._owner[cell])]
            cells = {self._labels.place(one): one for one in group.cells.tolist()}
            for block in blocks(cells):
                own = [cells[place] for place in block]
                self._block.update(dict.fromkeys(own, own))
        return self._block[cell]

    def _most(self, key: tuple[int, ...]) -> int:
        """Return how many agree, 0 for too few."""
        number = max(self._counted.get(key, Counter[Move]()).values(), default=0)
        return number if number >= _FEWEST else 0


def _apart(named: Named, cell: int, target: int) -> float:
    """Return how far a cell is from a gradient, of either sign, in all draws."""
    own, true = named.own[cell], named.flow.values[target]
    return float(min(np.abs(own - true).max(), np.abs(own + true).max()))


def _lines(labels: Labels, cells: list[int]) -> set[tuple[int, int, int]]:
    """Return the rows and columns in which enough of some cells stand."""
    counted: Counter[tuple[int, int, int]] = Counter()
    for cell in cells:
        sheet, row, column = labels.place(cell)
        counted.update([(sheet, 0, row), (sheet, 1, column)])
    return {line for line, number in counted.items() if number >= _FEWEST}


def _in_line(labels: Labels, cell: int, lines: set[tuple[int, int, int]] | None) -> bool:
    if lines is None:
        return True
    sheet, row, column = labels.place(cell)
    return (sheet, 0, row) in lines or (sheet, 1, column) in lines
