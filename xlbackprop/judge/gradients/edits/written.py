"""A cell's formula as it stands: its tree, where it refers to, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.formula.evaluate import evaluate
from xlbackprop.formula.sheets.plane import Indices, Plane
from xlbackprop.formula.tree import (
    Call,
    Expression,
    Negative,
    Operation,
    Percent,
    Reference,
    children,
    rebuilt,
    walk,
)

Path = tuple[int, ...]


class Spot(NamedTuple):
    """What a reference refers to: a rectangle on a sheet; rows and columns count from 0."""

    sheet: int
    top: int
    left: int
    height: int = 1
    width: int = 1

    @property
    def is_cell(self) -> bool:
        """Whether it is a single cell."""
        return self.height == self.width == 1

    def moved(self, rows: int, columns: int) -> Spot:
        """Return the rectangle so many rows further down and columns to the right."""
        return self._replace(top=self.top + rows, left=self.left + columns)


def spot_of(plane: Plane, cell: int) -> Spot:
    """Return where a cell stands."""
    sheet = plane.sheet_of(cell)
    box = plane.boxes[sheet]
    row, column = divmod(cell - box.first, box.width)
    return Spot(sheet, box.top + row, box.left + column)


@dataclass(frozen=True)
class Written:
    """A cell's formula. `entry` is which number of an array formula is the cell's."""

    cell: int
    place: Spot
    tree: Expression
    spots: tuple[Spot, ...]  # by slot
    entry: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (1, 1)  # what the formula fills

    def having(self, tree: Expression, *further: Spot) -> Written:
        """Return the formula with another tree, whose last slots are new."""
        return replace(self, tree=tree, spots=(*self.spots, *further))

    def slots_of(self, spot: Spot) -> list[int]:
        """Return the slots in the tree that refer to a rectangle."""
        return [slot for slot in slots_in(self.tree) if self.spots[slot] == spot]


def written(graph: Graph, cell: int) -> Written | None:
    """Return a cell's formula; None where it has none."""
    if graph.owner[cell] < 0:
        return None
    group, at = graph.groups[graph.owner[cell]], int(graph.position[cell])
    spots = tuple(
        Spot(place.sheet, int(place.tops[at]), int(place.lefts[at]), *place.size)
        for place in group.places
    )
    sheet = graph.plane.sheet_of(cell)
    place = Spot(sheet, int(group.rows[at]), int(group.columns[at]))
    size: tuple[int, int] = getattr(group, "area", (1, 1))
    row, column = divmod(at % (size[0] * size[1]), size[1])
    return Written(cell, place, group.tree, spots, (row, column), size)


def slots_in(tree: Expression) -> list[int]:
    """Return the slots that a tree refers to, each once, from left to right."""
    return list(dict.fromkeys(one.slot for one in walk(tree) if isinstance(one, Reference)))


def shape(tree: Expression) -> Expression:
    """Return a tree that does not tell where its references refer to."""
    return rebuilt(tree, lambda one: Reference(0) if isinstance(one, Reference) else one)


def renamed(tree: Expression, slots: Mapping[int, int]) -> Expression:
    """Return a tree that refers to other slots."""
    return rebuilt(
        tree,
        lambda one: Reference(slots.get(one.slot, one.slot)) if isinstance(one, Reference) else one,
    )


def subtracts_itself(formula: Written) -> bool:
    """Return whether a formula holds `A1-A1`: what nobody means."""
    for part in walk(formula.tree):
        match part:
            case Operation("-", Reference(one), Reference(other)):
                if formula.spots[one] == formula.spots[other]:
                    return True
    return False


def moves_between(first: Written, other: Written) -> list[tuple[int, int]]:
    """Return by how many rows and columns what is new may have moved between two formulas."""
    own = _apart(first.place, other.place)
    slots = [_apart(*pair) for pair in zip(first.spots, other.spots, strict=True)]
    return list(
        dict.fromkeys([own, (0, 0), (own[0], 0), (0, own[1]), own[::-1], (own[1], 0), *slots])
    )


