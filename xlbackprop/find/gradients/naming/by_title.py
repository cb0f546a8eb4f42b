"""Gradients that nothing names but the title over several blocks, of which theirs is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.graph import resting_on
from xlbackprop.find.gradients.texts.aligned import Blocks, Pairs, aligned, blocks_of
from xlbackprop.find.gradients.texts.governed import Governed
from xlbackprop.find.gradients.texts.labels import Derivative
from xlbackprop.find.gradients.texts.reading import Said
from xlbackprop.find.gradients.texts.titles import Titled, Untold
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.tolerance import matches, rounding

# Right numbers that are not zero, by which a tensor is known where nothing else tells which it is.
_FEWEST = 2
# Right formulas of gradients, by which a sheet is known to hold such.
_FEWEST_RIGHT = 4.0
# Blocks that are compared with one another where their order is not sure.
_MOST_BLOCKS = 36

Meant = tuple[Indices, list[list[int]]]  # cells, and the targets of each, none where it has none


class ByTitle:
    """What titles say of the typed numbers on which no L rests, and of what is made of these."""

    def __init__(self, named: Named, is_typed: Mask) -> None:
        self._named, self._titles, self._is_typed = named, named.titles, is_typed
        self._labels, self._targets = named.labels, named.targets
        self._numbers: Array = named.choice.study.own[:, 0]

    def said(self) -> Titled:
        """Return what titles call gradients, and the typed numbers that go with nothing."""
        meant, called, untold = dict[int, list[int]](), dict[int, Derivative](), list[Untold]()
        for title, said in self._titles.gradients:
            cells = np.concatenate([one.cells(self._labels).ravel() for one in title.rectangles])
            if not self._is_typed[cells].any():
                continue
            found = self._meant(title, said)
            if found is None:
                if self._is_called_so(title, said) and not self._is_of_nothing(title, said):
                    untold += self._untold(title, said)
                continue
            for cell, targets in zip(found[0].tolist(), found[1], strict=True):
                if targets and self._is_typed[cell]:
                    meant[cell] = targets
                    called[cell] = Derivative(said.by[0], said.is_outright)
        return Titled(meant, called, tuple(untold))

    def formulas(self, typed: Sequence[int]) -> dict[int, list[int]]:
        """Return the formulas that titles call gradients, and that equal none, with what is meant.

        What is made of these, or of `typed` gradients, may equal another: its title tells, too.
        """
        choice = self._named.choice
        is_beside = choice.study.sheets.is_computed & (choice.flow.last < 0)
        is_beside[list(self._named.updated)] = False
        is_open = is_beside.copy()
        is_open[list(choice.matches)] = False
        found = self._called(is_open)
        if begins := [*typed, *found]:
            cells, graph = np.array(begins, dtype=np.int32), choice.study.sheets.graph
            rests = resting_on(choice.study.computation.in_order(), graph, cells)
            found |= self._called(is_beside & rests & ~is_open)
        return found

    def _called(self, is_open: Mask) -> dict[int, list[int]]:
        """Return those of some cells that titles call gradients outright, with what is meant."""
        found: dict[int, list[int]] = {}
        for title, said in self._titles.gradients:
            own = np.concatenate([one.cells(self._labels).ravel() for one in title.rectangles])
            meant = self._meant(title, said) if is_open[own].any() and said.is_outright else None
            for cell, targets in zip(*meant, strict=True) if meant else ():
                if targets and is_open[cell]:
                    found[int(cell)] = targets
        return found

    def _meant(self, title: Governed, said: Said) -> Meant | None:
        """Return the cells under a title with what they are the gradients of, if that is sure."""
        named = self._titles.named(said, title.sheet)
        found = [meant for one in named if (meant := self._aligned(title, one)) is not None]
        if len(found) > 1:
            found = [meant for meant in found if not self._is_taken(meant)] or found
        if len(found) == 1:
            return found[0]
        if not named:
            every = (self._aligned(title, one) for one in self._titles.others(title.sheet))
            found = [meant for meant in every if meant is not None]
        right = [meant for meant in found if self._is_right(*meant)]
        return right[0] if len(right) == 1 else None

    def _is_called_so(self, title: Governed, said: Said) -> bool:
        """Whether a title that cannot be followed calls gradients what it stands over, for sure.

        `dw` does where gradients stand on the sheet, and as many numbers as there are of `w`.
        """
        if said.is_outright or self._named.choice.score[0] < _FEWEST_RIGHT:
            return said.is_outright
        count = sum(cells.size for cells, _ in self._blocks(title))
        last = self._named.choice.flow.last
        return any(
            sum(int((last[cells] >= 0).sum()) for cells, _ in self._blocks(one)) == count > 1
            for one in self._titles.named(said, title.sheet)
        )

    def _is_of_nothing(self, title: Governed, said: Said) -> bool:
        """Whether a title is of zeros whose own cells lead to no L, or of no block at all.

        Over the numbers of rows stands none.
        """
        blocks = self._blocks(title)
        if not blocks:
            return True
        own = np.concatenate([one.ravel() for one, _ in blocks])
        its = [
            one.ravel()
            for by in said.by[:1]
            for _, other in self._titles.by_name.get(by, ())
            for one, _ in self._blocks(other)
        ]
        last = self._named.choice.flow.last
        is_zero = not self._numbers[own[self._is_typed[own]]].any()
        return is_zero and bool(its) and bool((last[np.concatenate(its)] < 0).all())

    def _blocks(self, title: Governed) -> Blocks:
        return blocks_of(title, self._labels, self._numbers, bare=True)

    def _aligned(self, title: Governed, other: Governed) -> Meant | None:
        for bare in (False, True):
            own, its = (
                blocks_of(one, self._labels, self._numbers, bare=bare) for one in (title, other)
            )
            if own and its and (pairs := aligned(own, its)) is not None:
                found = self._as_on_page(self._in_order(pairs))
                if found is None or any(found[1]):
                    return found
        return None

    def _in_order(self, pairs: Pairs) -> Meant | None:
        """Return what is meant, block by block; where that is not sure, as the numbers say.

        None where one block is what belongs into another, and the rest do not tell.
        """
        order = list(range(len(pairs.own)))
        if not pairs.is_sure and len(order) <= _MOST_BLOCKS:
            fits = [[at for at in order if self._is_of(pairs, one, at)] for one in order]
            if any(own and one not in own for one, own in enumerate(fits)):
                order = [own[0] for own in fits if len(own) == 1]
                if sorted(order) != list(range(len(pairs.own))):
                    return None
        blocks = [self._block(pairs, one, at) for one, at in enumerate(order)]
        return np.concatenate([cells for cells, _ in blocks]), [
            at for _, own in blocks for at in own
        ]

    def _as_on_page(self, meant: Meant | None) -> Meant | None:
        """Return what is meant: of several steps' gradients, or parts, that which the numbers are.

        What comes back on a sheet alone is a part, where others use the same cells.
        """
        if meant is None:
            return None
        flow, (cells, targets) = self._named.choice.flow, meant
        if any(len(own) > 1 for own in targets):
            steps = sorted({int(flow.steps[at]) for own in targets for at in own})
            each = [(cells, [sorted(own, key=lambda at: flow.steps[at] != one) for own in targets])
                    for one in steps]  # fmt: skip
            fits = [one for one in each if self._is_on_page(*one)]
            free = [own for one, own in zip(steps, each, strict=True)
                    if one >= 0 and not self._is_taken(own)]  # fmt: skip
            return fits[0] if fits else free[0] if len(free) == 1 else meant
        parts = [[flow.parts.get(int(flow.cells[at])) for at in own[:1]] for own in targets]
        known = [[at for at in own if at is not None] for own in parts]
        is_part = known == parts and any(known) and not self._is_on_page(cells, targets)
        return (cells, known) if is_part and self._is_on_page(cells, known) else meant

    def _is_on_page(self, cells: Indices, meant: Sequence[Sequence[int]]) -> bool:
        """Whether all numbers of the page, typed or not, are the gradients that are meant."""
        told = [(cell, at[0]) for cell, at in zip(cells.tolist(), meant, strict=True) if at]
        own, targets = ([one[which] for one in told] for which in (0, 1))
        numbers, truth = self._numbers[own], self._named.choice.flow.values[targets, 0]
        typed = np.ones(len(own), dtype=np.bool_)
        right = matches(numbers, truth, rounding(numbers, typed, truth))
        return bool(right.all() and truth.any())

    def _is_of(self, pairs: Pairs, one: int, other: int) -> bool:
        """Whether the typed numbers of one block are the gradients of another."""
        is_alike = pairs.own[one].shape == pairs.its[other].shape
        return is_alike and self._is_right(*self._block(pairs, one, other))

    def _block(self, pairs: Pairs, one: int, other: int) -> Meant:
        """Return the cells of one block with what those of another are for L."""
        cells, ofs = pairs.own[one].ravel(), pairs.its[other].ravel()
        both = zip(ofs.tolist(), cells.tolist(), strict=True)
        return cells, [self._targets.at(of, cell) for of, cell in both]

    def _is_taken(self, meant: Meant) -> bool:
        """Whether formulas elsewhere hold the gradients that are meant."""
        own = {*meant[0].tolist()}
        wanted = [targets[0] for targets in meant[1] if targets]
        return all(self._held.get(at, own) - own for at in wanted if at in self._held) and any(
            at in self._held for at in wanted
        )

    @cached_property
    def _held(self) -> Mapping[int, set[int]]:
        """The cells with formulas that are right gradients, by their targets."""
        found: dict[int, set[int]] = {}
        for cell, match in self._named.choice.matches.items():
            for at in match.targets:
                found.setdefault(at, set()).add(cell)
        return found

    def _is_right(self, own: Indices, meant: Sequence[Sequence[int]]) -> bool:
        """Whether typed numbers are, maybe rounded, the gradients that are meant."""
        told = [(cell, at[0]) for cell, at in zip(own.tolist(), meant, strict=True) if at]
        if len(told) < _FEWEST:
            return False
        cells, targets = ([one[which] for one in told] for which in (0, 1))
        typed = np.asarray(self._is_typed[cells])
        numbers, truth = self._numbers[cells], self._named.choice.flow.values[targets, 0]
        right = matches(numbers, truth, rounding(numbers, typed, truth))
        return bool(right[typed].all() and (truth[typed] != 0).sum() >= _FEWEST)

    def _untold(self, title: Governed, said: Said) -> Iterator[Untold]:
        """Yield the blocks under a title that are typed throughout."""
        for cells, _ in self._blocks(title):
            flat: Sequence[int] = cells.ravel().tolist()
            if self._is_typed[cells].all():
                yield Untold(tuple(flat), title.text, said.by)
