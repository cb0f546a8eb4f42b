"""By what factor each cell is a gradient, and where on a sheet a factor begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.claims.moves import Move, moved, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.drawing import are_true, columns_of
from xlbackprop.find.gradients.differentiation.matching import classes
from xlbackprop.find.gradients.findings import Family, Reason
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Reference

_CLOSE = 1e-6
# Cells of a formula that have to agree on what they are before others of it are taken for such.
_FEWEST = 3
_MOST_WAYS = 8


class Levels:
    """By what factor each cell is a gradient, 0 where it is none, and what it is made of."""

    def __init__(self, named: Named, usual: float, left_out: Mapping[int, float]) -> None:
        self._named, self._usual = named, usual
        self._study = study = named.study
        self._graph = graph = study.sheets.graph
        self._is_computed = study.sheets.is_computed & (
            graph.copied == np.arange(len(graph.copied))
        )
        self.level = np.zeros(self._graph.plane.size)
        for cell, match in named.matches.items():
            all_own = [abs(factor(named.choice, cell, of)) for of in match.targets]
            if any(own > 0 and abs(own - usual) <= _CLOSE * own for own in all_own):
                self.level[cell] = usual
            else:
                target = named.target.get(cell, match.targets[0])
                self.level[cell] = abs(factor(named.choice, cell, target))
        if left_out:
            self.level[_given_gradients(named)] = usual
        self._is_open = np.zeros(self._graph.plane.size, dtype=np.bool_)
        self._is_open[list(left_out)] = True
        self._is_open &= ~is_near(self.level, usual) & (self.level > 0)

    def named(self, odd: float = 0.0) -> list[int]:
        """Return the open cells where slips begin, and those that are made of them.

        With `odd`, also where that factor begins though no right gradient stands before it.
        """
        begins = self._with_alike([*self._left_over(self._made_of_right()), *self.first(odd)])
        is_odd = np.zeros(self._graph.plane.size, dtype=np.bool_)
        is_odd[begins] = True
        may_be = self._is_open | is_near(self.level, odd)
        for group in self._named.choice.study.groups if begins else ():
            cells = group.cells[may_be[group.cells]]
            if cells.size:
                made_of = self._made_of(cells)
                same = is_near(self.level[made_of], self.level[cells][:, None]) & is_odd[made_of]
                is_odd[cells[same.any(axis=1)]] = True
        found: list[int] = np.flatnonzero(is_odd & self._is_open).tolist()
        return found

    def _with_alike(self, begins: list[int]) -> list[int]:
        """Return where slips begin, and the cells of one formula with them that are as odd.

        What these are made of may be no gradient that can be told, as behind dead units.
        """
        levels: dict[int, float] = {
            int(self._graph.owner[cell]): float(self.level[cell]) for cell in begins
        }
        found = set(begins)
        for cells, own, made_of in self.by_group(self._is_open) if begins else ():
            level = levels.get(int(self._graph.owner[cells[0]]), 0.0)
            is_alike = is_near(own, level) & ~is_near(made_of, own[:, None]).any(axis=1)
            found.update(cells[is_alike].tolist())
        return sorted(found)

    def first(self, odd: float) -> list[int]:
        """Return the cells that have a factor, and are made of none that has it, or might have it.

        Of what is a multiple by itself, as the difference of an output and its target, they may be.
        """
        found: list[int] = []
        last, is_computed = self._named.flow.last, self._study.sheets.is_computed
        is_untold = is_computed & (last < 0) & (self.level == 0)
        for cells, own, made_of in self.by_group(is_near(self.level, odd)):
            is_untold_within = is_untold[self._made_of(cells)].any(axis=1)
            is_first = ~is_near(made_of, own[:, None]).any(axis=1) & ~is_untold_within
            found += cells[is_first].tolist()
        return found

    def beside(self, cells: list[int]) -> dict[int, tuple[int, int]]:
        """Return what others are to be, in their formulas or on their sheets, and like which cell.

        What is 0 on most draws cannot be told to be a multiple but by where it stands.
        """
        owner, (sheets, *_) = self._graph.owner, self._graph.plane.places
        here: dict[int, list[int]] = {}
        for cell in cells:
            here.setdefault(int(sheets[cell]), []).append(cell)
        found: dict[int, tuple[int, int]] = {}
        for sheet, own in here.items():
            ways, taken = self._ways(own), set(own)
            alike = dict(zip(owner[own].tolist(), own, strict=True))
            for cell in np.flatnonzero((sheets == sheet) & self._is_computed).tolist():
                like = alike.get(int(owner[cell]), own[0])
                is_named = cell in taken or not self._is_unsaid(cell)
                if is_named or not (int(owner[cell]) in alike or self._study.own[cell].any()):
                    continue
                for target in (at for way in ways for at in self._at(cell, way)):
                    if cell not in found and self._is_times(cell, target, like):
                        found[cell] = target, like
        return found

    def _is_times(self, cell: int, target: int, like: int) -> bool:
        """Whether a cell is as many times a gradient as another cell is its own."""
        by = factor(self._named.choice, like, self._named.target[like])
        own = self._named.own[cell]
        truth = by * self._named.flow.values[target]
        return bool(are_true(own[None], truth[None])[0])

    def _ways(self, cells: list[int]) -> list[Move]:
        """Return how one comes from enough cells to what they are gradients of."""
        moves = (moves_of(self._named.labels, one, self._of(one)) for one in cells)
        counted = Counter(way for ways in moves for way in ways).most_common(_MOST_WAYS)
        return [way for way, number in counted if number >= _FEWEST]

    def _at(self, cell: int, way: Move) -> list[int]:
        return self._named.targets.at(moved(self._named.labels, cell, way), cell)[:1]

    def _is_unsaid(self, cell: int) -> bool:
        """Whether a cell is beside L, and its number is no gradient that it claims to be."""
        named = self._named
        if named.flow.last[cell] >= 0 or cell in named.none or cell in named.updated:
            return False
        is_weak = named.reason.get(cell, Reason.VALUE) in (Reason.VALUE, Reason.PLACE)
        return is_weak and not named.fits(cell)

    def by_group(self, which: Mask) -> Iterator[tuple[Indices, Array, Array]]:
        """Yield some cells of each formula, their factors, and those of what they are made of."""
        for group in self._graph.groups:
            cells = group.cells[which[group.cells]]
            if cells.size:
                yield cells, self.level[cells], self.level[self._made_of(cells)]

    def is_backward(self, cells: Indices) -> Mask:
        """Return which cells of one formula are made of others that are beside L."""
        study, last = self._named.choice.study, self._named.flow.last
        is_beside = (last < 0) & study.sheets.is_computed
        return np.asarray(is_beside[self._made_of(cells)].any(axis=1))

    def is_of_leaf(self, cell: int) -> bool:
        """Whether a cell is the gradient of a weight, or of another number that was typed."""
        return cell in self._named.target and self._named.is_leaf(self._of(cell))

    def _of(self, cell: int) -> int:
        return int(self._named.flow.cells[self._named.target[cell]])

    def _made_of(self, cells: Indices) -> Indices:
        """Return what cells of one formula refer to, and not to copies of it."""
        group = self._graph.groups[self._graph.owner[cells[0]]]
        windows = self._graph.windows(group)[self._graph.position[cells]]
        return np.asarray(self._graph.copied[windows])

    def _made_of_right(self) -> list[int]:
        """Return the multiples that are made of right gradients alone, and of no rate."""
        sheets, last = self._named.sheets, self._named.flow.last
        # What stands around a window are typed zeros.
        is_rate = sheets.is_typed & (last < 0) & (sheets.page.numbers[:, 0] != 0)
        found: list[int] = []
        for cells, own, made_of in self.by_group(self._is_open):
            is_right = is_near(made_of, self._usual).any(axis=1)
            is_right &= ~is_near(made_of, own[:, None]).any(axis=1)
            is_right &= ~is_rate[self._made_of(cells)].any(axis=1)
            found += cells[is_right].tolist()
        return found

    def _left_over(self, cells: list[int]) -> list[int]:
        """Return those of some multiples that nothing makes good.

        What a right gradient is made of is but a step on the way, and so is what nothing uses,
        unless it is of a weight. A rate or a mean is in the gradients of all weights.
        """
        if not cells:
            return []
        used, makes_right = self._uses(cells)
        cells = [cell for cell in cells if cell not in makes_right]
        weights: dict[float, set[int]] = {}
        for cell in filter(self.is_of_leaf, cells):
            weights.setdefault(round(self.level[cell], 6), set()).add(self._of(cell))
        plain = self._plain_weights() if weights else set()
        return [
            cell
            for cell in cells
            if (
                plain - weights[round(self.level[cell], 6)] and not self._is_scaled(cell)
                if self.is_of_leaf(cell)
                else cell in used
            )
        ]

    def _uses(self, cells: list[int]) -> tuple[set[int], set[int]]:
        """Return which cells are used by any formula beside L, and which by right gradients."""
        is_asked = np.zeros(self._graph.plane.size, dtype=np.bool_)
        is_asked[cells] = True
        used, makes_right, makes_odd = set[int](), set[int](), set[int]()
        for group in self._graph.groups:
            if isinstance(group.tree, Reference):
                continue
            made_of = self._made_of(group.cells)
            at, which = np.nonzero(is_asked[made_of])
            used.update(made_of[at, which].tolist())
            level, own = self.level[group.cells[at]], self.level[made_of[at, which]]
            makes_right.update(made_of[at, which][is_near(level, self._usual)].tolist())
            makes_odd.update(made_of[at, which][is_near(level, own)].tolist())
        return used, makes_right - makes_odd  # what it is multiplied with may be 0

    def _plain_weights(self) -> set[int]:
        """Return the weights whose gradients are right, and made of others."""
        found = set[int]()
        for cells, _, made_of in self.by_group(is_near(self.level, self._usual)):
            made = cells[(made_of > 0).any(axis=1)].tolist()
            found.update(self._of(cell) for cell in made if self.is_of_leaf(cell))
        return found

    def _is_scaled(self, cell: int) -> bool:
        """Whether a cell is made of its weight's right gradient: a mean, a part of a momentum."""
        made_of = self._made_of(np.array([cell], dtype=np.int32))[0].tolist()
        target = self._named.target
        right = [
            one for one in made_of if one in target and is_near(self.level[[one]], self._usual)
        ]
        return any(self._of(one) == self._of(cell) for one in right)


def _given_gradients(named: Named) -> Indices:
    """Return the typed cells that are dL/d(cell) of others, where `L = sum(dL/dout * out)`."""
    study, flow = named.study, named.flow
    draws = columns_of(Family.ALL)
    gradients = flow.values[study.sheets.is_computed[flow.cells]][:, draws]
    rows = np.concatenate([study.board.numbers[study.given][:, draws], gradients])
    numbers, norms = classes(rows), np.linalg.norm(rows, axis=1)
    count = len(study.given)
    known: dict[int, list[float]] = {}
    for number, norm in zip(numbers[count:].tolist(), norms[count:].tolist(), strict=True):
        known.setdefault(number, []).append(norm)
    is_one = [
        number >= 0 and any(abs(norm - one) <= _CLOSE * norm for one in known.get(number, ()))
        for number, norm in zip(numbers[:count].tolist(), norms[:count].tolist(), strict=True)
    ]
    return study.given[is_one]


def is_near(levels: Array, other: float | Array) -> Mask:
    """Return which factors are another, but for their last digits; none of 0 is."""
    return np.asarray((levels > 0) & (np.abs(levels - other) <= _CLOSE * levels))