def _apart(spot: Spot, other: Spot) -> tuple[int, int]:
    return other.top - spot.top, other.left - spot.left


def relative(formula: Written) -> object:
    """Return what formulas have in common that were copied from one to the other."""
    places = tuple((_apart(formula.place, spot), spot.height, spot.width) for spot in formula.spots)
    return formula.tree, places


def addends(tree: Expression) -> list[Expression]:
    """Return what a tree adds up, from left to right; itself alone where it adds up nothing."""
    found: list[Expression] = []
    while isinstance(tree, Operation) and tree.operator == "+":
        found, tree = [tree.right, *found], tree.left
    return [tree, *found]


def at_path(tree: Expression, path: Path) -> Expression:
    """Return the part of a tree at the end of a path of children."""
    for step in path:
        tree = children(tree)[step]
    return tree


def exchanged(tree: Expression, path: Path, part: Expression) -> Expression:
    """Return a tree with another part at the end of a path of children."""
    if not path:
        return part
    first, *rest = path
    parts = list(children(tree))
    parts[first] = exchanged(parts[first], tuple(rest), part)
    match tree:
        case Negative():
            return Negative(parts[0])
        case Percent():
            return Percent(parts[0])
        case Operation(operator, _, _):
            return Operation(operator, parts[0], parts[1])
        case Call(function, _):
            return Call(function, tuple(parts))
    raise TypeError(f"{type(tree).__name__} has no parts to exchange")


def paths(tree: Expression, path: Path = ()) -> list[tuple[Path, Expression]]:
    """Return all parts of a tree with the paths to them, each before what it is made of."""
    found = [(path, tree)]
    for step, child in enumerate(children(tree)):
        found += paths(child, (*path, step))
    return found


class Values:
    """What rectangles hold on a board, and what formulas come to with them."""

    def __init__(self, plane: Plane, numbers: Array) -> None:
        self.plane, self.numbers = plane, numbers
        self._known: dict[Spot, Array] = {}

    def of(self, spots: Sequence[Spot]) -> Array:
        """Return what rectangles of one size on one sheet hold: (spots, rows, columns, draws)."""
        return np.asarray(self.numbers[self.cells(spots)])

    def _of(self, spot: Spot) -> Array:
        if spot not in self._known:
            self._known[spot] = self.of([spot])
        return self._known[spot]

    def cells(self, spots: Sequence[Spot]) -> Indices:
        """Return the cells of rectangles of one size on one sheet: (spots, rows, columns)."""
        places = np.array([spot[1:3] for spot in spots], dtype=np.int32)
        return self.windows(spots[0], places)

    def windows(self, spot: Spot, places: Indices) -> Indices:
        """Return the cells of rectangles like a given one, whose first cells stand at places."""
        size = spot.height, spot.width
        return self.plane.windows(spot.sheet, places[:, 0], places[:, 1], size)

    def result(self, formula: Written) -> Array:
        """Return what a formula comes to in its cell in each draw. Raises NotKnown."""
        return np.asarray(self.results(formula, formula.tree, {})[0])

    def results(self, formula: Written, tree: Expression, instead: Mapping[int, Array]) -> Array:
        """Return what a tree comes to in the formula's cell: (alternatives, draws).

        `instead` are numbers for some slots, (alternatives, rows, columns, draws). Raises NotKnown.
        """
        references = [
            instead[slot] if slot in instead else self._of(spot)
            for slot, spot in enumerate(formula.spots)
        ]
        found = evaluate(tree, references)
        row, column = (
            at if size > 1 else 0 for at, size in zip(formula.entry, found.shape[1:3], strict=True)
        )
        return np.broadcast_to(found[:, row, column], (found.shape[0], self.numbers.shape[1]))
