"""A broken forward pass: weights that reach no L, activations that feed nothing, nets used raw.

Where it is broken, gradients that were written for the network that was meant are wrong for the
one that is there; so this has to be said first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from xlbackprop.find.gradients.differentiation.flow import Flow
from xlbackprop.find.gradients.differentiation.study import Study
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.training.updates import Update
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import OUTSIDE
from xlbackprop.formula.tree import functions_in

ACTIVATIONS = {"EXP", "TANH", "MAX", "IF"}
_MOST_NAMED, _LONGEST = 4, 16
_FIRST = "; look at this first: gradients are judged for the forward pass as it stands"
# References of all formulas before L together; beyond that, nothing is looked for.
_MOST = 2_000_000


def broken_forward(
    study: Study, flow: Flow, labels: Labels, updates: Sequence[Update], *, is_wrong: bool
) -> Iterator[str]:
    """Yield what is broken before L; `is_wrong` says that some gradient is, so that may be why."""
    notes = list(_broken(_Forward(study, flow, labels), updates, is_wrong=is_wrong))
    if notes:
        yield notes[0] + (_FIRST if is_wrong else "")
        yield from notes[1:]


def _broken(forward: _Forward, updates: Sequence[Update], *, is_wrong: bool) -> Iterator[str]:
    dead = forward.dead_weights(updates)
    same = forward.named(forward.users_of_same()) if dead or is_wrong else ""
    beside = f"{same} use the same weights" if same else ""
    if dead:
        reach = "reaches" if len(dead) == 1 else "reach"
        yield f"forward pass: {forward.called(dead)} {reach} no loss{beside and '; '}{beside}"
    elif beside:
        yield f"forward pass: {beside}"
    if not is_wrong:
        return
    idle = forward.idle_activations()
    if idle:
        feed = "feeds" if len(idle) == 1 else "feed"
        users = forward.named(forward.users_of_nets(idle))
        instead = f"; {users} use what stands before it" if users else ""
        what = forward.called(idle)
        yield f"forward pass: {what} {feed} nothing on which the loss rests{instead}"
    odd = forward.raw_users()
    if odd:
        use = "uses" if len(odd) == 1 else "use"
        yield f"forward pass: {forward.named(odd)} {use} a net itself, not its activation"


def gradients_of_dead(
    study: Study, flow: Flow, labels: Labels, updates: Sequence[Update]
) -> set[int]:
    """Return the cells that formulas like the updates use for weights that reach no loss.

    Of these there is no gradient that such a cell could equal.
    """
    graph = study.sheets.graph
    used = {one for update in updates for one in graph.references(update.cell)}
    found = set[int]()
    for cell in _Forward(study, flow, labels).updates_of_dead(updates):
        found |= {one for one in graph.references(cell) if study.sheets.is_computed[one]}
    return found - used


class _Forward:
    """What leads to L on the sheets."""

    def __init__(self, study: Study, flow: Flow, labels: Labels) -> None:
        self._study, self._flow, self._labels = study, flow, labels
        self._graph = graph = study.sheets.graph
        is_cut = np.zeros(graph.plane.size, dtype=np.bool_)
        is_cut[study.cuts] = True
        self._is_before = flow.last >= 0
        self._is_inner = self._is_before & study.sheets.is_computed & ~is_cut
        self._is_leaf = study.sheets.is_typed | is_cut
        small = sum(group.references for group in graph.groups) <= _MOST
        self._groups: Sequence[Group] = graph.groups if small else ()
        self._activation: dict[int, int] = {}  # of a net, where it leads to L
        for cell, net in self._made_of_one_net(is_before=True):
            self._activation.setdefault(net, cell)

    def _made_of_one_net(self, *, is_before: bool) -> Iterator[tuple[int, int]]:
        """Yield activations, those before L or the others, and the only cell that each uses."""
        for group in self._groups:
            if not ACTIVATIONS & set(functions_in(group.tree)):
                continue
            windows = self._graph.windows(group)
            if not windows.shape[1]:
                continue
            single = (windows == windows[:, :1]).all(axis=1) & self._is_inner[windows[:, 0]]
            single &= self._is_before[group.cells] == is_before
            yield from zip(group.cells[single].tolist(), windows[single, 0].tolist(), strict=True)

    def dead_weights(self, updates: Sequence[Update]) -> list[int]:
        """Return the weights of updates like the others that do not lead to L."""
        return sorted(set(self.updates_of_dead(updates).values()))

    def updates_of_dead(self, updates: Sequence[Update]) -> dict[int, int]:
        """Return the cells of such updates, and the weight of each."""
        known = {one.cell for one in updates}
        alive = [one for one in updates if self._is_before[one.of] and one.gradients]
        lines = {self._line(one.of, self._way(one.cell, one.of)) for one in alive}
        ways: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for one in alive:
            ways[int(self._graph.owner[one.cell])].add(self._way(one.cell, one.of))
        found = dict[int, int]()
        for owner, own in ways.items():
            if not self._groups:
                break
            group = self._groups[owner]
            for cell in group.cells.tolist():
                if cell in known:
                    continue
                for slot in group.used:
                    of = self._graph.slot_cell(cell, slot)
                    if of == OUTSIDE or self._is_before[of]:
                        continue
                    way = self._way(cell, of)
                    if way in own and self._line(of, way) in lines:
                        found[cell] = of
        return found

    def _way(self, cell: int, of: int) -> tuple[int, int]:
        sheet, row, column = self._labels.place(cell)
        other, own_row, own_column = self._labels.place(of)
        return (row - own_row, column - own_column) if sheet == other else (0, 0)

    def _line(self, cell: int, way: tuple[int, int]) -> tuple[int, int, int]:
        """Return the row in which a weight stands, or the column where steps go to the right."""
        sheet, row, column = self._labels.place(cell)
        return (sheet, 1, column) if way[0] == 0 and way[1] else (sheet, 0, row)

    def users_of_same(self) -> list[int]:
        """Return formulas before L that use the same weights as a neighbour, on the same inputs."""
        seen: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
        for number, group in enumerate(self._groups):
            for cell, own in self._references(group):
                most = tuple(own[:-1])  # the last may be a bias
                if len(most) > 2 and any(self._is_leaf[one] for one in most):
                    seen[number, most].append(cell)
        return sorted(cell for cells in seen.values() if len(cells) > 1 for cell in cells)

    def idle_activations(self) -> list[int]:
        """Return the activations of nets before L that lead to no L, where no other does."""
        return sorted(
            cell
            for cell, net in self._made_of_one_net(is_before=False)
            if net not in self._activation and self._study.sheets.is_computed[cell]
        )

    def users_of_nets(self, idle: Sequence[int]) -> list[int]:
        """Return the formulas before L that use the nets of some activations."""
        nets = {one for cell in idle for one in self._graph.references(cell)}
        return sorted(
            cell
            for group in self._groups
            for cell, own in self._references(group)
            if nets & set(own)
        )

    def raw_users(self) -> list[int]:
        """Return formulas that use a net whose activation others of their kind use."""
        activations, found = set(self._activation.values()), []
        for group in self._groups:
            own = [(cell, set(references)) for cell, references in self._references(group)]
            if not any(references & activations for _, references in own):
                continue
            found += [
                cell
                for cell, references in own
                if any(self._is_instead(one, cell, references) for one in references)
                and cell not in activations
            ]
        return sorted(found)

    def _is_instead(self, net: int, cell: int, references: set[int]) -> bool:
        """Whether a cell uses a net, and not its activation: exp(z - max(z)) uses both."""
        return self._activation.get(net, cell) not in {cell, *references}

    def _references(self, group: Group) -> Iterator[tuple[int, list[int]]]:
        """Yield the formulas of a group that lead to L, with the cells to which they refer."""
        which = self._is_inner[group.cells]
        windows = self._graph.windows(group)[which]
        yield from zip(group.cells[which].tolist(), windows.tolist(), strict=True)

    def called(self, cells: Sequence[int]) -> str:
        """Return the addresses of cells, with the text that names all of them, if one does."""
        texts = {self._labels.above(cell)[1] for cell in cells}
        text = texts.pop() if len(texts) == 1 else ""
        is_short = 0 < len(text) <= _LONGEST
        return f"{self.named(cells)} ({text})" if is_short else self.named(cells)

    def named(self, cells: Sequence[int]) -> str:
        """Return the addresses of cells, a run in a row or column as one."""
        left, runs = set(cells), list[str]()
        for cell in cells:
            if cell not in left:
                continue
            run = max(self._runs(cell, left), key=len)
            left -= set(run)
            ends = [self._address(one) for one in (run[0], run[-1])]
            runs.append(ends[0] if len(run) == 1 else f"{ends[0]} to {ends[1]}")
        more = f" and {len(runs) - _MOST_NAMED} more" if len(runs) > _MOST_NAMED else ""
        return ", ".join(runs[:_MOST_NAMED]) + more

    def _runs(self, cell: int, among: set[int]) -> Iterator[list[int]]:
        """Yield the cells from one downwards, and those from it to the right."""
        width = self._graph.plane.box_of(cell).width
        for step in (width, 1):
            run = [cell]
            while run[-1] + step in among:
                run.append(run[-1] + step)
            yield run

    def _address(self, cell: int) -> str:
        _, row, column = self._labels.place(cell)
        return address_of(row, column)
