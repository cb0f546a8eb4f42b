"""Array formulas as a formula for each cell that they fill, where that comes to the same.

An operation entry by entry takes one entry of each rectangle, a product of matrices one row and one
column. So what a cell of an array rests on, and what it is like, is known of it alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.gives import gives
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.places import Place
from xlbackprop.formula.sheets.plane import Indices, Plane
from xlbackprop.formula.tree import (
    Call,
    Constants,
    Expression,
    Negative,
    Operation,
    Percent,
    Reference,
    functions_in,
)

# References of the cells of a group together; where they were more, an array stays one operation.
MOST_REFERENCES = 2_000_000
_ROWS, _COLUMNS = 0, 1


@dataclass(frozen=True)
class _Cut:
    """Which part of a slot's rectangle a cell takes.

    By axis: along which axis of what the formula fills a row or column is taken; None for all.
    """

    slot: int
    by: tuple[int | None, int | None]


class Narrowing:
    """The array formulas of a workbook, as formulas of their cells."""

    def __init__(self, contents: Contents, plane: Plane) -> None:
        self._contents, self._plane = contents, plane
        self._is_number: Mask | None = None

    def of(self, group: Group) -> Group:
        """Return a group of array formulas with a formula for each cell, or as it is."""
        cuts: list[_Cut] = []
        try:
            tree = _narrow(group.tree, (_ROWS, _COLUMNS), group, cuts)
        except NotKnown:
            return group
        places = tuple(_place(group, cut) for cut in cuts)
        if len(group.cells) * sum(prod(place.size) for place in places) > MOST_REFERENCES:
            return group
        if "MMULT" in functions_in(tree) and not self._are_numbers(group):
            return group  # an error of one entry is an error of all
        sizes = [place.size for place in places]
        return replace(
            group,
            tree=tree,
            places=places,
            gives=gives(tree, sizes, is_array=True),
            area=(1, 1),
            is_array=False,
            on_the_way=0,
        )

    def _are_numbers(self, group: Group) -> bool:
        """Whether all that formulas refer to holds a number, or a formula."""
        if self._is_number is None:
            self._is_number = self._numbers()
        once = group.once
        found = (
            self._is_number[once.places[slot].of(self._plane, slice(None))] for slot in once.used
        )
        return all(bool(one.all()) for one in found)

    def _numbers(self) -> Mask:
        found = np.zeros(self._plane.size, dtype=np.bool_)
        for number, sheet in enumerate(self._contents.sheets):
            holds = sheet.codes == Code.NUMBER
            for computed in (sheet.with_formula, *(shared.cells for shared in sheet.shared)):
                holds[computed] = True
            cells = self._plane.indices(number, sheet.rows, sheet.columns)
            found[cells] = holds
            for formula in sheet.arrays_that_fit:
                found[self._plane.filled(number, formula)] = True
        return found


def _narrow(
    tree: Expression, by: tuple[int | None, int | None], group: Group, cuts: list[_Cut]
) -> Expression:
    """Return what makes one entry, row or column of what an expression gives. Raises NotKnown."""
    match tree:
        case Reference(slot):
            cuts.append(_Cut(slot, by))
            return Reference(len(cuts) - 1)
        case Negative(operand):
            return Negative(_narrow(operand, by, group, cuts))
        case Percent(operand):
            return Percent(_narrow(operand, by, group, cuts))
        case Operation(operator, left, right):
            sides = (_narrow(one, by, group, cuts) for one in (left, right))
            return Operation(operator, *sides)
        case Constants(rows):
            size = len(rows), len(rows[0])
            if any(own is not None and one > 1 for own, one in zip(by, size, strict=True)):
                raise NotKnown("another constant for each cell")
        case Call(name, arguments):
            return Call(name, _narrow_arguments(name, arguments, by, group, cuts))
    return tree


def _narrow_arguments(
    name: str,
    arguments: tuple[Expression, ...],
    by: tuple[int | None, int | None],
    group: Group,
    cuts: list[_Cut],
) -> tuple[Expression, ...]:
    row = FUNCTIONS.get(name)
    if name == "MMULT" and len(arguments) == 2:
        own: list[tuple[int | None, int | None]] = [(by[0], None), (None, by[1])]
    elif name == "TRANSPOSE":
        own = [(by[1], by[0])]
    elif row is not None and row.each is not None:
        own = [by] * len(arguments)
    else:
        own = [(None, None)] * len(arguments)
    return tuple(_narrow(one, each, group, cuts) for one, each in zip(arguments, own, strict=True))


def _place(group: Group, cut: _Cut) -> Place:
    """Return where a slot's part stands for each cell of a group."""
    place = group.places[cut.slot]
    within = np.indices(group.area).reshape(2, -1).astype(np.int32)
    formulas = len(group.cells) // prod(group.area)
    corners: list[Indices] = []
    size = list(place.size)
    for axis, firsts in enumerate((place.tops, place.lefts)):
        along = cut.by[axis]
        if along is None or size[axis] == 1:
            corners.append(firsts)
            continue
        size[axis] = 1
        corners.append(firsts + np.tile(within[along], formulas))
    return Place(place.sheet, (size[0], size[1]), corners[0], corners[1])
