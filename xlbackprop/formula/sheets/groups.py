"""Cells whose formulas are one tree over rectangles of the same sizes, wherever these stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS, Address, read_address
from xlbackprop.formula.extent import numbers_on_the_way
from xlbackprop.formula.functions import Gives
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.gives import gives
from xlbackprop.formula.parser import parse, read_formula
from xlbackprop.formula.sheets.contents import Contents, Ints, go_on
from xlbackprop.formula.sheets.forms import Form, Slot, all_forms, places_of
from xlbackprop.formula.sheets.places import Blind, Place
from xlbackprop.formula.sheets.plane import Indices, Plane
from xlbackprop.formula.tree import Call, Expression, Name, Number, Reference, rebuilt, walk

# Each group costs a little, however few cells it has.
MOST_GROUPS = 20_000
_SIZES_ONLY = ("ROWS", "COLUMNS")
# Functions that refer to other cells than their formulas name.
_ANYWHERE = ("INDIRECT", "OFFSET")


@dataclass(frozen=True)
class Group:
    """Cells with one tree; `gives` is what it comes to.

    An array formula fills an `area` of rows and columns: its cells follow each other here, and
    each of them rests on all that the formula refers to.
    """

    tree: Expression
    cells: Indices
    places: tuple[Place, ...]
    rows: Indices
    columns: Indices
    gives: Gives
    area: tuple[int, int] = (1, 1)
    is_array: bool = False
    on_the_way: int = 0  # numbers that a formula takes besides those to which it refers

    @cached_property
    def used(self) -> tuple[int, ...]:
        """The slots whose cells count, and not only their number."""
        counted = {one.slot for one in _leaves_that_count(self.tree)}
        return tuple(sorted(counted))

    @property
    def cost(self) -> int:
        """How many numbers one evaluation of all cells takes."""
        each = [place.size[0] * place.size[1] for place in self.places]
        return len(self.cells) // prod(self.area) * (1 + sum(each) + self.on_the_way)

    @property
    def references(self) -> int:
        """To how many cells its cells refer, each counted for each of them."""
        each = [place.size[0] * place.size[1] for place in self.places]
        return len(self.cells) * (1 + sum(each))

    @property
    def once(self) -> Group:
        """The group with the first cell only of each array formula."""
        filled = prod(self.area)
        if filled == 1:
            return self
        firsts = self._of(np.arange(0, len(self.cells), filled, dtype=np.int32))
        return replace(firsts, area=(1, 1))

    @property
    def filled(self) -> Indices:
        """The cells that each formula fills, of shape (formulas, rows, columns)."""
        return self.cells.reshape(-1, *self.area)

    def where(self, mask: Indices) -> Group:
        """Return the group of some of its cells, and of others that they share a formula with."""
        filled = prod(self.area)
        if filled > 1:
            mask = (np.unique(mask // filled)[:, None] * filled + np.arange(filled)).ravel()
        return self._of(mask.astype(np.int32))

    def _of(self, mask: Indices) -> Group:
        places = tuple(
            replace(one, tops=one.tops[mask], lefts=one.lefts[mask]) for one in self.places
        )
        return replace(
            self,
            cells=self.cells[mask],
            places=places,
            rows=self.rows[mask],
            columns=self.columns[mask],
        )


@dataclass(frozen=True)
class Grouped:
    """All groups, and the cells of which nothing is known, with the reasons and references."""

    groups: tuple[Group, ...]
    unknown: dict[int, str]
    blind: tuple[Blind, ...]


def group(contents: Contents, plane: Plane, look_up: Callable[[], None] = go_on) -> Grouped:
    """Return the formulas of a workbook in groups. Raises NotKnown where they are too many.

    `look_up` is called between steps.
    """
    parts: dict[object, list[Group]] = {}
    unknown: dict[int, str] = {}
    blind: list[Blind] = []
    for number, sheet in enumerate(contents.sheets):
        resolver = _Resolver(contents, plane, number)
        for form, area in all_forms(sheet):
            look_up()
            rows, columns = places_of(form, area, sheet)
            cells = plane.indices(number, rows, columns)
            try:
                key, part = resolver.group(form, area, (cells, rows, columns))
            except (NotKnown, ValueError) as reason:
                unknown |= dict.fromkeys(cells.tolist(), str(reason))
                blind.append(Blind(cells, resolver.places_in(form, area)))
                continue
            parts.setdefault(key, []).append(part)
            if len(parts) > MOST_GROUPS:
                raise NotKnown(f"more than {MOST_GROUPS:,} formulas of different kinds")
        outside = plane.indices(number, *sheet.places_without_formula())
        unknown |= dict.fromkeys(outside.tolist(), "an array formula")
        blind.append(Blind(outside, None))
    return Grouped(tuple(map(_joined, parts.values())), unknown, tuple(blind))


def _joined(parts: Sequence[Group]) -> Group:
    """Return one group of several with the same tree."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    places = tuple(
        replace(
            place,
            tops=np.concatenate([part.places[slot].tops for part in parts]),
            lefts=np.concatenate([part.places[slot].lefts for part in parts]),
        )
        for slot, place in enumerate(first.places)
    )
    return replace(
        first,
        cells=np.concatenate([part.cells for part in parts]),
        places=places,
        rows=np.concatenate([part.rows for part in parts]),
        columns=np.concatenate([part.columns for part in parts]),
    )


