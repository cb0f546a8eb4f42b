"""The order in which groups of cells are evaluated, each after what it refers to.

Most groups rest on whole other groups. Where groups rest on one another (the steps of a training,
a running sum), their cells are put in order one level at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import Indices, Plane

# Levels of cells, each of which costs as much as a group; a longer chain is not followed.
MOST_LEVELS = 20_000
_TOGETHER = 2_000_000  # numbers
# What groups refer to, and cells that rest on one another: beyond that there is not the memory.
MOST_NEEDS, MOST_EDGES = 2_000_000, 20_000_000


@dataclass(frozen=True)
class Step:
    """A group to be evaluated, or some of its cells."""

    group: int
    cells: Indices | None = None


@dataclass(frozen=True)
class Order:
    """The steps in their order, and the cells that rest on themselves, or on such cells."""

    steps: tuple[Step, ...]
    circular: Indices


def portions(group: Group, cells: int, together: int) -> Iterator[slice]:
    """Yield slices of so many cells as take about so many numbers together."""
    each = max(1, group.cost // max(1, len(group.cells)))
    number = max(1, together // each)
    for start in range(0, cells, number):
        yield slice(start, min(cells, start + number))


def put_in_order(groups: Sequence[Group], plane: Plane, look_up: Callable[[], None]) -> Order:
    """Return the order of evaluation of all groups; `look_up` is called between steps.

    Raises NotKnown where too much rests on one another.
    """
    owner = np.full(plane.size, -1, dtype=np.int32)
    for number, group in enumerate(groups):
        owner[group.cells] = number
    needs: list[set[int]] = []
    together = 0
    for group in groups:
        look_up()
        needs.append(_needed(group, owner, plane, len(groups)))
        together += len(needs[-1])
        if together > MOST_NEEDS:
            raise NotKnown("formulas that refer to too many others")
    steps: list[Step] = []
    circular: list[Indices] = []
    left = MOST_LEVELS
    for component in _components(needs):
        (first, *others) = component
        if not others and first not in needs[first]:
            steps.append(Step(first))
            continue
        if sum(groups[number].cost for number in component) > MOST_EDGES:
            raise NotKnown("too many cells that rest on one another")
        own, rest = _levels(groups, component, owner, plane, left)
        left -= len(own)
        steps += own
        circular.append(rest)
    return Order(tuple(steps), np.concatenate([np.empty(0, np.int32), *circular]))


def _needed(group: Group, owner: Indices, plane: Plane, groups: int) -> set[int]:
    """Return to which of so many groups a group's cells refer."""
    found = np.zeros(groups + 1, dtype=np.bool_)  # the last one for cells of no group: -1
    group = group.once
    for slot in group.used:
        place = group.places[slot]
        for part in portions(group, 1 if place.is_fixed else len(group.cells), _TOGETHER):
            found[owner[place.of(plane, part)]] = True
    return set(np.flatnonzero(found[:-1]).tolist())


def _components(needs: Sequence[set[int]]) -> Iterator[list[int]]:
    """Yield what rests on one another together, each component after those it needs (Tarjan)."""
    number = [-1] * len(needs)
    lowest = [0] * len(needs)
    on_stack = [False] * len(needs)
    stack: list[int] = []
    counter = 0
    for root in range(len(needs)):
        work = [(root, iter(needs[root]))] if number[root] < 0 else []
        while work:
            node, others = work[-1]
            if number[node] < 0:
                number[node] = lowest[node] = counter
                counter += 1
                stack.append(node)
                on_stack[node] = True
            for other in others:
                if number[other] < 0:
                    work.append((other, iter(needs[other])))
                    break
                if on_stack[other]:
                    lowest[node] = min(lowest[node], number[other])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    yield _popped(stack, node, on_stack)


def _popped(stack: list[int], node: int, on_stack: list[bool]) -> list[int]:
    component = []
    while True:
        member = stack.pop()
        on_stack[member] = False
        component.append(member)
        if member == node:
            return component


def _levels(
    groups: Sequence[Group], component: Sequence[int], owner: Indices, plane: Plane, most: int
) -> tuple[list[Step], Indices]:
    """Return the steps of groups that rest on one another, and the cells that are in no order."""
    cells, position, local = _numbered([groups[number] for number in component], plane)
    source, target = _edges(groups, component, local, plane)
    waiting = np.bincount(target, minlength=len(cells))
    order = np.argsort(source, kind="stable")
    target, ends = target[order], np.cumsum(np.bincount(source, minlength=len(cells)))
    starts = ends - np.diff(ends, prepend=0)
    steps: list[Step] = []
    front = np.flatnonzero(waiting == 0)
    done = np.zeros(len(cells), dtype=np.bool_)
    while front.size and len(steps) < most:
        done[front] = True
        steps += _steps_of(owner[cells[front]], position[front])
        after = target[_spans(starts[front], ends[front])]
        np.subtract.at(waiting, after, 1)
        after = np.unique(after)
        front = after[waiting[after] == 0]
    (all_cells,) = np.nonzero(local >= 0)
    return steps, all_cells[~done[local[all_cells]]].astype(np.int32)


def _numbered(groups: Sequence[Group], plane: Plane) -> tuple[Indices, Indices, Indices]:
    """Return the first cell of each formula of some groups, and its position in its group.

    And, for each cell of the plane, which of these formulas fills it, or -1.
    """
    firsts, positions = [], []
    local = np.full(plane.size, -1, dtype=np.int32)
    count = 0
    for group in groups:
        filled = prod(group.area)
        formulas = len(group.cells) // filled
        firsts.append(group.once.cells)
        positions.append(np.arange(0, len(group.cells), filled, dtype=np.int32))
        local[group.cells] = count + np.repeat(np.arange(formulas, dtype=np.int32), filled)
        count += formulas
    return np.concatenate(firsts), np.concatenate(positions), local


def _edges(
    groups: Sequence[Group], component: Sequence[int], local: Indices, plane: Plane
) -> tuple[Indices, Indices]:
    """Return which formula each formula of a component refers to within it, as pairs."""
    sources, targets = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for number in component:
        group = groups[number].once
        own = local[group.cells]
        for slot in group.used:
            place = group.places[slot]
            for part in portions(group, len(own), _TOGETHER):
                found = local[place.of(plane, part)].reshape(-1, place.size[0] * place.size[1])
                found = np.broadcast_to(found, (len(own[part]), found.shape[1]))
                at, which = np.nonzero(found >= 0)
                sources.append(found[at, which])
                targets.append(own[part][at])
    return np.concatenate(sources), np.concatenate(targets)


def _steps_of(owners: Indices, positions: Indices) -> Iterator[Step]:
    """Yield steps for the cells of one level, group by group."""
    for number in np.unique(owners).tolist():
        yield Step(number, positions[owners == number])


def _spans(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the numbers from each start up to the end beside it, one after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(lengths.sum()) + np.repeat(starts - before, lengths))