class _Resolver:
    """Finds what the forms of one sheet refer to."""

    def __init__(self, contents: Contents, plane: Plane, sheet: int) -> None:
        self._contents, self._plane, self._sheet = contents, plane, sheet
        self._trees: dict[str, tuple[Expression, tuple[Slot, ...]]] = {}

    def group(
        self, form: Form, area: tuple[int, int] | None, at: tuple[Indices, Ints, Ints]
    ) -> tuple[object, Group]:
        """Return a form's group, and a key that is the same for what can be joined.

        `area` is what each formula fills, None where it is no array formula; `at` are the cells,
        their rows and columns. Raises NotKnown, or ValueError where the formula is none.
        """
        cells, rows, columns = at
        tree, named = self._tree(form.skeleton, len(form.slots))
        slots = (*form.slots, *named)
        places = self._places(slots, len(form.cells), area)
        sheets = [place.sheet for place in places]
        sizes = tuple(slot.size for slot in slots)
        if any(height == MAX_ROWS or width == MAX_COLUMNS for height, width in sizes):
            raise NotKnown("whole rows or columns")
        result = gives(tree, sizes, is_array=area is not None)
        part = Group(
            tree,
            cells,
            places,
            rows.astype(np.int32),
            columns.astype(np.int32),
            result,
            area or (1, 1),
            is_array=area is not None,
            on_the_way=numbers_on_the_way(tree, sizes, area),
        )
        names = (self._sheet if named else None, form.skeleton)
        return (names, tuple(sheets), sizes, area), part

    def places_in(self, form: Form, area: tuple[int, int] | None) -> tuple[Place, ...] | None:
        """Return what a formula that is not known refers to; None where that may be anything."""
        try:
            tree = parse(form.skeleton)
            places = self._places(form.slots, len(form.cells), area)
        except (NotKnown, ValueError):
            return None
        for part in walk(tree):
            if isinstance(part, Name) or (isinstance(part, Call) and part.function in _ANYWHERE):
                return None
        return places

    def _places(
        self, slots: Sequence[Slot], formulas: int, area: tuple[int, int] | None
    ) -> tuple[Place, ...]:
        filled = prod(area or (1, 1))
        return tuple(
            Place(self._number(slot.sheet), slot.size, *_stretched(slot, formulas, filled))
            for slot in slots
        )

    def _tree(self, skeleton: str, slots: int) -> tuple[Expression, tuple[Slot, ...]]:
        """Return a skeleton's tree, and slots for the names in it."""
        if skeleton not in self._trees:
            named: list[Slot] = []
            tree = parse(skeleton)
            if any(isinstance(one, Name) for one in walk(tree)):
                tree = rebuilt(tree, lambda one: self._meant(one, slots, named))
            self._trees[skeleton] = tree, tuple(named)
        return self._trees[skeleton]

    def _meant(self, leaf: Expression, slots: int, named: list[Slot]) -> Expression:
        """Return what a name stands for: a further slot, or a number."""
        if not isinstance(leaf, Name):
            return leaf
        own = self._contents.sheets[self._sheet].name
        meaning = self._contents.meaning(leaf.name, leaf.sheet or own)
        if meaning is None:
            raise NotKnown(f"the name {leaf.name}")
        address = read_address(meaning.strip().removeprefix("="))
        if address is not None and address.sheet:
            named.append(_slot(address))
            return Reference(slots + len(named) - 1)
        constant = read_formula(meaning.strip().removeprefix("="))
        if isinstance(constant.tree, Number):
            return constant.tree
        raise NotKnown(f"the name {leaf.name}, which stands for a formula")

    def _number(self, sheet: str) -> int:
        if not sheet:
            return self._sheet
        if sheet.casefold() not in self._plane.number:
            raise NotKnown(f"the sheet {sheet}")
        return self._plane.number[sheet.casefold()]


def _slot(address: Address) -> Slot:
    if address.is_reversed or address.book:
        raise NotKnown("a name for what is no range here")
    corner = np.array([[address.top], [address.left]], dtype=np.int32)
    return Slot(address.sheet, address.size, *corner)


def _stretched(slot: Slot, formulas: int, filled: int) -> tuple[Indices, Indices]:
    """Return where a slot's rectangles begin, for each cell that formulas fill."""
    tops, lefts = slot.tops, slot.lefts
    if len(tops) != formulas:
        tops, lefts = np.broadcast_to(tops, (formulas,)), np.broadcast_to(lefts, (formulas,))
    return (tops, lefts) if filled == 1 else (np.repeat(tops, filled), np.repeat(lefts, filled))


def _leaves_that_count(tree: Expression) -> Iterator[Reference]:
    for part in walk(tree, beneath=lambda one: not _is_size(one)):
        if isinstance(part, Reference):
            yield part


def _is_size(tree: Expression) -> bool:
    return isinstance(tree, Call) and tree.function in _SIZES_ONLY
